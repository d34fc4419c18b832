"""Dashboards: the list, one of them as a page to read and to arrange, and the same on a wall."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kandelia.apps.plant import sheets
from kandelia.apps.plant.logic.board import definitions, machines_of, signal_id
from kandelia.apps.plant.logic.drawing import drawn, machines_named
from kandelia.apps.plant.logic.tiles import SCHEMA, Tile, read_tiles, signals_in
from kandelia.apps.plant.logic.windows import WINDOWS
from kandelia.apps.plant.sheets import DASHBOARD, Draft, SheetView
from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.sdk.records import signals, things
from kandelia.sdk.screens import screen
from kandelia.sdk.views import Right, Viewer

BODY_BYTES_MAX = 500_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A sheet in a list."""

    view: SheetView
    name: str
    site: str
    query: str = ""


@require_http_methods(["GET", "POST"])
@screen(Right.SEE, somewhere=True)
def dashboard_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The viewer's own and everybody's; a form makes a new one and opens it for arranging."""
    error, status = "", 200
    if request.method == "POST":
        try:
            made = sheets.make_sheet(viewer, DASHBOARD, _new(request, viewer))
            return HttpResponseRedirect(reverse("plant-dashboard", args=[made.id]) + "?edit=1")
        except InvalidInput as wrong:
            error, status = str(wrong), 400
    sites = things.tree(viewer)
    context = {
        "groups": grouped(viewer, DASHBOARD),
        "sites": [(site.key, site.name.say(viewer.language) or site.key) for site in sites],
        "may_share": viewer.may(Right.CONFIGURE),
        "error": error,
        "given": request.POST,
    }
    return render(request, "plant/dashboards.html", context, status=status)


def grouped(viewer: Viewer, kind: str) -> dict[str, list[Listed]]:
    """Sheets of the viewer alone, and those of everybody with the site they belong to."""
    names = {site.key: site.name.say(viewer.language) or site.key for site in things.tree(viewer)}
    found: dict[str, list[Listed]] = {"own": [], "shared": []}
    for view in sheets.list_sheets(viewer, kind):
        listed = Listed(view, view.name.say(viewer.language), names.get(view.site, ""))
        found["own" if view.own else "shared"].append(listed)
    return found


def _new(request: HttpRequest, viewer: Viewer) -> Draft:
    name = request.POST.get("name", "")
    named = LocalText(name, "") if viewer.language == "zh" else LocalText("", name)
    scope = request.POST.get("scope", "own")
    site = scope.removeprefix("site:") if scope.startswith("site:") else ""
    return Draft(named, {"schema": SCHEMA, "tiles": []}, own=scope == "own", site=site)


@require_GET
@screen(Right.SEE, somewhere=True)
def dashboard(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """One dashboard; `?kiosk=1` without the frame, `?edit=1` ready to be arranged."""
    view = sheets.sheet(viewer, DASHBOARD, id)
    tiles = read_tiles(view.body)
    asked = request.GET.get("last", "")
    kiosk = "kiosk" in request.GET
    context = {
        **_drawn(viewer, tiles),
        "sheet": view,
        "name": view.name.say(viewer.language),
        "body": view.body,
        "head": _head(view),
        "last": asked if asked in WINDOWS else "",
        "windows": WINDOWS,
        "kiosk": kiosk,
        "editable": view.may_change and not kiosk,
        "may_share": viewer.may(Right.CONFIGURE),
        "machines": _machines(viewer) if view.may_change and not kiosk else [],
    }
    return render(request, "plant/kiosk.html" if kiosk else "plant/dashboard.html", context)


def _head(view: SheetView) -> dict[str, Any]:
    """What the editor keeps beside the tiles."""
    names = {"zh": view.name.zh, "en": view.name.en}
    return {"id": view.id, **names, "revision": view.revision, "own": view.own, "site": view.site}


@require_POST
@screen(Right.SEE, somewhere=True)
def copy(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """The same as one's own, ready to be arranged."""
    made = sheets.copy_sheet(viewer, DASHBOARD, id)
    return HttpResponseRedirect(reverse("plant-dashboard", args=[made.id]) + "?edit=1")


@require_POST
@screen(Right.SEE, somewhere=True)
def remove(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """Gone for good."""
    sheets.remove_sheet(viewer, DASHBOARD, id)
    return HttpResponseRedirect(reverse("plant-dashboards"))


@require_POST
@screen(Right.SEE, somewhere=True)
def draft_tiles(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """The tiles of a draft as they will look; nothing is kept."""
    view = sheets.sheet(viewer, DASHBOARD, id)
    if len(request.body) > BODY_BYTES_MAX:
        raise InvalidInput("the draft is too large", "body", "use fewer tiles", "invalid-document")
    try:
        body = json.loads(request.body)
    except ValueError:
        raise InvalidInput("this is no JSON", "body", "send a dashboard's document", "invalid-document") from None
    tiles = read_tiles(body)
    return render(request, "plant/tiles.html", {**_drawn(viewer, tiles), "sheet": view, "editable": view.may_change})


def _drawn(viewer: Viewer, tiles: tuple[Tile, ...]) -> dict[str, Any]:
    sites = things.tree(viewer)
    named = machines_named(tiles, sites)
    ids = [
        signal_id(machine, key) for machine in named.values() for key in (*machine.card_signals, machine.state_signal)
    ]
    found = signals.signals_of(viewer, signals_in(tiles))
    shown = drawn(tiles, found, named, signals.by_ids(viewer, [id for id in ids if id]), viewer.language)
    return {
        "tiles": shown,
        "definitions": definitions(row for tile in shown for row in tile.rows),
        "zone": next((site.time_zone for site in sites), ""),
    }


def _machines(viewer: Viewer) -> list[tuple[str, str]]:
    """(path, name) of every machine, for the settings of a card tile."""
    found = machines_of(things.tree(viewer))
    return [(machine.path, machine.name.say(viewer.language) or machine.key) for machine in found]

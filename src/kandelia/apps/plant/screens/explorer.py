"""The explorer: the plant as a tree beside the signals of the place one is in, live, to be chosen for comparing."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kandelia.apps.plant.logic.board import live_row, machines_of
from kandelia.apps.plant.logic.tree import tree_of
from kandelia.sdk.records import signals, things
from kandelia.sdk.screens import screen
from kandelia.sdk.views import Right, SiteView, Viewer

ROWS = 50
TEXT_LENGTH_MAX = 250


@require_GET
@screen(Right.SEE, somewhere=True)
def explorer(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """One page of the signals at and below `at`, narrowed by `search`."""
    asked = {name: request.GET.get(name, "").strip()[:TEXT_LENGTH_MAX] for name in ("at", "search")}
    after = request.GET.get("after", "")[:TEXT_LENGTH_MAX]
    sites = things.tree(viewer)
    page = signals.list_signals(viewer, search=asked["search"], machine=asked["at"], after=after, limit=ROWS)
    given = {name: value for name, value in asked.items() if value}
    context = {
        "sites": tree_of(sites, asked["at"], asked["search"], viewer.language),
        "asked": asked,
        "place": _name_at(sites, asked["at"].strip("/"), viewer.language),
        "everywhere": urlencode({"search": asked["search"]} if asked["search"] else {}),
        "rows": [live_row(signal, viewer.language) for signal in page.items],
        "total": page.total,
        "next": urlencode({**given, "after": page.next}) if page.next else "",
        "first": urlencode(given) if after else None,
        "machine_names": {one.path: one.name.say(viewer.language) for one in machines_of(sites)},
        "zone": next((site.time_zone for site in sites), ""),
    }
    return render(request, "plant/explore.html", context)


def _name_at(sites: tuple[SiteView, ...], at: str, language: str) -> str:
    """What people call the place at a path; empty where there is none."""
    for site in sites:
        if site.key == at:
            return site.name.say(language)
        for area in site.areas:
            if f"{site.key}/{area.key}" == at:
                return area.name.say(language)
    return next((one.name.say(language) for one in machines_of(sites) if one.path == at), "")

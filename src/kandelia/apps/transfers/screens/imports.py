"""History from files: sent, looked at, mapped with a preview, loaded, and what was wrong given back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from kandelia.apps.transfers.screens.machines import NEW, choices, machine_of, refusal
from kandelia.base.errors import InvalidInput, KandeliaError, NotFound
from kandelia.sdk.records import jobs, signals
from kandelia.sdk.screens import screen
from kandelia.sdk.transfers import FORMS, KINDS, ImportState, ImportView, Plan, importing, key_of, read_plan
from kandelia.sdk.views import Right, Viewer

FIRST_LINES = 5
ZONES = ("Asia/Shanghai", "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Chicago", "Asia/Tokyo")
WRONG_WORDS = {
    "time": _("the time cannot be read"),
    "ahead": _("the time lies in the future"),
    "value": _("the value cannot be read"),
    "name": _("no signal for this name"),
    "repeated": _("the same row stands twice; stored once"),
    "clashing": _("another value at the same time; both kept by the signal's rule"),
    "beyond": _("outside the signal's range"),
    "row": _("not as many cells as columns"),
}
FORM_WORDS = {
    "ymd": _("year first: 2026-05-01 08:30:00"),
    "dmy": _("day first: 01.05.2026 08:30"),
    "mdy": _("month first: 05/01/2026 08:30"),
    "compact": _("digits: 20260501083000"),
    "s": _("seconds since 1970"),
    "ms": _("milliseconds since 1970"),
    "us": _("microseconds since 1970"),
    "ns": _("nanoseconds since 1970"),
    "excel": _("days of a spreadsheet: 46143.35"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A column, or a name in a long table, with what is proposed for it."""

    name: str
    kind: str
    examples: str
    action: str
    signal: str
    key: str
    unit: str


@require_GET
@screen(Right.CONFIGURE)
def import_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Where a file is sent, and what became of earlier ones."""
    page = importing.listed(viewer, after=request.GET.get("after", ""), limit=30)
    context = {
        "imports": page.items,
        "next": f"after={page.next}" if page.next else "",
        "first": "" if request.GET.get("after") else None,
        "part_bytes": importing.PART_BYTES_MAX,
        "bytes_max": importing.FILE_BYTES_MAX,
        "gigabytes": importing.FILE_BYTES_MAX // 1_000_000_000,
    }
    return render(request, "transfers/imports.html", context)


@require_GET
@screen(Right.CONFIGURE)
def import_page(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """One: its mapping while it waits, else how it stands."""
    view = importing.view(viewer, id)
    if view.state is ImportState.READY:
        return render(request, "transfers/mapping.html", _mapping(viewer, view))
    return render(request, "transfers/import.html", _standing(viewer, view))


@require_GET
@screen(Right.CONFIGURE)
def import_now(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """The part of the page that is asked for again."""
    return render(request, "transfers/standing.html", _standing(viewer, importing.view(viewer, id)))


@require_POST
@screen(Right.CONFIGURE)
def preview(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """What the first rows would become."""
    try:
        made = importing.preview(viewer, id, _plan(request, viewer, make=False))
    except KandeliaError as error:
        return render(request, "transfers/wrong.html", {"error": refusal(error)})
    wrong = [(one, WRONG_WORDS.get(one.what, one.what)) for one in made["wrong"]]
    return render(request, "transfers/preview.html", {**made, "wrong": wrong, "zone": _zone(request)})


@require_POST
@screen(Right.CONFIGURE)
def load(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """Make the new signals and begin to load."""
    try:
        importing.start(viewer, id, _plan(request, viewer, make=True))
    except KandeliaError as error:
        return render(request, "transfers/wrong.html", {"error": refusal(error)})
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("import", args=[id])})


@require_POST
@screen(Right.CONFIGURE)
def turn(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """Again, ended, or gone."""
    wanted = request.POST.get("to", "")
    if wanted == "remove":
        importing.remove(viewer, id)
        return HttpResponseRedirect(reverse("imports"))
    if wanted == "end":
        jobs.cancel(viewer, importing.view(viewer, id).job)
    elif wanted == "again":
        importing.again(viewer, id)
    return HttpResponseRedirect(reverse("import", args=[id]))


@require_GET
@screen(Right.CONFIGURE)
def wrong(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponseBase:
    """The report as CSV."""
    path = importing.report(viewer, id)
    if path is None:
        raise NotFound("nothing was wrong in this file", "report", "", "not-found")
    return FileResponse(
        path.open("rb"), as_attachment=True, filename="wrong.csv", content_type="text/csv; charset=utf-8"
    )


def _mapping(viewer: Viewer, view: ImportView) -> dict[str, Any]:
    found, plan = importing.found_of(view.found), read_plan(view.plan)
    machines, areas = choices(viewer)
    return {
        "one": view,
        "found": found,
        "plan": plan,
        "rows": _rows(viewer, view),
        "lines": importing.first_lines(viewer, view.id, FIRST_LINES),
        "columns": [column.name for column in found.columns],
        "times": [*plan.time.columns, "", ""][:2],
        "forms": [(form, FORM_WORDS[form]) for form in FORMS],
        "zones": ZONES,
        "kinds": list(KINDS),
        "machines": machines,
        "areas": areas,
        "new": NEW,
    }


def _rows(viewer: Viewer, view: ImportView) -> list[Row]:
    found, plan = importing.found_of(view.found), read_plan(view.plan)
    examples = {column.name: ", ".join(column.examples) for column in found.columns}
    taken: set[str] = set()
    rows = []
    for one in importing.wanted(found):
        target = plan.targets.get(one.name)
        key = key_of(one.name.rpartition("/")[2], taken)
        taken.add(key)
        action = "signal" if target else "skip" if one.kind == "empty" or view.plan_kept else "new"
        kind = one.kind if one.kind in KINDS else "float"
        signal = target.id if target else ""
        rows.append(Row(one.name, kind, examples.get(one.name, ""), action, signal, key, one.unit))
    return rows


def _standing(viewer: Viewer, view: ImportView) -> dict[str, Any]:
    job = None
    if view.job:
        try:
            job = jobs.job(viewer, view.job)
        except NotFound:
            job = None
    wrong = [(WRONG_WORDS.get(what, what), count) for what, count in sorted(view.wrong.items()) if count]
    return {
        "one": view,
        "job": job,
        "percent": round(view.share * 100),
        "busy": view.state is ImportState.LOADING,
        "wrong": wrong,
        "trend": _trend(viewer, view),
    }


def _trend(viewer: Viewer, view: ImportView) -> str:
    """Where the loaded values can be seen: the first signal over the time of the file."""
    plan = read_plan(view.plan)
    ids = [target.id for target in plan.targets.values()][:1]
    found = signals.by_ids(viewer, ids)
    if view.state is not ImportState.DONE or not found:
        return ""
    spans = [at for _, at, _ in importing.moments(importing.found_of(view.found), plan) if at is not None]
    return _address(next(iter(found.values())).number, spans)


def _address(number: int, spans: list[datetime]) -> str:
    address = reverse("plant-signal", args=[number])
    if len(spans) < 2 or spans[0] >= spans[1]:
        return address
    start, end = (int(at.timestamp() * 1_000) for at in spans)
    return f"{address}?from={start}&to={end + 1_000}"


def _zone(request: HttpRequest) -> str:
    return str(_sent(request).get("time", {}).get("zone", ""))


def _sent(request: HttpRequest) -> Mapping[str, Any]:
    try:
        told = json.loads(request.POST.get("plan", ""))
    except ValueError as error:
        raise InvalidInput("the mapping is damaged", "plan", "load the page again", "mapping") from error
    if not isinstance(told, dict) or not isinstance(told.get("time", {}), dict):
        raise InvalidInput("the mapping is damaged", "plan", "load the page again", "mapping")
    return told


def _plan(request: HttpRequest, viewer: Viewer, *, make: bool) -> Plan:
    """The plan as the page has it; new signals on the machine chosen, which is made where it is new."""
    plan = read_plan(_sent(request))
    if all(target.signal for target in plan.targets.values()):
        return plan
    machine = machine_of(viewer, request.POST, make=make)
    targets = {
        name: target if target.signal else replace(target, machine=machine) for name, target in plan.targets.items()
    }
    return replace(plan, targets=targets)

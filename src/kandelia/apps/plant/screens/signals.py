"""The signal list with search, and the page of one signal."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kandelia.apps.plant.logic.board import definitions, live_row, machines_of
from kandelia.apps.plant.screens.machine import source
from kandelia.base.errors import NotFound
from kandelia.base.units import shown_unit
from kandelia.sdk.records import commands, connections, signals, things
from kandelia.sdk.screens import screen
from kandelia.sdk.views import MachineView, Right, SignalVersionView, SignalView, Viewer

ROWS = 50
SEARCH_LENGTH_MAX = 200
TREND_SIGNALS_MAX = 8
FILTERS = ("search", "machine", "connection")


@screen(Right.SEE, somewhere=True)
def signal_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """One page of signals; what narrows it stands in the address."""
    asked = {name: request.GET.get(name, "").strip()[:SEARCH_LENGTH_MAX] for name in FILTERS}
    page = signals.list_signals(viewer, **asked, after=request.GET.get("after", "")[:SEARCH_LENGTH_MAX], limit=ROWS)
    rows = [live_row(signal, viewer.language) for signal in page.items]
    sites = things.tree(viewer)
    sources = [source(one, viewer.language) for one in connections.list_connections(viewer)]
    drawn = [live_row(signal, viewer.language) for signal in drawn_signals(request, viewer)]
    context = {
        "rows": rows,
        "asked": asked,
        "chips": _chips(asked),
        "total": page.total,
        "next": urlencode({**_given(asked), "after": page.next}) if page.next else "",
        "first": urlencode(_given(asked)) if request.GET.get("after") else None,
        "definitions": definitions([*rows, *drawn]),
        "has_any": bool(rows) or any(asked.values()) or bool(request.GET.get("after")),
        "connections": sources,
        "connection_names": {one.key: one.name for one in sources},
        "machine_names": {one.path: one.name.say(viewer.language) for one in machines_of(sites)},
        "zone": next((site.time_zone for site in sites), ""),
    }
    template = "plant/signal_rows.html" if request.headers.get("HX-Request") else "plant/signals.html"
    return render(request, template, context)


def drawn_signals(request: HttpRequest, viewer: Viewer) -> list[SignalView]:
    """Signals that the address asks a trend of, whether or not they stand on this page."""
    words = request.GET.get("signals", "").split(",")[:TREND_SIGNALS_MAX]
    numbers = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) <= 10]
    return list(signals.signals_of(viewer, numbers).values()) if numbers else []


def _given(asked: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value}


def _chips(asked: dict[str, str]) -> list[tuple[str, str, str]]:
    """(filter, value, address without it) of each filter in force."""
    given = _given(asked)
    return [
        (name, value, urlencode({other: text for other, text in given.items() if other != name}))
        for name, value in given.items()
        if name != "search"
    ]


@screen(Right.SEE, somewhere=True)
def signal_page(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """One signal: what it is, what it says now, how it went."""
    signal = signals.signal(viewer, number)
    row = live_row(signal, viewer.language)
    owner = signals.seen_as(viewer, number)
    machine = _machine(owner, signal.machine)
    site = next((site for site in things.tree(owner) if machine and site.key == machine.site), None)
    context = {
        "signal": signal,
        "row": row,
        "machine": machine,
        "machine_name": machine.name.say(viewer.language) or machine.key if machine else "",
        "owner": owner.organisation if owner.home else "",
        "definitions": definitions([row]),
        "zone": site.time_zone if site else "",
        "clash": signal.clash,
        "may_set": commands.may_command(viewer, signal),
        "versions": [meaning(one) for one in signals.versions(viewer, number)],
    }
    return render(request, "plant/signal.html", context)


def _machine(viewer: Viewer, path: str) -> MachineView | None:
    """None where the signal alone is the viewer's to see."""
    try:
        return things.machine(viewer, path)
    except NotFound:
        return None


@dataclass(frozen=True, slots=True)
class Meaning:
    """A dated version of a signal as its page shows it; `code` is the UCUM code."""

    since_at: datetime
    kind_name: str
    unit: str
    code: str


def meaning(version: SignalVersionView) -> Meaning:
    """A version with its unit as people write it."""
    return Meaning(version.since_at, version.kind.name.lower(), shown_unit(version.unit), version.unit)

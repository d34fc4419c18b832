"""A machine: its state, its connections, every signal live, and the trends one asks for."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kandelia.apps.plant.logic.board import (
    TREND_SIGNALS_DEFAULT,
    LiveRow,
    card,
    definitions,
    live_row,
    machines_of,
    signal_id,
)
from kandelia.apps.plant.outside import limits_part
from kandelia.base.samples import Kind
from kandelia.sdk.records import access, commands, connections, sharing, signals, things
from kandelia.sdk.screens import screen
from kandelia.sdk.views import ConnectionView, MachineView, Right, SignalView, SiteView, Viewer


@screen(Right.SEE, somewhere=True)
def machine(request: HttpRequest, viewer: Viewer, machine: str) -> HttpResponse:
    """The page of the machine at a path."""
    return _page(request, viewer, machine)


@screen(Right.SEE)
def shared_machine(request: HttpRequest, viewer: Viewer, organisation: str, machine: str) -> HttpResponse:
    """The page of a machine that another organisation shares with one's own."""
    return _page(request, sharing.guest(viewer, organisation), machine)


@require_GET
@screen(Right.SEE)
def shared(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What other organisations share: their machines, and their signals by number."""
    shown = []
    for guest in access.borrowed(viewer):
        single = {number for grant in guest.grants for number in grant.signals}
        rows = [live_row(one, viewer.language) for one in signals.signals_of(guest, single).values()]
        shown.append((guest.organisation, machines_of(things.tree(guest)), rows))
    drawn = definitions(row for _org, _machines, rows in shown for row in rows)
    return render(request, "plant/shared.html", {"shown": shown, "definitions": drawn, "language": viewer.language})


def _page(request: HttpRequest, viewer: Viewer, machine: str) -> HttpResponse:
    found = things.machine(viewer, machine)
    views = signals.of_machine(viewer, found.path)
    rows = [live_row(signal, viewer.language) for signal in views]
    sites = things.tree(viewer)
    site = next((site for site in sites if site.key == found.site), None)
    used = {signal.connection for signal in views if signal.connection}
    context = {
        "machine": found,
        "card": card(found, {signal.id: signal for signal in views}, viewer.language),
        "crumbs": _crumbs(found, sites, viewer.language),
        "groups": grouped(rows),
        "rows": rows,
        "definitions": definitions(rows),
        "settable": {signal.number for signal in views if signal.writable and commands.may_command(viewer, signal)},
        "chosen": ",".join(str(number) for number in chosen(found, views)),
        "connections": [
            source(one, viewer.language) for one in connections.list_connections(viewer) if one.key in used
        ],
        "zone": site.time_zone if site else "",
        "limits": limits_part(request, viewer, found.path),
        "may_model": viewer.may(Right.CONFIGURE),
        "language": viewer.language,
    }
    return render(request, "plant/machine.html", context)


@dataclass(frozen=True, slots=True)
class Source:
    """A connection as the machine page tells of it."""

    key: str
    name: str
    driver: str
    revision: int


def source(view: ConnectionView, language: str) -> Source:
    """A connection in one language."""
    return Source(view.key, view.name.say(language) or view.key, view.driver, view.revision)


def grouped(rows: Iterable[LiveRow]) -> list[tuple[str, list[LiveRow]]]:
    """Rows under the headings an operator looks for; empty headings are left out."""
    heads = {
        Kind.FLOAT: _("Measurements"),
        Kind.INTEGER: _("Counters"),
        Kind.ENUMERATION: _("States"),
        Kind.BOOLEAN: _("States"),
        Kind.TEXT: _("Texts"),
    }
    groups: dict[str, list[LiveRow]] = {heads[kind]: [] for kind in (Kind.FLOAT, Kind.INTEGER, Kind.BOOLEAN, Kind.TEXT)}
    for row in rows:
        groups[heads[Kind(row.kind)]].append(row)
    return [(title, members) for title, members in groups.items() if members]


def chosen(machine: MachineView, views: Iterable[SignalView]) -> list[int]:
    """Signals whose trend is shown first: the numbers of the card, else the first numbers there are."""
    views = list(views)
    wanted = {signal_id(machine, key) for key in machine.card_signals}
    numeric = [signal for signal in views if signal.kind in (Kind.FLOAT, Kind.INTEGER)]
    best = [signal for signal in numeric if signal.id in wanted] or numeric
    return [signal.number for signal in best[:TREND_SIGNALS_DEFAULT]]


def _crumbs(machine: MachineView, sites: Iterable[SiteView], language: str) -> list[str]:
    """Names of site, area and line."""
    for site in sites:
        for area in site.areas if site.key == machine.site else ():
            if area.key == machine.area:
                lines = [line.name.say(language) or line.key for line in area.lines if line.key == machine.line]
                heads = [part.name.say(language) or part.key for part in (site, area)]
                return [*heads, *lines]
    return [machine.site, machine.area]

"""What stands outside of its limits: the list, its rows asked for again, and the part that other pages show."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kandelia.base.errors import InvalidInput
from kandelia.base.units import shown_unit
from kandelia.sdk import rules
from kandelia.sdk.records import signals
from kandelia.sdk.rules import OccurrenceView
from kandelia.sdk.screens import screen
from kandelia.sdk.views import Right, SignalView, Viewer

PAST_ROWS = 50
PART_ROWS = 8
GRAVE_SEVERITY = 667  # the upper third of 1 … 1000 (OPC 10000-9, 5.5.2)


@dataclass(frozen=True, slots=True)
class Row:
    """An occurrence in one language."""

    view: OccurrenceView
    kind: str
    words: str
    name: str
    unit: str
    decimals: int

    @property
    def state(self) -> str:
        """A word of the frame's states: alarm, warning, or stopped once it is over."""
        if self.view.cleared_at:
            return "stopped"
        return "alarm" if self.view.severity >= GRAVE_SEVERITY else "warning"


@require_GET
@screen(Right.SEE)
def active_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The whole list, and what was before."""
    context = _context(viewer, rules.active(viewer))
    context["past"] = _rows(viewer, rules.past(viewer, limit=PAST_ROWS))
    return render(request, "limits/active.html", context)


@require_GET
@screen(Right.SEE)
def rows(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The list's rows alone."""
    return render(request, "limits/rows.html", _context(viewer, rules.active(viewer)))


@require_GET
@screen(Right.SEE)
def part(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The gravest few of the plant, or of a machine."""
    return HttpResponse(part_of_page(request, viewer, request.GET.get("machine", "")))


def part_of_page(request: HttpRequest, viewer: Viewer, machine: str = "") -> str:
    """The same as HTML, for pages of other apps that are drawn with it: nothing is pushed away when it comes later."""
    found = rules.active(viewer, machine=machine)
    context = {"listed": _rows(viewer, found[:PART_ROWS]), "more": len(found) - PART_ROWS}
    return render_to_string("limits/part.html", context, request)


@require_POST
@screen(Right.OPERATE)
def acknowledge(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """One, or all that the list shows."""
    asked = request.POST.get("id", "")
    if asked == "all":
        wanted = [one.id for one in rules.active(viewer) if one.acknowledged_at is None]
    elif asked.isascii() and asked.isdigit():
        wanted = [int(asked)]
    else:
        raise InvalidInput("nothing was chosen", "id", "choose a row of the list", "no-choice")
    rules.acknowledge(viewer, wanted, request.POST.get("comment", "").strip())
    return HttpResponseRedirect(reverse("limits-active"))


def _context(viewer: Viewer, found: Iterable[OccurrenceView]) -> dict[str, object]:
    listed = _rows(viewer, found)
    unseen = sum(row.view.acknowledged_at is None for row in listed)
    return {"listed": listed, "unseen": unseen, "may_acknowledge": viewer.may(Right.OPERATE)}


def _rows(viewer: Viewer, found: Iterable[OccurrenceView]) -> list[Row]:
    found = list(found)
    views = signals.signals_of(viewer, {one.number for one in found})
    return [_row(one, views.get(one.number), viewer.language) for one in found]


def _row(one: OccurrenceView, signal: SignalView | None, language: str) -> Row:
    name = signal.name.say(language) if signal else one.signal
    unit, decimals = (shown_unit(signal.unit), signal.decimals) if signal else ("", 2)
    if one.kind in ("rate", "stale"):
        unit = f"{unit}/s" if one.kind == "rate" else "s"
    return Row(one, one.kind_name.say(language), one.name.say(language), name, unit, decimals)

"""The list of all measures: what each gives at most, where it is said, and until when it holds."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from kandelia.apps.measures import facade
from kandelia.apps.measures.logic.declarations import Commitment, Line, Measures
from kandelia.apps.measures.logic.listing import gives
from kandelia.base.text import LocalText
from kandelia.sdk.screens import public


@dataclass(frozen=True, slots=True)
class Entry:
    """A funding line or commitment as the list shows it."""

    id: str
    title: LocalText
    detail: LocalText
    gives: LocalText
    kind: LocalText
    clause: str
    line: bool


@dataclass(frozen=True, slots=True)
class Chapter:
    """The entries of one chapter, in the order of the text."""

    title: LocalText
    entries: tuple[Entry, ...]


@public
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Everything on one page; there are 31 entries."""
    found = facade.measures()
    context = {
        "measures": found,
        "chapters": chapters(found),
        "ended": is_ended(found.validity.last),
        "ambiguities": found.ambiguities,
    }
    return render(request, "measures/overview.html", context)


def is_ended(last: date) -> bool:
    """True once the last day is over, here."""
    return timezone.localdate() > last


def chapters(found: Measures) -> tuple[Chapter, ...]:
    """Lines and commitments by chapter."""
    entries = [(one.chapter, _line(found, one)) for one in found.lines.values()]
    entries += [(one.chapter, _commitment(one)) for one in found.commitments]
    ordered = sorted(entries, key=lambda one: _place(one[1].id))
    made = (
        Chapter(title, tuple(entry for key, entry in ordered if key == chapter))
        for chapter, title in found.chapters.items()
    )
    return tuple(one for one in made if one.entries)


def _place(name: str) -> tuple[int, str]:
    whole, _, rest = name[1:].partition(".")
    return int(whole.rstrip("ab")), f"{whole}.{rest}"


def _line(found: Measures, one: Line) -> Entry:
    clause = next(iter(one.parameters.values())).values[-1].validity.clause
    return Entry(one.id, one.title, one.who, gives(one), found.kinds[one.kind], clause, line=True)


def _commitment(one: Commitment) -> Entry:
    kind = LocalText("不涉及资金", "no money in the text")
    return Entry(one.measure, one.title, LocalText(), one.says, kind, one.measure, line=False)

"""The quarantine: what came in and could not be stored, why, and the rows themselves to be mended and loaded again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kandelia.apps.system.logic.reasons import reason_text
from kandelia.base.clock import from_ns
from kandelia.base.errors import Unavailable
from kandelia.sdk.records import quarantine
from kandelia.sdk.screens import screen
from kandelia.sdk.views import Page, Right, SetAside, Viewer

ROWS = 50
SAMPLES_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the quarantine as its list shows it; `reasons` as (what, how to mend, how many)."""

    number: int
    stored_at: datetime
    stream: str
    whole: bool  # messages that are no batch, not rows of one
    rows: int
    reasons: tuple[tuple[str, str, int], ...]


@require_GET
@screen(Right.CONFIGURE)
def documents(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """One page, oldest first, as the stream keeps them."""
    after = request.GET.get("after", "")
    page: Page[SetAside] = Page(())
    fault = ""
    try:
        page = quarantine.list_quarantine(viewer, after=after, limit=ROWS)
    except Unavailable as error:
        fault = str(error)
    context = {
        "documents": [_document(one, viewer.language) for one in page.items],
        "fault": fault,
        "next": f"after={page.next}" if page.next else "",
        "first": "" if after else None,
    }
    return render(request, "system/quarantine.html", context)


@require_GET
@screen(Right.CONFIGURE)
def document(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """One document with its first rows; the file has all of them."""
    found, table = quarantine.quarantined(viewer, number)
    rows = [_row(row, viewer.language) for row in islice(quarantine.plain_rows(table), SAMPLES_SHOWN)]
    context = {"one": _document(found, viewer.language), "rows": rows, "shown": len(rows)}
    return render(request, "system/quarantine_document.html", context)


def _document(view: SetAside, language: str) -> Document:
    reasons = tuple(
        (what.say(language), mend.say(language), count)
        for (what, mend), count in ((reason_text(word), count) for word, count in _by_count(view.reasons))
    )
    return Document(view.number, from_ns(view.stored_ns), view.stream, view.what == "messages", view.rows, reasons)


def _by_count(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda one: -one[1])


def _row(row: Mapping[str, object], language: str) -> dict[str, object]:
    return {**row, "why": reason_text(str(row.get("reason", "")))[0].say(language)}

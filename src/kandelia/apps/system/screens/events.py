"""The events: what happened here, the newest first, as the bus keeps it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from kandelia.apps.system.asking_audit import begin_of
from kandelia.apps.system.logic import happened
from kandelia.base.clock import NS_PER_S, from_ns
from kandelia.base.errors import InvalidInput, Unavailable
from kandelia.base.pages import Page
from kandelia.sdk.records import events as facade
from kandelia.sdk.screens import screen
from kandelia.sdk.views import Event, Right, Viewer

ROWS = 50
SHOWN_DAYS = 1  # without a day to begin at
DETAILS_LENGTH_MAX = 300
TEXT_LENGTH_MAX = 80
FIELDS = ("type", "first_day", "last_day", "before")


@dataclass(frozen=True, slots=True)
class Asked:
    """What narrows the events; days are the site's, both within."""

    type: str = ""
    first_day: str = ""
    last_day: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as the table shows it; `page` is the address of what it speaks of."""

    at: datetime
    type: str
    name: str
    subject: str
    page: str
    source: str
    details: str


@require_GET
@screen(Right.SEE)
def events(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """One page; what narrows it stands in the address."""
    asked = Asked(**{name: request.GET.get(name, "").strip()[:TEXT_LENGTH_MAX] for name in FIELDS})
    page: Page[Event] = Page(())
    error = fault = ""
    try:
        page = _found(viewer, asked)
    except InvalidInput as wrong:
        error = str(wrong)
    except Unavailable as away:
        fault = str(away)
    given = {name: value for name, value in asdict(asked).items() if value and name != "before"}
    context = {
        "rows": [_row(event, viewer.language) for event in page.items],
        "asked": asked,
        "error": error,
        "fault": fault,
        "types": [(type, name.say(viewer.language)) for type, name in happened.TYPES.items()],
        "days": SHOWN_DAYS,
        "next": urlencode({**given, "before": page.next}) if page.next else "",
        "first": urlencode(given) if asked.before else None,
    }
    return render(request, "system/events.html", context, status=400 if error else 200)


def _found(viewer: Viewer, asked: Asked) -> Page[Event]:
    since = begin_of(asked.first_day, "first_day")
    last = begin_of(asked.last_day, "last_day")
    since = since or (last or timezone.now()) - timedelta(days=SHOWN_DAYS)
    return facade.recent(
        viewer,
        since_ns=_ns(since),
        until_ns=_ns(last + timedelta(days=1)) if last else 0,
        types=asked.type,
        before=asked.before,
        limit=ROWS,
    )


def _ns(at: datetime) -> int:
    return max(0, int(at.astimezone(UTC).timestamp()) * NS_PER_S)


def _readable(data: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty, and with no more digits than tell something."""
    told = {key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in data.items()}
    return {key: value for key, value in told.items() if value not in ("", None)}


def _row(event: Event, language: str) -> EventRow:
    name = happened.type_name(event.type)
    text = json.dumps(_readable(event.data), ensure_ascii=False, separators=(", ", ": ")).strip("{}")
    details = text if len(text) <= DETAILS_LENGTH_MAX else f"{text[:DETAILS_LENGTH_MAX]} …"
    page = happened.page_of(event.type, event.subject)
    said = name.say(language) if name else ""
    return EventRow(from_ns(event.time_ns), event.type, said, event.subject, page, event.source, details)

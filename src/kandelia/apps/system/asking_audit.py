"""What the audit's page and its API ask: who, what and when, in the words of those who look."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from kandelia.base.errors import InvalidInput
from kandelia.base.pages import Page
from kandelia.sdk.records import access
from kandelia.sdk.views import AuditView, Viewer

ROWS = 50
TEXT_LENGTH_MAX = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """What narrows the audit; days are the site's, both within."""

    subject: str = ""
    action: str = ""
    first_day: str = ""
    last_day: str = ""
    after: str = ""


def asked_rows(viewer: Viewer, asked: Asked, limit: int = ROWS) -> Page[AuditView]:
    """One page of the organisation's audit, newest first."""
    since = begin_of(asked.first_day, "first_day")
    last = begin_of(asked.last_day, "last_day")
    return access.list_audit(
        viewer,
        after=asked.after[:TEXT_LENGTH_MAX],
        limit=limit,
        subject=asked.subject[:TEXT_LENGTH_MAX],
        action=asked.action[:TEXT_LENGTH_MAX],
        since=since,
        until=last + timedelta(days=1) if last else None,
    )


def names(viewer: Viewer) -> dict[str, str]:
    """Subject → what people call it, of everybody who has a role or a token here now."""
    people = {f"person:{one.id}": one.name or one.sign_in for one in access.list_people(viewer)}
    tokens = {f"token:{one.id}": one.name for one in access.list_tokens(viewer)}
    return {**people, **tokens, access.SYSTEM_SUBJECT: access.SYSTEM_SUBJECT}


def begin_of(text: str, where: str) -> datetime | None:
    """When a day of the site begins, None for no text; InvalidInput names `where`."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        return timezone.make_aware(datetime.combine(day, time.min))
    except (ValueError, OverflowError):
        raise InvalidInput("this is no day", where, "write it like 2026-12-31", "invalid-day") from None

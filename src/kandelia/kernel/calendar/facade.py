"""The calendar of working days (工作日历): loaded from the published arrangement of holidays, edited by hand."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, require, system_viewer
from kandelia.kernel.access.guards import SYSTEM_SUBJECT
from kandelia.kernel.calendar.contracts import DayView
from kandelia.kernel.calendar.days import SOURCE, published
from kandelia.kernel.jobs import facade as jobs
from kandelia.kernel.jobs.contracts import JobContext
from kandelia.kernel.lives.logic.days import is_working
from kandelia.kernel.records import timers
from kandelia.kernel.records.models import CalendarDay, Entry, Timer
from kandelia.kernel.records.registry import type_of

EDITED = "人工调整 edited"
YEARS = (2_004, 2_199)  # the first year that is published, and the last that may be edited


def load(first: int = YEARS[0], last: int = YEARS[1]) -> int:
    """Take over the published days of these years; what was edited by hand stays. How many days are new or changed."""
    wanted = {day: said for day, said in published().items() if first <= day.year <= last}
    kept = {row.day: row for row in CalendarDay.objects.filter(day__year__gte=first, day__year__lte=last)}
    changed = [
        CalendarDay(day=day, working=working, name=name, source=SOURCE)
        for day, (working, name) in wanted.items()
        if day not in kept or (kept[day].source == SOURCE and (kept[day].working, kept[day].name) != (working, name))
    ]
    with transaction.atomic():
        CalendarDay.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["day"], update_fields=["working", "name", "source"]
        )
        if changed and Timer.objects.filter(ended_at=None).exists():
            _recount_later(system_viewer(""), min(row.day for row in changed))
    return len(changed)


def year(number: int) -> tuple[DayView, ...]:
    """Every day of a year."""
    if not YEARS[0] <= number <= YEARS[1]:
        raise InvalidInput(f"no calendar of {number}", "year", f"choose {YEARS[0]} to {YEARS[1]}", "year")
    rows = {row.day: row for row in CalendarDay.objects.filter(day__year=number)}
    special = {day: row.working for day, row in rows.items()}
    first = date(number, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(number + 1, 1, 1) - first).days)]
    said = {day: (row.name, row.source) for day, row in rows.items()}
    return tuple(DayView(day, is_working(day, special), day in said, *said.get(day, ("", ""))) for day in days)


def may_edit(viewer: Viewer) -> bool:
    """One calendar serves the installation: it is for the administrators of its first organisation."""
    return viewer.may(Right.ADMINISTER) and (
        viewer.organisation == settings.ORGANISATION or viewer.subject == SYSTEM_SUBJECT
    )


def set_day(viewer: Viewer, day: date, working: bool, name: str = "") -> None:
    """Say whether a day is worked; the due days of running limits are counted anew by a job."""
    require(viewer, Right.ADMINISTER)
    if not may_edit(viewer):
        mend = "ask an administrator of the installation's first organisation"
        raise NotAllowed("the calendar is not yours to change", "day", mend, "not-allowed")
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise InvalidInput(f"no calendar of {day.year}", "day", f"choose {YEARS[0]} to {YEARS[1]}", "year")
    with transaction.atomic():
        values = {"working": working, "name": name.strip()[:100], "source": f"{EDITED}: {viewer.name}"[:200]}
        CalendarDay.objects.update_or_create(day=day, defaults=values)
        audit(viewer, "calendar.day", day.isoformat(), {"working": working, "name": name})
        _recount_later(viewer, day)


def renew(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Take over what a newer release of the source has."""
    return {"days": load()}


def recount(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Count the running and suspended limits that may be touched by a change from a day on."""
    day = date.fromisoformat(payload["day"])
    rows = Timer.objects.filter(ended_at=None, due_at__date__gte=day - timedelta(days=1)).order_by("entry_id")
    ids = list(rows.values_list("entry_id", flat=True).distinct())
    moved = 0
    for place, id in enumerate(ids):
        moved += _recount(id)
        context.progress((place + 1) / len(ids), f"{place + 1}/{len(ids)}")
    return {"records": len(ids), "moved": moved}


def _recount(id: int) -> int:
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(id=id)
        limits = {one.name: one for one in type_of(entry.type).life_of(entry.process).deadlines}
        rows = [timer for timer in entry.timers.filter(ended_at=None) if timer.name in limits]
        moved = sum(timers.recount(timer, limits[timer.name], timezone.now()) for timer in rows)
        timers.set_due(entry)
    return moved


def _recount_later(viewer: Viewer, day: date) -> None:
    jobs.submit(viewer, "calendar.recount", {"day": day.isoformat()}, right=Right.ADMINISTER)

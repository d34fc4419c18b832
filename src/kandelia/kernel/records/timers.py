"""Time limits of records: begun, ended and suspended by steps, fired by the jobs role, checked again on firing."""

from collections.abc import Callable
from datetime import date, datetime, time

from django.utils import timezone

from kandelia.kernel.lives.declaration import Deadline, Life
from kandelia.kernel.lives.logic.days import add_days, days_left
from kandelia.kernel.records.contracts import DeadlineView
from kandelia.kernel.records.models import CalendarDay, Entry, Timer

FIRED_PER_RUN_MAX = 500


def special_days(since: date) -> dict[date, bool]:
    """Days worked or rested against the week's rule, from a day on."""
    return dict(CalendarDay.objects.filter(day__gte=since).values_list("day", "working"))


def after_step(entry: Entry, life: Life, step: str) -> None:
    """Begin, end, suspend and resume the record's limits after a step (or "create") brought it to its state."""
    if not life.deadlines:
        return
    now = timezone.now()
    special = special_days(timezone.localdate(now))
    over = life.state(entry.state).kind == "end"
    for limit in life.deadlines:
        running = entry.timers.filter(name=limit.name, ended_at=None).order_by("id").last()
        if running is not None and (over or step in limit.ends or limit.then == step):
            running.ended_at = now
            running.save(update_fields=["ended_at"])
            running = None
        if step in limit.starts and not over:
            entry.timers.filter(name=limit.name, ended_at=None).update(ended_at=now)
            running = Timer(entry=entry, name=limit.name, began_at=now, counted_at=now, days=limit.days)
            running.due_at = _due(now, limit.days, limit, special)
            running.save(force_insert=True)
        if running is not None:
            _suspend(running, limit, entry.state in limit.suspended_in, now, special)
    set_due(entry)


def set_days(entry: Entry, life: Life, name: str, days: int) -> datetime:
    """The running limit of a name ends after so many days from now: for limits that a record itself states."""
    now, limit = timezone.now(), next(one for one in life.deadlines if one.name == name)
    due = _due(now, days, limit, special_days(timezone.localdate(now)))
    entry.timers.filter(name=name, ended_at=None).update(due_at=due, counted_at=now, days=days)
    set_due(entry)
    return due


def due_of(entry: Entry, name: str) -> datetime | None:
    """When the running limit of a name ends; None where none runs."""
    rows = entry.timers.filter(name=name, ended_at=None, suspended_at=None)
    return rows.values_list("due_at", flat=True).first()


def set_due(entry: Entry) -> None:
    """The nearest running limit stands on the entry, for lists and the inbox."""
    rows = entry.timers.filter(ended_at=None, suspended_at=None).order_by("due_at")
    entry.due_at = rows.values_list("due_at", flat=True).first()
    entry.save(update_fields=["due_at"])


def _suspend(timer: Timer, limit: Deadline, held: bool, now: datetime, special: dict[date, bool]) -> None:
    if held and timer.suspended_at is None:
        timer.suspended_at = now
        today, due = timezone.localdate(now), timezone.localdate(timer.due_at)
        timer.left_days = max(0, days_left(today, due, special, working=limit.working))
    elif not held and timer.suspended_at is not None:
        timer.counted_at, timer.days = now, timer.left_days or 0
        timer.due_at = _due(now, timer.days, limit, special)
        timer.suspended_at = timer.left_days = None
    timer.save(update_fields=["suspended_at", "left_days", "due_at", "counted_at", "days"])


def recount(timer: Timer, limit: Deadline, now: datetime) -> bool:
    """Count a limit that has not ended anew by the calendar as it stands now; whether it ends on another day."""
    counted, days = timer.counted_at or timer.began_at, limit.days if timer.days is None else timer.days
    special, before = special_days(timezone.localdate(counted)), timer.due_at
    timer.due_at = _due(counted, days, limit, special)
    if timer.suspended_at is not None:
        on, due = timezone.localdate(timer.suspended_at), timezone.localdate(timer.due_at)
        timer.left_days = max(0, days_left(on, due, special, working=limit.working))
    if timer.due_at > now:
        timer.told_at = None
    timer.save(update_fields=["due_at", "left_days", "told_at"])
    return timer.due_at != before


def _due(now: datetime, days: int, limit: Deadline, special: dict[date, bool]) -> datetime:
    """The end of the last day, in the installation's time zone."""
    last = add_days(timezone.localdate(now), days, special, working=limit.working)
    return timezone.make_aware(datetime.combine(last, time(23, 59, 59)))


def fire_due(now: datetime, fire: Callable[[Timer], None]) -> int:
    """Give each limit that is over to `fire`; returns how many there were."""
    due = Timer.objects.filter(ended_at=None, suspended_at=None, told_at=None, due_at__lt=now).order_by("due_at")
    fired = list(due.select_related("entry")[:FIRED_PER_RUN_MAX])
    for timer in fired:
        fire(timer)
    return len(fired)


def deadlines_of(entry: Entry, life: Life) -> tuple[DeadlineView, ...]:
    """The record's limits, the latest of each name, nearest first."""
    named = {limit.name: limit for limit in life.deadlines}
    latest = {timer.name: timer for timer in entry.timers.order_by("id") if timer.name in named}
    now = timezone.now()
    views = [
        DeadlineView(
            timer.name,
            named[timer.name].label,
            named[timer.name].basis,
            timer.due_at,
            timer.began_at,
            timer.suspended_at,
            timer.ended_at,
            overdue=timer.ended_at is None and timer.suspended_at is None and timer.due_at < now,
        )
        for timer in latest.values()
    ]
    return tuple(sorted(views, key=lambda view: view.due_at))

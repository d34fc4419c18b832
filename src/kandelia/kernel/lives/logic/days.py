"""Working days (工作日): the week's rule, and the dated days that differ from it. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta

SATURDAY = 5
DAYS_MAX = 3_650


def is_working(day: date, special: Mapping[date, bool]) -> bool:
    """Whether a day is worked: as its own row says, else Monday to Friday."""
    return special.get(day, day.weekday() < SATURDAY)


def add_days(start: date, days: int, special: Mapping[date, bool], *, working: bool) -> date:
    """The day a limit of `days` ends on: the day of the event does not count (民法典 第二百零一条).

    A limit in calendar days that ends on a day of rest ends on the next working day (民法典 第二百零三条).
    """
    day = start
    left = min(days, DAYS_MAX)
    while left > 0:
        day += timedelta(days=1)
        left -= 1 if not working or is_working(day, special) else 0
    while not is_working(day, special):
        day += timedelta(days=1)
    return day


def days_left(today: date, due: date, special: Mapping[date, bool], *, working: bool) -> int:
    """How many days remain from today to the due day; negative when it is past."""
    if not working:
        return (due - today).days
    low, high = sorted((today, due))
    count = sum(is_working(low + timedelta(days=n), special) for n in range(1, (high - low).days + 1))
    return count if due >= today else -count

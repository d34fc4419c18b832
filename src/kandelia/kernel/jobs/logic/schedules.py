"""When a job that repeats comes next, and how long a failed one waits."""

import re
from datetime import datetime, time, timedelta, tzinfo

from kandelia.base.errors import InvalidInput

BACK_OFF_FIRST_S = 5.0
BACK_OFF_MAX_S = 3_600.0
EVERY_S_MIN = 1.0
_EVERY = re.compile(r"every (\d{1,6})(s|m|h|d)")
_DAILY = re.compile(r"daily ([01]\d|2[0-3]):([0-5]\d)")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def next_due(schedule: str, now: datetime, zone: tzinfo) -> datetime:
    """The first time after `now`: missed ones are left out, so runs never pile up. InvalidInput for other words.

    "every 15m" counts from now; "daily 03:30" is wall time in `zone` (a time that a clock change skips comes when
    the clock reads it by the old offset).
    """
    if every := _EVERY.fullmatch(schedule):
        return now + timedelta(seconds=max(EVERY_S_MIN, int(every[1]) * _SECONDS[every[2]]))
    if daily := _DAILY.fullmatch(schedule):
        local = now.astimezone(zone)
        due = datetime.combine(local.date(), time(int(daily[1]), int(daily[2])), zone)
        return due if due > now else datetime.combine(local.date() + timedelta(days=1), due.time(), zone)
    raise InvalidInput(
        f'"{schedule[:40]}" is no schedule', "schedule", 'write "every 15m" or "daily 03:30"', "schedule"
    )


def back_off_s(attempts: int) -> float:
    """Seconds before the next try after `attempts` failures."""
    return float(min(BACK_OFF_FIRST_S * 2 ** min(attempts - 1, 20), BACK_OFF_MAX_S))

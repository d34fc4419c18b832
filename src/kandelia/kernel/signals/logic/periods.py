"""Periods as people write them: 500ms, 1s, 5min, 1h, or a number of milliseconds."""

import re
from typing import Any

_PERIOD = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(ms|s|min|m|h|)")
_UNITS_MS = {"": 1, "ms": 1, "s": 1_000, "min": 60_000, "m": 60_000, "h": 3_600_000}


def read_period(given: Any) -> int | None:
    """Milliseconds; None for what is no period."""
    match = None if isinstance(given, bool) else _PERIOD.fullmatch(str(given))
    return round(float(match[1]) * _UNITS_MS[match[2]]) if match else None


def say_period(period_ms: int) -> str:
    """In the largest unit that says it whole."""
    for unit, size in (("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if period_ms and period_ms % size == 0:
            return f"{period_ms // size}{unit}"
    return f"{period_ms}ms"

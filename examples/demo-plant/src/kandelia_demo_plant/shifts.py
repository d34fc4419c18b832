"""Working time: two shifts and their breaks, one shift on Saturday, none on Sunday (China Standard Time, UTC+8)."""

from functools import lru_cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
DAY_S = 86_400
ZONE_S = 8 * 3_600
TIME_ZONE = "Asia/Shanghai"
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday
EARLY = (7.5, 15.5)
LATE = (15.5, 23.5)
BREAKS = ((9.75, 9.917), (11.5, 12.0), (17.75, 17.917), (19.0, 19.5))


def local_day(time_s: int) -> tuple[int, int]:
    """The local day since 1970-01-01 and the second within it."""
    return divmod(time_s + ZONE_S, DAY_S)


@lru_cache(maxsize=8)
def attended(day: int) -> Array:
    """Where people are at work on a local day, breaks included: bool [86400]."""
    mask = np.zeros(DAY_S, dtype=bool)
    weekday = (day + _EPOCH_WEEKDAY) % 7
    for start, end in {6: (), 5: (EARLY,)}.get(weekday, (EARLY, LATE)):
        mask[int(start * 3600) : int(end * 3600)] = True
    return mask


@lru_cache(maxsize=8)
def working(day: int) -> Array:
    """Where the lines work on a local day: bool [86400]."""
    mask = attended(day).copy()
    for start, end in BREAKS:
        mask[int(start * 3600) : int(end * 3600)] = False
    return mask


@lru_cache(maxsize=8)
def heated(day: int) -> Array:
    """Where ovens and barrels are kept hot: from 50 minutes before the first shift until the last has ended."""
    mask = np.zeros(DAY_S, dtype=bool)
    present = np.flatnonzero(attended(day))
    if len(present):
        mask[present[0] - 3_000 : present[-1] + 1] = True
    return mask

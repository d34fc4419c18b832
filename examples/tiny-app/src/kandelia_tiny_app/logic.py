"""When a gauge is to be calibrated again. Pure."""

from calendar import monthrange
from datetime import date


def due_on(calibrated_on: date, months: int) -> date:
    """The same day so many months later, or the last one of a month that is shorter."""
    year, month = divmod(calibrated_on.year * 12 + calibrated_on.month - 1 + months, 12)
    return date(year, month + 1, min(calibrated_on.day, monthrange(year, month + 1)[1]))

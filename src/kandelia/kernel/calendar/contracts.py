"""What leaves the room. Django-free."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class DayView:
    """A day of the calendar; `special`: worked or rested by a row of its own and not by the week's rule."""

    day: date
    working: bool
    special: bool = False
    name: str = ""
    source: str = ""

"""What leaves the room, as frozen views. Django-free."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person to whom a record may be given, or who may stand in."""

    id: int
    sign_in: str
    name: str
    away_until: date | None = None
    duties: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DelegationView:
    """Duties lent; `active` today, `over` once its last day is past or it was taken back."""

    id: int
    person: Colleague
    deputy: Colleague
    first_day: date
    last_day: date
    duties: tuple[str, ...]
    reason: str = ""
    active: bool = False
    over: bool = False

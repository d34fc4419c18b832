"""What other rooms may know of a firm: a frozen profile."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Profile:
    """A firm as a measure or an application asks for it. `id` is its record, empty fields are not known."""

    id: int
    account: str
    uscc: str
    name: str
    kind: str
    sector: str
    size: str
    district: str = ""
    founded_on: date | None = None
    employees: int | None = None
    revenue: Decimal | None = None
    verified_on: date | None = None
    invented: bool = False

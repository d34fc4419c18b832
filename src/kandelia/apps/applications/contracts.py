"""What the screens and other rooms are shown of an application beside its record. Frozen."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kandelia.base.text import LocalText


@dataclass(frozen=True, slots=True)
class BoundView:
    """The upper bound that stands, with what it rests on; `repeats`: the engine gives the same bytes now."""

    bound: Decimal | None
    binding: str
    purpose: str
    line: str
    as_of: date
    at: datetime
    engine: str
    parameters: str
    document: dict[str, Any]
    repeats: bool


@dataclass(frozen=True, slots=True)
class AmountsView:
    """Every amount of an application, yuan; None where it is not there yet or not the viewer's to see."""

    asked: Decimal | None
    bound: Decimal | None
    proposed: Decimal | None
    scaled: Decimal | None
    decided: Decimal | None
    paid: Decimal | None
    recovered: Decimal | None


@dataclass(frozen=True, slots=True)
class EnvelopeView:
    """A call's budget and what is taken of it."""

    budget: Decimal | None
    taken: Decimal
    left: Decimal | None
    over: Decimal
    rule: str


@dataclass(frozen=True, slots=True)
class SharedItem:
    """A cost item that stands in two applications."""

    name: str
    amount: Decimal
    document: str


@dataclass(frozen=True, slots=True)
class OverlapView:
    """A warning of double funding: both applications and what they share."""

    mine: str
    other: str
    other_id: int
    other_title: str
    other_line: str
    shared: LocalText
    items: tuple[SharedItem, ...]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ReviewerView:
    """A reviewer in the order of a lot, with what stood against them, and how far their sheet is."""

    id: int
    name: str
    place: int
    drawn: bool
    against: tuple[LocalText, ...] = ()
    sheet: int = 0
    state: str = ""


@dataclass(frozen=True, slots=True)
class DrawView:
    """A lot, or a replacement; `replays` says whether drawing again from what it recorded gives the same."""

    at: datetime
    by: str
    method: str
    seed: str
    drawn: tuple[str, ...]
    replaced: str
    reason: str
    replays: bool


@dataclass(frozen=True, slots=True)
class ReviewView:
    """The review of one application."""

    draws: tuple[DrawView, ...]
    reviewers: tuple[ReviewerView, ...]
    given: int
    wanted: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Performance:
    """A group of applications and their money."""

    group: str
    label: LocalText
    count: int
    asked: Decimal
    decided: Decimal
    paid: Decimal

"""Double funding: applications of overlapping lines and the cost items they share: warnings, no refusal (A4). Pure."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText, Said

ITEMS_MAX = 500
DIGITS_MAX = 15
NO_TEXT = LocalText()
MEND = 'write {"name": "…", "amount": "12500.00", "document": "invoice or contract number"}'


@dataclass(frozen=True, slots=True)
class CostItem:
    """A row of the costs: what for, how much (yuan), and the invoice or contract that proves it."""

    name: str
    amount: Decimal
    document: str = ""

    @property
    def key(self) -> str:
        """What makes two rows the same cost: the document, else name and amount."""
        return folded(self.document) or f"{folded(self.name)}={self.amount.normalize():f}"


@dataclass(frozen=True, slots=True)
class Claim:
    """An application as overlaps see it."""

    id: int
    code: str
    title: str
    organisation: str
    line: str
    items: tuple[CostItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Overlap:
    """A warning: the other application, what the lines share by the text, and the cost items that stand in both."""

    other: Claim
    shared: LocalText
    items: tuple[tuple[CostItem, CostItem], ...]

    @property
    def amount(self) -> Decimal:
        """The money of the shared items, as this application states it."""
        return sum((mine.amount for mine, _ in self.items), Decimal(0))


def overlaps(
    mine: Claim, others: Iterable[Claim], pairs: Collection[tuple[frozenset[str], LocalText]]
) -> list[Overlap]:
    """Warnings for every other claim with an overlapping line of the same organisation, or a cost item in common."""
    found = []
    for other in others:
        if other.id == mine.id:
            continue
        items = shared_items(mine.items, other.items)
        text = _shared_text(mine, other, pairs) if other.organisation == mine.organisation else None
        if items or text is not None:
            found.append(Overlap(other, text or NO_TEXT, items))
    return sorted(found, key=lambda one: (-one.amount, one.other.id))


def shared_items(mine: Iterable[CostItem], others: Iterable[CostItem]) -> tuple[tuple[CostItem, CostItem], ...]:
    """Pairs of rows that are the same cost."""
    by_key = {one.key: one for one in others}
    return tuple((one, by_key[one.key]) for one in mine if one.key in by_key)


def read_items(given: Any) -> tuple[CostItem, ...]:
    """Rows of a form, {"items": […]} or the rows alone; InvalidInput names the row."""
    given = given.get("items", []) if isinstance(given, Mapping) else given
    if not isinstance(given, list) or len(given) > ITEMS_MAX:
        raise InvalidInput(
            Said(f"费用明细应为不超过 {ITEMS_MAX} 行的列表", f"this is no list of at most {ITEMS_MAX} rows"),
            "cost_items",
            MEND,
            "bad-value",
        )
    return tuple(_item(one, n) for n, one in enumerate(given, 1))


def folded(text: str) -> str:
    """Full width to half, case folded, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _item(one: Any, n: int) -> CostItem:
    if not isinstance(one, Mapping) or not set(one) <= {"name", "amount", "document"} or not one.get("name"):
        raise InvalidInput(Said(f"第 {n} 行不是费用明细", f"row {n} is no cost item"), "cost_items", MEND, "bad-value")
    try:
        amount = Decimal(str(one.get("amount", "")).replace(",", ""))
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < 10**DIGITS_MAX or amount != round(amount, 2):
        raise InvalidInput(
            Said(f"第 {n} 行没有有效金额（元）", f"row {n} has no amount in yuan"), "cost_items", MEND, "bad-value"
        )
    return CostItem(str(one["name"])[:200], amount, str(one.get("document") or "")[:100])


def _shared_text(mine: Claim, other: Claim, pairs: Collection[tuple[frozenset[str], LocalText]]) -> LocalText | None:
    if mine.line == other.line:
        return LocalText("同一单位就同一条目重复申报", "the same line asked for twice by one organisation")
    return next((text for lines, text in pairs if {mine.line, other.line} <= lines), None)

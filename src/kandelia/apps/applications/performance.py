"""Sums of money by measure, sector, size and time, over what a bureau handles. Exact decimals."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum
from django.db.models.functions import TruncMonth, TruncYear

from kandelia.apps.applications.contracts import Performance
from kandelia.apps.applications.store import rows
from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import type_of
from kandelia.sdk.services import service

FIELDS: dict[str, Any] = {
    "line": F("line"),
    "sector": F("sector"),
    "size": F("size"),
    "month": TruncMonth("submitted_on"),
    "year": TruncYear("submitted_on"),
}
NAMES = {
    "line": LocalText("政策条目", "Measure line"),
    "sector": LocalText("行业", "Sector"),
    "size": LocalText("规模", "Size"),
    "month": LocalText("月份", "Month"),
    "year": LocalText("年份", "Year"),
}
NARROWS = ("line", "sector", "size", "year")
ZERO = Decimal("0.00")
UNKNOWN = LocalText("未填", "not given")


def grouped(bureau: str, by: str, **narrowed: str) -> tuple[Performance, ...]:
    """A row for each group; times in order, all else by money decided. InvalidInput for what cannot be grouped by."""
    if by not in FIELDS:
        raise InvalidInput(f'nothing is grouped by "{by[:40]}"', "by", f"give one of {', '.join(FIELDS)}", "bad-value")
    found = rows("application").filter(entry__handler_id=bureau, submitted_on__isnull=False)
    for name, wanted in narrowed.items():
        if wanted and name in NARROWS:
            found = found.filter(**{"submitted_on__year" if name == "year" else name: wanted})
    listed = found.annotate(group=FIELDS[by]).values("group").order_by("group")
    listed = listed.annotate(n=Count("entry_id"), a=Sum("asked"), d=Sum("decided"), p=Sum("paid"))
    label = _labels(by)
    made = [
        Performance(_key(by, one["group"]), label(one["group"]), one["n"], *_exact(one["a"], one["d"], one["p"]))
        for one in listed
    ]
    return tuple(made) if by in ("month", "year") else tuple(sorted(made, key=lambda one: -one.decided))


def _exact(*sums: Any) -> tuple[Decimal, ...]:
    return tuple(ZERO if one is None else Decimal(one).quantize(Decimal("0.01")) for one in sums)


def _key(by: str, group: Any) -> str:
    if isinstance(group, date):
        return f"{group:%Y-%m}" if by == "month" else f"{group:%Y}"
    return str(group)


def _labels(by: str) -> Callable[[Any], LocalText]:
    if by == "line":
        titles = {one["line"]: LocalText(**one["title"]) for one in service("measures.documents")()["lines"]}
        return lambda group: _titled(group, titles.get(group))
    if by in ("sector", "size"):
        choices = dict(type_of("organisation").field(by).choices)
        return lambda group: choices.get(group, UNKNOWN)
    return lambda group: LocalText(_key(by, group), _key(by, group))


def _titled(group: str, title: LocalText | None) -> LocalText:
    return LocalText(f"{group} {title.zh}", f"{group} {title.en}") if title else LocalText(group, group)

"""How many records and how much money, by state, choice, reference, organisation or month; sums are exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Count, F, Sum
from django.db.models.functions import Cast, Round, TruncMonth, TruncYear

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.records import facade, store
from kandelia.kernel.records.contracts import Kind, Query, Tally
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.fields import column_of, kind_of
from kandelia.kernel.records.permissions import desk, unmasked

BY_MAX = 2
GROUPS_MAX = 500
PERIODS = {"month": (TruncMonth, "%Y-%m"), "year": (TruncYear, "%Y")}
CREATED = LocalText("建立时间", "Made")
GROUPED_KINDS = (Kind.CHOICE, Kind.BOOLEAN, Kind.REFERENCE)
YES_NO = {True: LocalText("是", "yes"), False: LocalText("否", "no")}
EMPTY = LocalText("（空）", "(empty)")


@dataclass(frozen=True, slots=True)
class Grouping:
    """Something to count by: its name in the address, its label, and the field that filters a list by it ("" none)."""

    name: str
    label: LocalText
    filters: str = ""


def groupings(viewer: Viewer | None, type: str) -> tuple[Grouping, ...]:
    """What this viewer may count by; what they see only masked is not among them."""
    declared = facade.type_of(type)
    found = [Grouping("state", LocalText("状态", "State"), "state")]
    if viewer is not None and declared.handler == "root":
        found.append(Grouping("organisation", LocalText("单位", "Organisation"), "organisation"))
    for field in _open_fields(declared, viewer):
        kind, filters = kind_of(declared, field), field.name if field.name in declared.filters else ""
        if kind in GROUPED_KINDS:
            found.append(Grouping(field.name, field.label, filters))
        elif kind in (Kind.DAY, Kind.INSTANT):
            found += _periods(field.name, field.label, filters)
    return (*found, *_periods("created", CREATED, ""))


def amounts(viewer: Viewer | None, type: str) -> tuple[Field, ...]:
    """The amounts that are added up for this viewer."""
    declared = facade.type_of(type)
    return tuple(field for field in _open_fields(declared, viewer) if field.name in declared.amounts)


def tallies(
    viewer: Viewer | None, type: str, query: Query, by: Sequence[str] = ("state",), language: str = "zh"
) -> tuple[Tally, ...]:
    """Counts and sums of what a query finds, by up to two groupings; the states in their order, else by label."""
    declared = facade.type_of(type)
    offered = {one.name for one in groupings(viewer, type)}
    by = tuple(dict.fromkeys(by)) or ("state",)
    if len(by) > BY_MAX or not set(by) <= offered:
        raise InvalidInput(
            "this cannot be counted by", "by", f"at most {BY_MAX} of: {', '.join(sorted(offered))}", "bad-grouping"
        )
    keys = [_key(declared, name) for name in by]
    rows = store.found(viewer, declared, query).annotate(**{f"by_{n}": key for n, (key, _) in enumerate(keys)})
    names = [f"by_{n}" for n in range(len(keys))]
    titles = {f"title_{n}": F(title) for n, (_, title) in enumerate(keys) if title}
    summed = amounts(viewer, type)
    counted = rows.values(*names, **titles).annotate(
        count=Count("entry_id"), **{f"sum_{one.name}": _sum(declared, one.name) for one in summed}
    )
    made = [_tally(declared, row, by, summed, language) for row in counted.order_by(*names)[:GROUPS_MAX]]
    return tuple(sorted(made, key=lambda one: _rank(declared, by, one)))


def bounds(name: str, value: str) -> dict[str, tuple[str, ...]]:
    """The filter of a list that shows one group of a grouping; empty where a list cannot be filtered so."""
    field, _, period = name.partition(".")
    if not period:
        return {field: (value,)}
    if field == "created" or not value:
        return {}
    year, month = (int(value[:4]), int(value[5:7])) if period == "month" else (int(value), 0)
    first, last = (month, month) if month else (1, 12)
    days = _last_day(year, last)
    return {f"{field}.from": (f"{year:04}-{first:02}-01",), f"{field}.to": (f"{year:04}-{last:02}-{days:02}",)}


def _last_day(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 28 + leap if month == 2 else 30 if month in (4, 6, 9, 11) else 31


def _open_fields(declared: RecordType, viewer: Viewer | None) -> list[Field]:
    on = {desk(viewer, declared)} if viewer else set()
    return [field for field in facade.seen_fields(declared, viewer) if unmasked(viewer, field, on)]


def _periods(name: str, label: LocalText, filters: str) -> list[Grouping]:
    words = {"month": LocalText("按月", "by month"), "year": LocalText("按年", "by year")}
    return [
        Grouping(f"{name}.{period}", LocalText(f"{label.zh}（{word.zh}）", f"{label.en} {word.en}"), filters)
        for period, word in words.items()
    ]


def _key(declared: RecordType, name: str) -> tuple[Any, str]:
    """(what is grouped by, what says its title)."""
    field, _, period = name.partition(".")
    column = "entry__created_at" if field == "created" else field
    if period:
        return PERIODS[period][0](column), ""
    if name == "state":
        return F("entry__state"), ""
    if name == "organisation":
        return F("entry__organisation_id"), "entry__organisation__name_zh"
    if kind_of(declared, declared.field(name)) is Kind.REFERENCE:
        return F(f"{name}_id"), f"{name}__title"
    return F(name), ""


def _sum(declared: RecordType, name: str) -> Any:
    """As whole units of the last digit: SQLite keeps decimals as floating numbers, whose sums would not be exact."""
    column = column_of(declared, name)
    if not isinstance(column, models.DecimalField):
        return Sum(name)
    scaled = Round(F(name) * Decimal(10**column.decimal_places), output_field=models.FloatField())
    return Sum(Cast(scaled, models.BigIntegerField()))


def _tally(
    declared: RecordType, row: dict[str, Any], by: Sequence[str], summed: Sequence[Field], language: str
) -> Tally:
    group = tuple(_value(name, row[f"by_{n}"]) for n, name in enumerate(by))
    labels = tuple(_label(declared, name, row[f"by_{n}"], row.get(f"title_{n}"), language) for n, name in enumerate(by))
    sums = {one.name: _exact(declared, one.name, row[f"sum_{one.name}"]) for one in summed}
    return Tally(group, labels, row["count"], sums)


def _exact(declared: RecordType, name: str, value: Any) -> Any:
    column = column_of(declared, name)
    if not isinstance(column, models.DecimalField):
        return value or 0
    return Decimal(int(value or 0)).scaleb(-(column.decimal_places or 0))


def _value(name: str, value: Any) -> str:
    _, _, period = name.partition(".")
    if value is None:
        return ""
    return value.strftime(PERIODS[period][1]) if period else str(value)


def _label(declared: RecordType, name: str, value: Any, title: Any, language: str) -> str:
    if value is None or value == "":
        return EMPTY.say(language)
    if "." in name or name == "organisation" or title:
        return str(title) if title else _value(name, value)
    if name == "state":
        states = {state.name: state for life in (*declared.earlier, declared.life) for state in life.states}
        return states[value].label.say(language) if value in states else str(value)
    labels = {**dict(declared.field(name).choices), **(YES_NO if isinstance(value, bool) else {})}
    return labels[value].say(language) if value in labels else str(value)


def _rank(declared: RecordType, by: Sequence[str], tally: Tally) -> tuple[Any, ...]:
    states = {state.name: place for place, state in enumerate(declared.life.states)}
    found: list[Any] = []
    for name, value, label in zip(by, tally.group, tally.labels, strict=True):
        choices = {} if "." in name or name in ("state", "organisation") else dict(declared.field(name).choices)
        places = states if name == "state" else {str(one): place for place, one in enumerate(choices)}
        found.append((places.get(value, len(places)), value if "." in name else label))
    return tuple(found)

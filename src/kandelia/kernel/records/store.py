"""Queries: one record, and key-set pages of many, in any offered order, onward and back."""

import base64
import binascii
import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.records import search
from kandelia.kernel.records.contracts import Kind, Query, RecordPage
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.fields import kind_of, parse
from kandelia.kernel.records.models import Entry, Record, Reference
from kandelia.kernel.records.permissions import desk, may_read, place, visible
from kandelia.kernel.records.views import seen_fields, view_of

LIMIT_MAX = 500
COUNT_MAX = 10_000  # of a narrowed list: whoever has more narrows further, and needs no exact number for it
ENTRY_SORTS = {
    "created": "entry_id",
    "changed": "entry__changed_at",
    "title": "entry__title",
    "state": "entry__state",
    "code": "entry__code",
    "due": "entry__due_at",
}
ENTRY_FILTERS = ("state", "code", "organisation")


def rows_of(declared: RecordType) -> QuerySet[Any]:
    """Rows with what a view needs joined."""
    names = [one.name for one in declared.model._meta.concrete_fields if isinstance(one, models.ForeignKey)]
    return declared.model.objects.select_related(*names, "entry__organisation")


def one(viewer: Viewer | None, declared: RecordType, id: int, *, lock: bool = False) -> Any:
    """A row that the viewer may read; NotFound for none, another organisation's, or one that `narrow` hides."""
    if lock:
        Entry.objects.select_for_update().filter(id=id).first()  # others wait here; what follows reads what they left
    rows = rows_of(declared).filter(entry_id=id)
    kept = declared.narrowed(viewer, mine := declared.model.objects.filter(entry_id=id))
    if kept is not mine:
        rows = rows.filter(Q(entry__public=True) | Q(pk__in=kept.values("pk")))
    row = rows.first()
    if row is None or not may_read(viewer, declared, row.entry):
        raise NotFound(f'there is no {declared.name} "{id}"', declared.name, "see the list", "not-found")
    return row


def page(viewer: Viewer | None, declared: RecordType, query: Query, *, count: bool = True) -> RecordPage:
    """One page of a list as the viewer sees it: its keys first, by an index of one table, then their rows."""
    column, down = _order(declared, query.sort)
    keys, key = _keys(viewer, declared, query, column)
    limit = max(1, min(query.limit, LIMIT_MAX))
    backward = bool(query.before)
    asked = _after(keys, column, key, down != backward, query.before or query.after)
    ids = list(_ordered(asked, column, key, down != backward).values_list(key, flat=True)[: limit + 1])
    found = {row.entry_id: row for row in rows_of(declared).filter(entry_id__in=ids[:limit])}
    more, got = len(ids) > limit, [found[id] for id in ids[:limit] if id in found]
    if backward:
        got.reverse()
    counted = total(viewer, declared, query, most=COUNT_MAX + 1) if count else None
    beyond = counted == COUNT_MAX + 1
    return RecordPage(
        tuple(view_of(declared, row, viewer) for row in got),
        next=_cursor(got[-1], column) if got and (more or backward) else "",
        previous=_cursor(got[0], column) if got and (more if backward else bool(query.after)) else "",
        total=COUNT_MAX if beyond else counted,
        beyond=beyond,
    )


def found(viewer: Viewer | None, declared: RecordType, query: Query) -> QuerySet[Any]:
    """The rows of a query, in no order."""
    rows = rows_of(declared).filter(_desk(viewer, declared)).filter(_filters(declared, query, viewer))
    rows = declared.narrowed(viewer, rows)
    if query.text.strip():
        rows = rows.filter(entry__in=search.matching(Entry.objects.all(), query.text, type=declared.name))
    return rows


def total(viewer: Viewer | None, declared: RecordType, query: Query, *, most: int = 0) -> int:
    """How many a query finds, all of them by an index alone; of what words or columns narrow no more than `most`."""
    own, side = _own(viewer, declared, query) is not None, place(viewer, declared)
    if most and viewer and side and query.text.strip() and not query.filters and not own:
        seen = [(side[0], viewer.organisation)]
        return search.matching(Entry.objects.all(), query.text, seen, type=declared.name, most=most).count()
    rows = found(viewer, declared, query) if own else _entries(viewer, declared, query)
    return (rows.order_by()[:most] if most and (own or query.text.strip()) else rows).count()


def _keys(viewer: Viewer | None, declared: RecordType, query: Query, column: str) -> tuple[QuerySet[Any], str]:
    """What to order and cut, and its key: entries where the order stands on them, else rows of the model.

    An order on the model asks the entry of each row, so that its index is walked only as far as the page needs; a
    firm's few records among a bureau's many are looked up instead.
    """
    entries, own = _entries(viewer, declared, query), _own(viewer, declared, query)
    if column == "entry_id" or column.startswith("entry__"):
        return entries if own is None else entries.filter(id__in=own.values("entry_id")), "id"
    rows = declared.model.objects.all() if own is None else own
    if viewer is not None and desk(viewer, declared) == "owner":
        return rows.filter(entry_id__in=entries.values("id")), "entry_id"
    return rows.filter(Exists(entries.filter(id=OuterRef("entry_id")))), "entry_id"


def _entries(viewer: Viewer | None, declared: RecordType, query: Query) -> QuerySet[Entry]:
    entries = visible(viewer, declared, Entry.objects.all())
    for name, wanted in query.filters.items():
        if name in ENTRY_FILTERS:
            entries = entries.filter(**{f"{_entry_column(name)}__in": wanted})
    return search.matching(entries, query.text, type=declared.name) if query.text.strip() else entries


def _own(viewer: Viewer | None, declared: RecordType, query: Query) -> QuerySet[Any] | None:
    """Rows of the model after its own columns and `narrow`; None where all are meant."""
    asked = replace(
        query, filters={name: wanted for name, wanted in query.filters.items() if name not in ENTRY_FILTERS}
    )
    rows = declared.model.objects.filter(_filters(declared, asked, viewer))
    kept = declared.narrowed(viewer, rows)
    return kept if asked.filters or kept is not rows else None


def _desk(viewer: Viewer | None, declared: RecordType) -> Q:
    """The same bounds as permissions.visible, on the joined entry."""
    bounds = Q(entry__type=declared.name)
    if viewer is None:
        return bounds & Q(entry__public=True)
    if declared.read_by or not viewer.may(Right.SEE):
        return bounds & Q(entry__in=visible(viewer, declared, Entry.objects.all()))
    side = {"owner": "entry__organisation_id", "handler": "entry__handler_id"}[desk(viewer, declared)]
    return bounds & Q(**{side: viewer.organisation})


def _filters(declared: RecordType, query: Query, viewer: Viewer | None) -> Q:
    seen = {field.name for field in seen_fields(declared, viewer)}
    asked = Q()
    for name, wanted in query.filters.items():
        if name in ENTRY_FILTERS:
            asked &= Q(**{f"entry__{_entry_column(name)}__in": wanted})
            continue
        plain, _, bound = name.partition(".")
        if plain not in declared.filters or plain not in seen or bound not in ("", "from", "to"):
            raise InvalidInput(f'"{name}" filters nothing here', "filter", f"filter by: {', '.join(declared.filters)}")
        asked &= _filter(declared, plain, bound, wanted)
    return asked


def _filter(declared: RecordType, name: str, bound: str, wanted: tuple[str, ...]) -> Q:
    kind = kind_of(declared, declared.field(name))
    if bound:
        return Q(**{f"{name}__{'gte' if bound == 'from' else 'lte'}": parse(declared, name, wanted[-1])})
    if kind in (Kind.TEXT, Kind.LONG_TEXT):
        return Q(**{f"{name}__icontains": wanted[-1]})
    values = [parse(declared, name, text) for text in wanted]
    return Q(**{f"{name}__in": values})


def _entry_column(name: str) -> str:
    return "organisation_id" if name == "organisation" else name


def _order(declared: RecordType, sort: str) -> tuple[str, bool]:
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name in ENTRY_SORTS:
        return ENTRY_SORTS[name], down
    if name not in declared.sorts:
        offered = ", ".join([*ENTRY_SORTS, *declared.sorts])
        raise InvalidInput(f'no order by "{name[:40]}"', "sort", f"sort by one of: {offered}", "bad-sort")
    return name, down


def _ordered(keys: QuerySet[Any], column: str, key: str, down: bool) -> QuerySet[Any]:
    name = _column(column)
    if column == "entry__due_at":
        keys = keys.filter(due_at__isnull=False)
    names = [key] if column == "entry_id" else [name, key]
    return keys.order_by(*(F(name).desc() if down else F(name).asc() for name in names))


def _after(keys: QuerySet[Any], column: str, key: str, down: bool, cursor: str) -> QuerySet[Any]:
    """Keys beyond a cursor, in a form of which an index can seek the beginning."""
    if not cursor:
        return keys
    value, id = _read(cursor, column)
    sign, name = "lt" if down else "gt", _column(column)
    if column == "entry_id":
        return keys.filter(**{f"{key}__{sign}": id})
    beyond = Q(**{f"{name}__{sign}": value}) | Q(**{f"{key}__{sign}": id})
    return keys.filter(Q(**{f"{name}__{sign}e": value}) & beyond)


def _column(column: str) -> str:
    """A column's name in the table that holds it."""
    return "id" if column == "entry_id" else column.removeprefix("entry__")


def _cursor(row: Record, column: str) -> str:
    value = row.entry_id if column == "entry_id" else _get(row, column)
    text = json.dumps([column, value, row.entry_id], cls=_Exact, ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, column: str) -> tuple[Any, int]:
    try:
        padded = cursor[:2_000] + "=" * (-len(cursor) % 4)
        name, value, id = json.loads(base64.urlsafe_b64decode(padded))
        if name != column or not isinstance(id, int) or isinstance(value, list | dict) or value is None:
            raise ValueError("of another order")
    except (ValueError, binascii.Error, TypeError) as error:
        raise InvalidInput(
            "this is no cursor of this list", "after", "start from the first page", "bad-cursor"
        ) from error
    return value, id


def _get(row: Record, column: str) -> Any:
    value: Any = row
    for name in column.split("__"):
        value = getattr(value, name)
    return value


class _Exact(DjangoJSONEncoder):
    """Microseconds too: a cursor that is cut to milliseconds finds its own row again."""

    def default(self, value: Any) -> Any:
        """Times and days in ISO 8601, decimals as text."""
        if isinstance(value, datetime | date):
            return value.isoformat()
        return str(value) if isinstance(value, Decimal) else super().default(value)


def referring(viewer: Viewer | None, declared: RecordType, type: str, entry_id: int) -> QuerySet[Any] | None:
    """Rows of a type that refer to a record of another, None where it has no reference to that."""
    columns = declared.model._meta.concrete_fields
    names = [one.name for one in columns if isinstance(one, Reference) and one.refers_to == type]
    if not names:
        return None
    asked = Q()
    for name in names:
        asked |= Q(**{f"{name}_id": entry_id})
    rows = rows_of(declared).filter(_desk(viewer, declared)).filter(asked)
    return declared.narrowed(viewer, rows)

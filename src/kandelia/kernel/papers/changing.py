"""One field changed in every record that a list finds, in one transaction.

A room whose tables are large brings a writer of its own, which writes thousands at a time and tells whoever must
hear of it once. Other types are changed record by record, and only so many.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from kandelia.base.errors import NotAllowed, TooMuch
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.records import store, writing
from kandelia.kernel.records.contracts import Kind, Query
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.fields import kind_of
from kandelia.kernel.records.permissions import holds
from kandelia.kernel.records.registry import type_of

SLOWLY_MAX = 500
KINDS = (Kind.CHOICE, Kind.INTEGER, Kind.NUMBER, Kind.MONEY, Kind.BOOLEAN, Kind.DAY, Kind.TEXT)
Writer = Callable[[Viewer, QuerySet[Any], Mapping[str, Any]], int]  # viewer, rows, parsed fields -> how many differed
_writers: dict[str, Writer] = {}


@dataclass(frozen=True, slots=True)
class Changed:
    """How many a list found that may be changed, and how many of them differed."""

    found: int
    changed: int


def register_writer(type: str, writer: Writer) -> None:
    """Let a room change many records of its type by itself; it checks, notes history and audits."""
    _writers[type] = writer


def offered(viewer: Viewer, type: str) -> tuple[Field, ...]:
    """The fields that may be the same in many records: none that names one, none that is personal."""
    declared = type_of(type)
    if not _states(viewer, declared):
        return ()
    plain = (field for field in declared.fields if field.editable and not field.weight and not field.personal)
    return tuple(one for one in plain if one.name not in declared.title and kind_of(declared, one) in KINDS)


def found(viewer: Viewer, type: str, query: Query) -> int:
    """How many records a change would go over."""
    return _rows(viewer, type_of(type), query).count()


def change_many(viewer: Viewer, type: str, query: Query, field: str, value: Any) -> Changed:
    """The same value in every record that the query finds and the viewer may change: all or none."""
    declared = type_of(type)
    if field not in {one.name for one in offered(viewer, type)}:
        what = f'"{field[:40]}" is not changed in many records'
        raise NotAllowed(what, type, "choose one of those offered", "no-field")
    parsed = writing.parsed_values(declared, {field: value}, [field])
    rows = _rows(viewer, declared, query)
    with transaction.atomic():
        count = rows.count()
        writer = _writers.get(type, _slowly)
        if writer is _slowly and count > SLOWLY_MAX:
            raise TooMuch(f"{count} records at once", type, f"narrow the list to {SLOWLY_MAX} at most", "too-many")
        return Changed(count, writer(viewer, rows, parsed) if count else 0)


def _rows(viewer: Viewer, declared: RecordType, query: Query) -> QuerySet[Any]:
    found = store.found(viewer, declared, query).filter(entry__state__in=_states(viewer, declared))
    return found.order_by("entry_id")


def _states(viewer: Viewer, declared: RecordType) -> list[str]:
    """The states in which the viewer may change records of its own organisation."""
    sides = {"owner", "handler"} if declared.handler == "owner" else {"owner"}
    return [one.name for one in declared.life.states if holds(viewer, one.editable_by, sides)]


def _slowly(viewer: Viewer, rows: QuerySet[Any], parsed: Mapping[str, Any]) -> int:
    changed = 0
    for id, type in list(rows.values_list("entry_id", "entry__type")):
        declared = type_of(type)
        row = writing.change(viewer, declared, id, {})  # asks for the right, and locks
        changed += bool(writing.save_fields(viewer, declared, row, parsed))
    return changed

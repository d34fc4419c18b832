"""References moved from one record to another of its type, whatever types they stand in, and moved back."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from kandelia.base.errors import Conflict
from kandelia.kernel.records.models import Entry, Reference
from kandelia.kernel.records.registry import types


def move(old: Entry, new: Entry, *, leaving: Collection[str] = ()) -> list[list[Any]]:
    """Every reference to `old` names `new` from now on; returns [type, referring record, field] of each."""
    if old.type != new.type:
        raise Conflict(f"{old.type} and {new.type} are of two types", "reference", "choose two of one type", "type")
    moved: list[list[Any]] = []
    for name, model, field in _fields(old.type, leaving):
        rows = model.objects.filter(**{f"{field}_id": old.pk})
        moved += [[name, id, field] for id in rows.values_list("entry_id", flat=True)]
        rows.update(**{field: new})
    return moved


def move_back(old: Entry, new: Entry, moved: Iterable[list[Any]]) -> None:
    """What `move` moved names `old` again, where it still names `new`."""
    models = {(name, field): model for name, model, field in _fields(old.type, ())}
    for name, id, field in moved:
        if (name, field) in models:
            models[name, field].objects.filter(entry_id=id, **{f"{field}_id": new.pk}).update(**{field: old})


def _fields(type: str, leaving: Collection[str]) -> Iterator[tuple[str, Any, str]]:
    for declared in types():
        if declared.name not in leaving:
            for column in declared.model._meta.concrete_fields:
                if isinstance(column, Reference) and column.refers_to == type:
                    yield declared.name, declared.model, column.name

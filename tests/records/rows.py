"""Rows of any record type, written past its rules: what a list, a page or a right is tried on."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import models
from django.utils import timezone

from kandelia.kernel.access.models import Organisation, Person
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.models import Entry, Record, Reference
from kandelia.kernel.records.registry import type_of, types
from kandelia.kernel.records.writing import refresh

BUREAU, FIRM, OTHER = "bureau", "firm", "other"
KNOWN = {"unit": "Cel"}  # texts that are read again as something
_numbers = count(1_000)  # of records that others refer to
AT = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)


def make_places() -> None:
    """A bureau over two firms, and a person whom records may name."""
    Person.objects.create(sign_in="who", name="Who")
    bureau = Organisation.objects.create(id=BUREAU, name_zh="示范局", name_en="Demo bureau")
    for id in (FIRM, OTHER):
        Organisation.objects.create(id=id, name_zh=f"{id} 公司", name_en=id, parent=bureau)


def row(declared: RecordType, n: int = 0, *, owner: str = FIRM, state: str = "", public: bool | None = None) -> Record:
    """A saved row of a type, in a state, owned by an organisation; what it must refer to is made with it."""
    at = declared.life.state(state or declared.life.start.name)
    handler = BUREAU if declared.handler == "root" else owner
    entry = Entry.objects.create(
        type=declared.name,
        title=f"{declared.name} {n}",
        organisation_id=owner,
        handler_id=handler,
        state=at.name,
        process=declared.life.version,
        public=at.public if public is None else public,
        created_by="person:0",
        created_at=AT,
        changed_at=timezone.now(),
        state_at=AT,
    )
    made = declared.model(entry=entry, **_values(declared.model, n, owner))
    made.save(force_insert=True)
    refresh(replace(declared, check=None, derive=None), made)
    return made


def _values(model: type[models.Model], n: int, owner: str) -> dict[str, Any]:
    found = {}
    for column in model._meta.concrete_fields:
        if column.name == "entry" or isinstance(column, models.AutoField) or column.null:
            continue
        if column.has_default() and not column.unique:
            continue
        found[column.name] = _value(model, column, n, owner)
    return found


def _value(model: type[models.Model], column: Any, n: int, owner: str) -> Any:
    if isinstance(column, Reference):
        return row(type_of(column.refers_to), next(_numbers), owner=owner).entry
    if column.is_relation:
        return _other(column.related_model, n, owner, alone=column.unique or _told_apart(model, column))
    if column.choices:
        return column.choices[0][0]
    plain = (
        (models.BooleanField, False),
        (models.DateTimeField, AT),
        (models.DateField, AT.date()),
        (models.DecimalField, Decimal(n + 1)),
        (models.FloatField, float(n + 1)),
        (models.IntegerField, n + 1),
        (models.JSONField, {}),
        (models.BinaryField, b""),
    )
    for kind, value in plain:
        if isinstance(column, kind):
            return value
    choices = next((one.choices for one in _fields(model) if one.name == column.name and one.choices), ())
    if column.name in KNOWN:
        return KNOWN[column.name]
    text = str(choices[n % len(choices)][0]) if choices else f"{column.name}-{n}"
    return text[: column.max_length] if column.max_length else text


def _told_apart(model: type[models.Model], column: Any) -> bool:
    """Whether rows of a table, unique by relations alone, differ by this one."""
    for one in model._meta.constraints:
        if isinstance(one, models.UniqueConstraint) and one.fields and one.fields[-1] == column.name:
            return all(model._meta.get_field(name).is_relation for name in one.fields)
    return False


def _fields(model: type[models.Model]) -> tuple[Any, ...]:
    return next((one.fields for one in types() if one.model is model), ())


def _other(model: type[models.Model], n: int, owner: str, *, alone: bool) -> models.Model:
    """A row of another table: one that is there, else (or where each row wants its own) a new one."""
    if model is Organisation:
        return Organisation.objects.get(id=owner)
    found = None if alone else model._default_manager.first()
    if found is None and issubclass(model, Record):
        return row(next(one for one in types() if one.model is model), n if not alone else next(_numbers), owner=owner)
    return found or model._default_manager.create(**_values(model, n, owner))

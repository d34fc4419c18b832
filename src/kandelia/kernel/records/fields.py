"""What the fields of a model hold: read from the model, parsed from text, said as text."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from kandelia.base.errors import InvalidInput
from kandelia.kernel.records.contracts import Kind, Ref
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.models import Entry, Record, Reference

TRUE_WORDS, FALSE_WORDS = {"true", "1", "yes", "on", "是"}, {"false", "0", "no", "off", "", "否"}
GROUPING = re.compile(r"[,\s￥¥]")


@lru_cache(maxsize=4_096)  # asked for every cell of a file; declarations do not change
def kind_of(declared: RecordType, field: Field) -> Kind:
    """What a field holds."""
    column = declared.model._meta.get_field(field.name)
    if field.choices:
        return Kind.CHOICE
    if isinstance(column, Reference):
        return Kind.REFERENCE
    if isinstance(column, models.ForeignKey):
        return Kind.PERSON if column.related_model is get_user_model() else Kind.LINK
    if isinstance(column, models.DecimalField):
        return Kind.MONEY if field.unit == "CNY" else Kind.NUMBER
    plain = (
        (models.BooleanField, Kind.BOOLEAN),
        (models.DateTimeField, Kind.INSTANT),
        (models.DateField, Kind.DAY),
        (models.FloatField, Kind.NUMBER),
        (models.IntegerField, Kind.INTEGER),
        (models.JSONField, Kind.OBJECT),
        (models.TextField, Kind.LONG_TEXT),
    )
    return next((kind for cls, kind in plain if isinstance(column, cls)), Kind.TEXT)


@lru_cache(maxsize=4_096)
def is_required(declared: RecordType, field: Field) -> bool:
    """Whether a value must be given."""
    if field.required is not None:
        return field.required
    column = column_of(declared, field.name)
    return not column.blank and not column.has_default() and not isinstance(column, models.BooleanField)


def column_of(declared: RecordType, name: str) -> Any:
    """The model's field of a declared field."""
    return declared.model._meta.get_field(declared.field(name).name)


def parse(declared: RecordType, name: str, given: Any) -> Any:
    """A value as it is kept, from a form's text or an API's JSON; InvalidInput names the field and how to mend it."""
    field = declared.field(name)
    kind = kind_of(declared, field)
    try:
        value = _PARSERS[kind](field, given, column_of(declared, name))
    except (ValueError, TypeError, InvalidOperation, ValidationError) as error:
        raise InvalidInput(
            f"this is no {kind.value.replace('_', ' ')}", name, _MEND.get(kind, ""), "bad-value"
        ) from error
    if is_required(declared, field) and value in (None, ""):
        raise InvalidInput("nothing is given", name, f"give {field.label.en or field.label.zh}", "missing")
    return value


def checked(declared: RecordType, record: Record, names: list[str]) -> None:
    """The model's own rules on the fields that were set (lengths, bounds, validators); InvalidInput names the first."""
    asked = set(names)
    skipped = {one.name for one in record._meta.concrete_fields if one.name not in asked or one.is_relation}  # found
    try:
        record.clean_fields(exclude=skipped)
    except ValidationError as error:
        name, texts = next(iter(error.message_dict.items()))
        raise InvalidInput(" ".join(texts), name, "", "bad-value") from error


def said(declared: RecordType, name: str, value: Any, language: str) -> str:
    """A value as text: choices by their label, references by their title, money with two digits."""
    if value is None or value == "":
        return ""
    kind = kind_of(declared, declared.field(name))
    if kind is Kind.CHOICE:
        labels = dict(declared.field(name).choices)
        return labels[value].say(language) if value in labels else str(value)
    if kind is Kind.MONEY and isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, Ref):
        return value.title
    if isinstance(value, bool):
        return {("zh", True): "是", ("zh", False): "否"}.get((language[:2], value), "yes" if value else "no")
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return str(value)


def _text(field: Field, given: Any, column: Any) -> str:
    if isinstance(given, dict | list):
        raise TypeError("a text is wanted")
    return ("" if given is None else str(given)).strip()


def _choice(field: Field, given: Any, column: Any) -> Any:
    value = column.to_python(None if given in (None, "") and not isinstance(column, models.CharField) else given or "")
    if value in ("", None) or value in dict(field.choices):
        return value
    wanted = ", ".join(f"{name} ({label.say('zh')})" for name, label in field.choices[:20])
    raise InvalidInput(
        f'"{str(given)[:60]}" is none of the choices', field.name, f"give one of: {wanted}", "bad-choice"
    )


def _number(field: Field, given: Any, column: Any) -> Any:
    if given is None or given == "":
        return None
    if isinstance(given, bool) or (isinstance(given, float) and isinstance(column, models.DecimalField)):
        given = str(given)
    value = column.to_python(GROUPING.sub("", given) if isinstance(given, str) else given)
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError("not finite")
    return value


def _boolean(field: Field, given: Any, column: Any) -> bool:
    word = str(given if given is not None else "").strip().lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError("neither yes nor no")
    return word in TRUE_WORDS


def _day(field: Field, given: Any, column: Any) -> Any:
    if isinstance(given, datetime):
        return given.date()
    return given if isinstance(given, date) else column.to_python((given or "").replace("/", "-") or None)


def _instant(field: Field, given: Any, column: Any) -> Any:
    value = column.to_python(given or None)
    return timezone.make_aware(value) if value is not None and timezone.is_naive(value) else value


def _reference(field: Field, given: Any, column: Any) -> Any:
    if given in (None, ""):
        return None
    if isinstance(given, Entry) and given.type == column.refers_to:
        return given
    if isinstance(given, Ref | Entry):
        given = given.id
    if isinstance(given, Mapping):
        given = given["id"]
    found = Entry.objects.filter(id=int(given), type=column.refers_to).first()
    if found is None:
        raise InvalidInput(f'no {column.refers_to} has the number "{given}"', field.name, "choose one from the list")
    return found


def _person(field: Field, given: Any, column: Any) -> Any:
    if given in (None, ""):
        return None
    people = column.related_model.objects
    wanted = {"pk": int(given)} if str(given).isdigit() else {people.model.USERNAME_FIELD: str(given)}
    found = people.filter(**wanted).first()
    if found is None:
        raise InvalidInput(f'there is nobody "{str(given)[:60]}"', field.name, "give the sign-in name", "no-person")
    return found


def _object(field: Field, given: Any, column: Any) -> Any:
    return column.default() if given in (None, "") and callable(column.default) else given


_PARSERS = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.CHOICE: _choice,
    Kind.INTEGER: _number,
    Kind.NUMBER: _number,
    Kind.MONEY: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DAY: _day,
    Kind.INSTANT: _instant,
    Kind.REFERENCE: _reference,
    Kind.PERSON: _person,
    Kind.OBJECT: _object,
}
_MEND = {
    Kind.INTEGER: "give a whole number",
    Kind.NUMBER: "give a number such as 12.5",
    Kind.MONEY: "give an amount in yuan such as 1250000.00",
    Kind.BOOLEAN: "give yes or no",
    Kind.DAY: "give a day such as 2026-11-24",
    Kind.INSTANT: "give a time such as 2026-11-24 08:30",
    Kind.REFERENCE: "give the number of a record",
    Kind.TEXT: "give plain text",
}

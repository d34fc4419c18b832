"""Form fields after what they hold: one widget for each kind, and the text typed turned back into values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Kind, Ref
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.fields import column_of, is_required, kind_of, parse
from kandelia.surfaces.web.records import schemas
from kandelia.surfaces.web.records.words import sentence

TEXT_LENGTH_MAX = 100_000
INPUTS = {Kind.DAY: "date", Kind.INSTANT: "datetime-local"}
BOXES = {Kind.LONG_TEXT: "box", Kind.CHOICE: "select", Kind.BOOLEAN: "tick", Kind.REFERENCE: "reference"}
MODES = {Kind.INTEGER: "numeric", Kind.NUMBER: "decimal", Kind.MONEY: "decimal"}


@dataclass(frozen=True, slots=True)
class Widget:
    """A field of a form. `kind`: "input", "box", "select", "tick", "reference", "schema" or "json".

    `value` is what is typed, `was` what stood there when the form was opened, `meanwhile` what somebody else has
    put there since. `parts` are the inputs of a field with a JSON Schema.
    """

    name: str
    label: str
    kind: str
    value: str = ""
    was: str = ""
    help: str = ""
    error: str = ""
    meanwhile: str = ""
    required: bool = False
    input: str = "text"
    mode: str = ""
    unit: str = ""
    lines: int = 1
    length: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    title: str = ""
    url: str = ""
    parts: tuple[schemas.Part, ...] = ()
    secret: bool = False  # personal: a browser keeps no draft of it


def widget(declared: RecordType, viewer: Viewer, field: Field, typed: Mapping[str, str], language: str) -> Widget:
    """One field with what is typed."""
    kind, column = kind_of(declared, field), column_of(declared, field.name)
    made = Widget(
        name=field.name,
        label=field.label.say(language),
        kind=BOXES.get(kind, "input"),
        value=typed.get(field.name, ""),
        help=field.help.say(language),
        required=is_required(declared, field) and kind is not Kind.BOOLEAN,
        input=INPUTS.get(kind, "text"),
        mode=MODES.get(kind, ""),
        unit="¥" if kind is Kind.MONEY else field.unit,
        lines=max(field.lines, 3) if kind is Kind.LONG_TEXT else 1,
        length=getattr(column, "max_length", None),
        choices=tuple((value, text.say(language)) for value, text in field.choices),
        secret=bool(field.personal),
    )
    if kind is Kind.OBJECT:
        return _object(declared, field, made, typed)
    if kind is Kind.REFERENCE:
        url = reverse("record-choices", args=[declared.name, field.name])
        return replace(made, url=url, title=_title(viewer, column.refers_to, made.value, typed, field.name))
    return made


def _object(declared: RecordType, field: Field, made: Widget, typed: Mapping[str, str]) -> Widget:
    schema = schemas.schema_of(declared, field, typed)
    if schema is None:
        return replace(made, kind="json", lines=6)
    return replace(made, kind="schema", parts=schemas.parts(schema, field.name, typed))


def _title(viewer: Viewer, type: str, value: str, typed: Mapping[str, str], name: str) -> str:
    try:
        return facade.get(viewer, type, int(value)).title
    except (NotFound, ValueError):
        return typed.get(f"{name}.text", "")


def text_of(declared: RecordType, field: Field, value: Any) -> str:
    """A value as its widget takes it."""
    if value is None or value == "":
        return ""
    if isinstance(value, Ref):
        return str(value.id)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%dT%H:%M}"
    if isinstance(value, Decimal):
        return f"{value:,f}" if kind_of(declared, field) is Kind.MONEY else f"{value:f}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def texts_of(declared: RecordType, fields: tuple[Field, ...], values: Mapping[str, Any]) -> dict[str, str]:
    """All values as widgets take them; an object with a schema is spread over its inputs."""
    typed: dict[str, str] = {}
    for field in fields:
        value = values.get(field.name)
        if isinstance(value, dict) and field.schema:
            typed |= schemas.spread(value, field.name)
        if isinstance(value, Ref):
            typed[f"{field.name}.text"] = value.title
        typed[field.name] = text_of(declared, field, value)
    return typed


def typed_in(post: QueryDict, declared: RecordType, fields: tuple[Field, ...]) -> dict[str, str]:
    """What a form sent; a tick that is not set sends nothing."""
    typed = {name: str(value)[:TEXT_LENGTH_MAX].replace("\r\n", "\n") for name, value in post.items()}
    for field in fields:
        if kind_of(declared, field) is Kind.BOOLEAN:
            typed[field.name] = "yes" if post.get(field.name) else "no"
    return typed


def given(
    declared: RecordType, viewer: Viewer, fields: tuple[Field, ...], typed: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values typed, and by field what is wrong with them."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        try:
            values[field.name] = _value(declared, viewer, field, typed)
            parse(declared, field.name, values[field.name])
        except InvalidInput as error:
            wrong[error.where if error.where.startswith(f"{field.name}/") else field.name] = sentence(error)
    return values, wrong


def _value(declared: RecordType, viewer: Viewer, field: Field, typed: Mapping[str, str]) -> Any:
    kind, text = kind_of(declared, field), typed.get(field.name, "")
    if kind is Kind.OBJECT:
        return schemas.value_of(declared, field, typed)
    if kind is Kind.REFERENCE and not text and (words := typed.get(f"{field.name}.text", "").strip()):
        return _found(viewer, column_of(declared, field.name).refers_to, field.name, words)
    return text


def _found(viewer: Viewer, type: str, name: str, words: str) -> int:
    """The record that words name where nothing was chosen: without scripts one types and is understood."""
    found = facade.choices(viewer, type, words, limit=2)
    exact = [one for one in found if one.title == words] or list(found)
    if len(exact) != 1:
        raise InvalidInput(f'"{words[:60]}" names no one record', name, "choose from the list", "bad-choice")
    return exact[0].id

"""Inputs drawn from a JSON Schema that a declaration gives, for forms that vary from call to call (专项申报表).

Understood: an object of strings (`enum`, `format: date`, `maxLength`, `x-lines`), numbers, integers, booleans, and
arrays of strings or of flat objects (`minItems`, `maxItems`). Titles may be text or {"zh", "en"}. Numbers are kept as
decimal strings where the schema says `"type": "string", "format": "decimal"` (money, exact).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.module_loading import import_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kandelia.base.errors import InvalidInput
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.fields import GROUPING

SPARE_ROWS = 1
ROWS_MAX = 200
BOX_LENGTH = 200  # characters; longer texts get a box
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """An input of a schema. `kind`: "input", "box", "select", "tick" or "rows" (`head` and `rows` of parts)."""

    name: str
    label: str
    kind: str = "input"
    value: str = ""
    help: str = ""
    error: str = ""
    required: bool = False
    input: str = "text"
    mode: str = ""
    unit: str = ""
    lines: int = 3
    choices: tuple[tuple[str, str], ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple["Part", ...], ...] = field(default=())

    @property
    def id(self) -> str:
        """For labels and links."""
        return self.name.replace("/", "-")


def schema_of(declared: RecordType, field: Field, typed: Mapping[str, str]) -> Schema | None:
    """The schema of an object field for what the form holds so far; None where it has none."""
    return import_string(field.schema)(typed) if field.schema else None


def parts(schema: Schema, under: str, typed: Mapping[str, str]) -> tuple[Part, ...]:
    """The inputs of a schema, named `under`/property, with what is typed."""
    required = schema.get("required", ())
    return tuple(_part(one, f"{under}/{name}", name in required, typed) for name, one in _properties(schema))


def with_errors(found: tuple[Part, ...], wrong: Mapping[str, str]) -> tuple[Part, ...]:
    """The inputs with what is wrong beside each."""
    return tuple(
        replace(part, error=wrong.get(part.name, ""), rows=tuple(with_errors(row, wrong) for row in part.rows))
        for part in found
    )


def _part(one: Schema, name: str, required: bool, typed: Mapping[str, str]) -> Part:
    made = Part(
        name,
        _said(one.get("title", name.rpartition("/")[2])),
        value=typed.get(name, ""),
        help=_said(one.get("description", "")),
        required=required,
        unit=one.get("x-unit", ""),
    )
    kind = one.get("type", "string")
    if kind == "array":
        return _array(one, made, typed)
    if kind == "boolean":
        return replace(made, kind="tick")
    if kind in ("number", "integer") or one.get("format") == "decimal":
        return replace(made, mode="numeric" if kind == "integer" else "decimal")
    if "enum" in one:
        labels = one.get("x-labels", {})
        return replace(
            made, kind="select", choices=tuple((text, _said(labels.get(text, text))) for text in map(str, one["enum"]))
        )
    if one.get("format") == "date":
        return replace(made, input="date")
    long = one.get("maxLength", 0) > BOX_LENGTH or "x-lines" in one
    return replace(made, kind="box", lines=one.get("x-lines", 3)) if long else made


def _array(one: Schema, made: Part, typed: Mapping[str, str]) -> Part:
    items = one.get("items", {})
    if items.get("type") != "object":
        return replace(made, kind="box", lines=one.get("x-lines", 4))
    shown = max(_rows_typed(made.name, typed) + SPARE_ROWS, one.get("minItems", 0))
    rows = tuple(parts(items, f"{made.name}/{n}", typed) for n in range(min(shown, one.get("maxItems", ROWS_MAX))))
    head = tuple(_said(column.get("title", name)) for name, column in _properties(items))
    return replace(made, kind="rows", head=head, rows=rows)


def _rows_typed(name: str, typed: Mapping[str, str]) -> int:
    """How many rows hold anything, up to the last that does."""
    under = re.compile(rf"{re.escape(name)}/(\d{{1,4}})/")
    found = [int(hit.group(1)) for key, value in typed.items() if value and (hit := under.match(key))]
    return min(max(found, default=-1) + 1, ROWS_MAX)


def spread(value: Mapping[str, Any], under: str) -> dict[str, str]:
    """A kept object over the inputs of its schema."""
    found: dict[str, str] = {}
    for name, one in value.items():
        found |= _spread_one(one, f"{under}/{name}")
    return found


def _spread_one(one: Any, name: str) -> dict[str, str]:
    if isinstance(one, Mapping):
        return spread(one, name)
    if isinstance(one, list) and any(isinstance(item, Mapping) for item in one):
        return {key: text for n, item in enumerate(one) for key, text in spread(item, f"{name}/{n}").items()}
    if isinstance(one, list):
        return {name: "\n".join(map(str, one))}
    return {name: {True: "yes", False: "no", None: ""}.get(one, str(one)) if not isinstance(one, str) else one}


def value_of(declared: RecordType, field: Field, typed: Mapping[str, str]) -> Any:
    """The object that was typed; InvalidInput names the input (`field/property`)."""
    schema = schema_of(declared, field, typed)
    if schema is not None:
        return _object(schema, field.name, typed)
    text = typed.get(field.name, "").strip()
    try:
        return json.loads(text) if text else ""
    except ValueError as error:
        raise InvalidInput("this is no JSON", field.name, 'write it like {"name": "value"}', "bad-json") from error


def _object(schema: Schema, under: str, typed: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for name, one in _properties(schema):
        value = _value(one, f"{under}/{name}", typed)
        if value not in (None, "", []):
            found[name] = value
        elif name in schema.get("required", ()):
            raise InvalidInput("nothing is given", f"{under}/{name}", "fill this in", "missing")
    return found


def _value(one: Schema, name: str, typed: Mapping[str, str]) -> Any:
    kind, text = one.get("type", "string"), typed.get(name, "").strip()
    if kind == "array":
        return list(_items(one, name, text, typed))
    if kind == "boolean":
        return text in ("yes", "on", "true")
    if text == "":
        return None
    if kind in ("number", "integer") or one.get("format") == "decimal":
        return _number(one, kind, name, text)
    return _text(one, name, text)


def _items(one: Schema, name: str, text: str, typed: Mapping[str, str]) -> Iterator[Any]:
    items = one.get("items", {})
    if items.get("type") != "object":
        yield from (line.strip() for line in text.splitlines() if line.strip())
        return
    for n in range(_rows_typed(name, typed)):
        if any(typed.get(f"{name}/{n}/{key}", "").strip() for key, _one in _properties(items)):
            yield _object(items, f"{name}/{n}", typed)


def _number(one: Schema, kind: str, name: str, text: str) -> Any:
    try:
        value = Decimal(GROUPING.sub("", text))
    except InvalidOperation as error:
        raise InvalidInput("this is no number", name, "give a number such as 12.5", "bad-value") from error
    if not value.is_finite() or (kind == "integer" and value != value.to_integral_value()):
        raise InvalidInput("this is no number", name, "give a whole number", "bad-value")
    low, high = one.get("minimum"), one.get("maximum")
    if (low is not None and value < Decimal(str(low))) or (high is not None and value > Decimal(str(high))):
        raise InvalidInput(
            f"{text} is out of bounds", name, f"give {low if low is not None else '…'} to {high or '…'}", "bounds"
        )
    if one.get("format") == "decimal":
        return f"{value:f}"
    return int(value) if kind == "integer" else float(value)


def _text(one: Schema, name: str, text: str) -> str:
    if "enum" in one and text not in map(str, one["enum"]):
        raise InvalidInput(f'"{text[:60]}" is none of the choices', name, "choose from the list", "bad-choice")
    if len(text) > one.get("maxLength", len(text)):
        raise InvalidInput("this is too long", name, f"use at most {one['maxLength']} characters", "too-long")
    if one.get("format") == "date":
        try:
            date.fromisoformat(text)
        except ValueError as error:
            raise InvalidInput("this is no day", name, "give a day such as 2026-11-24", "bad-value") from error
    return text


def _properties(schema: Schema) -> list[tuple[str, Schema]]:
    return list(schema.get("properties", {}).items())


def _said(text: Any) -> str:
    if isinstance(text, Mapping):
        language = "zh" if (get_language() or "zh").startswith("zh") else "en"
        return str(text.get(language) or next(iter(text.values()), ""))
    return str(text)


def said(schema: Schema, under: str, typed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(label, value) of what an object holds, in the reader's words, in the order of its schema."""
    for part in parts(schema, under, typed):
        for n, row in enumerate(part.rows, 1):
            texts = [f"{cell.label} {cell.value}{cell.unit}" for cell in row if cell.value]
            if texts:
                yield f"{part.label} {n}", " · ".join(texts)
        if part.value:
            plain = {"yes": _("yes"), "no": _("no")}.get(part.value, part.value)
            yield part.label, dict(part.choices).get(part.value, plain) + part.unit

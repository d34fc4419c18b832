"""The form that varies per call (专项申报表) as JSON Schema 2020-12 kept with the call, and answers to it."""

from collections.abc import Mapping
from typing import Any

import jsonschema

from kandelia.base.errors import InvalidInput

FIELDS_MAX = 60
TEXT_LENGTH_MAX = 20_000
PLAIN = {"string", "number", "integer", "boolean"}
MEND = 'an object of plain fields: {"type": "object", "properties": {"goal": {"type": "string", "title": "目标"}}}'


def checked_form(schema: Any) -> None:
    """InvalidInput unless it is an object of plain fields that JSON Schema itself accepts."""
    if schema in ({}, None):
        return
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping) or schema.get("type") != "object" or len(properties) > FIELDS_MAX:
        raise InvalidInput("the form is no object of fields", "form", MEND, "bad-form")
    for name, field in properties.items():
        if not isinstance(field, Mapping) or field.get("type") not in PLAIN or "$ref" in field:
            raise InvalidInput(f'"{str(name)[:60]}" is no plain field', "form", MEND, "bad-form")
    try:
        jsonschema.Draft202012Validator.check_schema(dict(schema))
    except jsonschema.SchemaError as error:
        raise InvalidInput(error.message[:200], "form", MEND, "bad-form") from error


def checked_answers(schema: Mapping[str, Any], answers: Any) -> None:
    """InvalidInput names the first field whose answer does not fit."""
    if not isinstance(answers, Mapping):
        raise InvalidInput("the answers are no object", "answers", "fill in the form of the call", "bad-value")
    if not schema:
        return
    errors = jsonschema.Draft202012Validator(dict(schema)).iter_errors(dict(answers))
    first = min(errors, key=lambda one: [str(part) for part in one.absolute_path], default=None)
    if first is not None:
        name = str(first.absolute_path[0]) if first.absolute_path else ""
        title = schema["properties"].get(name, {}).get("title", name)
        raise InvalidInput(f"{title}: {first.message[:200]}".lstrip(": "), f"answers.{name}", "mend the form", "form")


def read_answers(schema: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed into the fields of a form, each as its type; empty fields are left out, wrong ones stay text."""
    found: dict[str, Any] = {}
    for name, field in schema.get("properties", {}).items():
        text = typed.get(name, "").strip()[:TEXT_LENGTH_MAX]
        if field["type"] == "boolean":
            found[name] = text in ("yes", "on", "true")
        elif text:
            found[name] = _value(field["type"], text)
    return found


def _value(kind: str, text: str) -> Any:
    try:
        if kind == "integer":
            return int(text)
        return float(text) if kind == "number" else text
    except ValueError:
        return text

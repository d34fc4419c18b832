"""The form that varies per call (专项申报表) as JSON Schema 2020-12 kept with the call, and answers to it."""

from collections.abc import Mapping
from typing import Any

import jsonschema

from kandelia.base.errors import InvalidInput
from kandelia.base.text import Said

FIELDS_MAX = 60
PLAIN = {"string", "number", "integer", "boolean"}
MEND = 'an object of plain fields: {"type": "object", "properties": {"goal": {"type": "string", "title": "目标"}}}'


def checked_form(schema: Any) -> None:
    """InvalidInput unless it is an object of plain fields that JSON Schema itself accepts."""
    if schema in ({}, None):
        return
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping) or schema.get("type") != "object" or len(properties) > FIELDS_MAX:
        raise InvalidInput(Said("表单不是字段对象", "the form is no object of fields"), "form", MEND, "bad-form")
    for name, field in properties.items():
        if not isinstance(field, Mapping) or field.get("type") not in PLAIN or "$ref" in field:
            raise InvalidInput(
                Said(f"“{str(name)[:60]}”不是简单字段", f'"{str(name)[:60]}" is no plain field'),
                "form",
                MEND,
                "bad-form",
            )
    try:
        jsonschema.Draft202012Validator.check_schema({**schema, "properties": _in_one_language(properties)})
    except jsonschema.SchemaError as error:
        raise InvalidInput(error.message[:200], "form", MEND, "bad-form") from error


def checked_answers(schema: Mapping[str, Any], answers: Any) -> None:
    """InvalidInput names the first field whose answer does not fit."""
    if not isinstance(answers, Mapping):
        raise InvalidInput(
            Said("填报内容格式不对", "the answers are no object"),
            "answers",
            Said("请填写通知的申报表", "fill in the form of the call"),
            "bad-value",
        )
    if not schema:
        return
    errors = jsonschema.Draft202012Validator(dict(schema)).iter_errors(dict(answers))
    first = min(errors, key=lambda one: [str(part) for part in one.absolute_path], default=None)
    if first is not None:
        name = str(first.absolute_path[0]) if first.absolute_path else ""
        title = _in_one_language(schema["properties"]).get(name, {}).get("title", name)
        raise InvalidInput(f"{title}: {first.message[:200]}".lstrip(": "), f"answers/{name}", "mend the form", "form")


def _in_one_language(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Titles may be {"zh", "en"}, which JSON Schema itself does not know."""
    return {
        name: {key: value.get("zh", "") if isinstance(value, Mapping) else value for key, value in field.items()}
        for name, field in properties.items()
    }

"""JSON Schema (2020-12) of record types, from their declarations, and records as programs get them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kandelia.base.text import LocalText
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Kind, RecordView, Ref
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.fields import column_of, is_required, kind_of

PLAIN: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.LONG_TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "string", "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$"},
    Kind.MONEY: {"type": "string", "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DAY: {"type": "string", "format": "date"},
    Kind.INSTANT: {"type": "string", "format": "date-time"},
    Kind.PERSON: {"type": "string"},
    Kind.LINK: {"type": "string"},
    Kind.OBJECT: {"type": ["object", "array"]},
}
REF: dict[str, Any] = {
    "type": "object",
    "required": ["id", "type", "title"],
    "properties": {
        "id": {"type": "integer"},
        "type": {"type": "string"},
        "title": {"type": "string"},
        "state": {"type": "string"},
    },
}
TEXTS: dict[str, Any] = {
    "type": "object",
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
    "required": ["zh", "en"],
}
WHEN: dict[str, Any] = {"type": "string", "format": "date-time"}


def names(declared: RecordType) -> tuple[str, str, str]:
    """The names of a type's schemas: a record, what makes or changes one, a page."""
    stem = "".join(part.capitalize() for part in declared.name.replace("-", "_").split("_"))
    return f"{stem}Record", f"{stem}Values", f"{stem}Page"


def schemas_of(declared: RecordType) -> dict[str, Any]:
    """All schemas of a type by name."""
    record, values, page = names(declared)
    shown = {one.name: field_schema(declared, one, given=False) for one in declared.fields}
    return {
        record: _record(declared, shown),
        values: values_schema(declared),
        page: {
            "type": "object",
            "required": ["items", "next", "previous", "total"],
            "properties": {
                "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{record}"}},
                "next": {"type": "string", "description": "goes into `after`; empty on the last page"},
                "previous": {"type": "string", "description": "goes into `before`; empty on the first page"},
                "total": {"type": ["integer", "null"]},
                "beyond": {"type": "boolean", "description": "there are more than `total` says"},
            },
        },
    }


def values_schema(declared: RecordType) -> dict[str, Any]:
    """What makes a record: the fields set by hand, those required that have no value of their own."""
    by_hand = [one for one in declared.fields if one.editable]
    return {
        "type": "object",
        "title": _title(declared.label),
        "additionalProperties": False,
        "required": [one.name for one in by_hand if is_required(declared, one)],
        "properties": {one.name: field_schema(declared, one, given=True) for one in by_hand},
    }


def field_schema(declared: RecordType, field: Field, *, given: bool) -> dict[str, Any]:
    """A field; as it is `given` to us a reference is the record's id, as it is shown it names the record."""
    kind, column = kind_of(declared, field), column_of(declared, field.name)
    made = {"title": _title(field.label), **_kind(field, kind, column, given=given)}
    if help := _title(field.help):
        made["description"] = help
    if field.unit:
        made["x-unit"] = field.unit
    if (length := getattr(column, "max_length", None)) and kind in (Kind.TEXT, Kind.LONG_TEXT):
        made["maxLength"] = length
    if field.personal and not given:
        made = {"title": made["title"], "type": ["string", "null"], "description": "starred unless it is yours to see"}
    if not given and not field.personal and column.null and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    if not field.editable:
        made["readOnly"] = True
    return made


def _kind(field: Field, kind: Kind, column: Any, *, given: bool) -> dict[str, Any]:
    if kind is Kind.CHOICE:
        values = [value for value, _ in field.choices]
        options = values if not (column.blank or column.null) else [*values, *({None, ""} - set(values))]
        labels = {str(value): _title(label) for value, label in field.choices}
        return {"enum": options, "x-labels": labels}
    if kind is Kind.REFERENCE:
        one = {"type": "integer", "description": f"id of a {column.refers_to}"} if given else dict(REF)
        return {**one, "x-refers-to": column.refers_to}
    if kind is Kind.PERSON:
        return {"type": "string", "description": "the sign-in name"} if given else dict(REF)
    return dict(PLAIN[kind])


def _record(declared: RecordType, shown: dict[str, Any]) -> dict[str, Any]:
    states = sorted({state.name for life in (declared.life, *declared.earlier) for state in life.states})
    plain = {
        key: {"type": "string"} for key in ("type", "code", "title", "organisation", "organisation_name", "handler")
    }
    properties: dict[str, Any] = {
        "id": {"type": "integer"},
        **plain,
        "state": {"type": "string", "enum": states},
        "state_label": TEXTS,
        "values": {
            "type": "object",
            "properties": shown,
            "description": "fields you may not see are left out",
        },
        "revision": {"type": "integer", "description": "send it back with a change or a step"},
        **dict.fromkeys(("created_at", "changed_at", "state_at"), WHEN),
        "due_at": {"type": ["string", "null"], "format": "date-time"},
        **{key: {"type": "boolean"} for key in ("public", "mine", "may_edit")},
        "masked": {"type": "array", "items": {"type": "string"}, "description": "fields whose value is starred"},
    }
    return {"type": "object", "title": _title(declared.label), "required": list(properties), "properties": properties}


def _title(text: LocalText) -> str:
    return " · ".join(word for word in (text.zh, text.en) if word)


def record(view: RecordView) -> dict[str, Any]:
    """A record as JSON."""
    plain = ("id", "type", "code", "title", "state", "organisation", "organisation_name", "handler", "revision")
    times = ("created_at", "changed_at", "state_at", "due_at")
    return {
        **{name: getattr(view, name) for name in plain},
        **{name: plain_value(getattr(view, name)) for name in times},
        "state_label": texts(view.state_label),
        "values": {name: plain_value(value) for name, value in view.values.items()},
        "public": view.public,
        "mine": view.mine,
        "may_edit": view.may_edit,
        "masked": list(view.masked),
    }


def plain_value(value: Any) -> Any:
    """A value as JSON: decimals exact as text, times in ISO 8601, records by their id, type and title."""
    if isinstance(value, Ref):
        return {"id": value.id, "type": value.type, "title": value.title, "state": value.state}
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def texts(text: LocalText) -> dict[str, str]:
    """A text in both languages."""
    return {"zh": text.zh, "en": text.en}


def components() -> dict[str, Any]:
    """The schemas of every type."""
    return {name: schema for declared in facade.types() for name, schema in schemas_of(declared).items()}

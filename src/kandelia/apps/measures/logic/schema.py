"""The JSON Schema (2020-12) of a line's input, from its declaration; the form of the page is drawn from it."""

from typing import Any

from kandelia.apps.measures.logic.declarations import Assumption, Changes, Input, InputKind, Line, Measures
from kandelia.apps.measures.logic.questions import ASSUMPTIONS, ENTRIES_MAX, EVIDENCE
from kandelia.base.text import LocalText

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DIGITS = r"^[0-9]{1,15}(\.[0-9]{1,2})?$"
AMOUNT = {
    "anyOf": [{"type": "string", "pattern": DIGITS}, {"type": "number", "minimum": 0}],
    "description": "Yuan, at most two decimals; as text it stays exact everywhere",
}
STATED = {
    "anyOf": [
        *AMOUNT["anyOf"],
        {
            "type": "object",
            "properties": {"amount": AMOUNT, "evidence": {"enum": list(EVIDENCE)}},
            "required": ["amount"],
            "additionalProperties": False,
        },
    ]
}
RECEIPT = {
    "type": "object",
    "properties": {"date": {"type": "string", "format": "date"}, "amount": AMOUNT},
    "required": ["date", "amount"],
    "additionalProperties": False,
}
SHAPES: dict[InputKind, dict[str, Any]] = {
    InputKind.MONEY: STATED,
    InputKind.AMOUNTS: {"anyOf": [{"type": "array", "items": AMOUNT, "maxItems": ENTRIES_MAX}, *STATED["anyOf"]]},
    InputKind.RECEIPTS: {"type": "array", "items": RECEIPT, "maxItems": ENTRIES_MAX},
    InputKind.DATE: {"type": "string", "format": "date"},
    InputKind.FACT: {"type": ["boolean", "null"]},
    InputKind.FINDING: {"type": ["boolean", "null"]},
}


def schema(measures: Measures, line: Line, language: str = "en") -> dict[str, Any]:
    """What `compute` takes. x-kind, x-term, x-when, x-title (both languages) say more than JSON Schema can."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:kandelia:measures:{line.id}",
        "title": f"{line.id} {line.title.say(language)}",
        "description": _description(line, language),
        "type": "object",
        "properties": {
            **{one.name: _input(measures, one, language) for one in line.inputs.values()},
            ASSUMPTIONS: _assumptions(measures, line, language),
        },
        "required": [one.name for one in line.inputs.values() if one.required],
        "additionalProperties": False,
    }


def _description(line: Line, language: str) -> str:
    return "; ".join(one for one in (line.who.say(language), line.what.say(language)) if one)


def _both(text: LocalText) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _input(measures: Measures, one: Input, language: str) -> dict[str, Any]:
    shape = _lines(measures) if one.kind is InputKind.LINES else SHAPES[one.kind]
    more = {"x-term": one.term, "x-when": one.when, "description": one.help.say(language)}
    return {
        **shape,
        "title": one.title.say(language),
        "x-kind": one.kind.value,
        "x-title": _both(one.title),
        "x-help": _both(one.help),
        **{name: text for name, text in more.items() if text},
    }


def _lines(measures: Measures) -> dict[str, Any]:
    known = [*measures.lines, *(one.measure for one in measures.commitments)]
    return {"type": "array", "items": {"enum": known}, "uniqueItems": True}


def _assumptions(measures: Measures, line: Line, language: str) -> dict[str, Any]:
    issues = {one.id: one.issue for one in measures.ambiguities}
    return {
        "type": "object",
        "title": {"zh": "假设", "en": "Assumptions"}[language],
        "properties": {
            one.key: _assumption(one, issues[one.ambiguity], language) for one in measures.assumptions_of(line.id)
        },
        "additionalProperties": False,
    }


def _assumption(one: Assumption, issue: LocalText, language: str) -> dict[str, Any]:
    return {
        "enum": list(one.options),
        "default": one.default,
        "title": f"{one.key}: {issue.say(language)}",
        "x-title": _both(issue),
        "x-changes": one.changes.value,
        "x-options": {name: _both(text) for name, text in one.options.items()},
        "x-computes": one.changes is not Changes.RECORD,
    }

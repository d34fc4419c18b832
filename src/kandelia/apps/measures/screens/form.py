"""The form of a line, drawn from its JSON Schema, and what was typed turned into the JSON that the schema describes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from kandelia.apps.measures.logic.questions import ASSUMPTIONS, EVIDENCE
from kandelia.base.errors import InvalidInput

AS_OF = "as_of"
TRUTHS = {"yes": True, "no": False}
BETWEEN = re.compile(r"[\s,，、;；]+")
BETWEEN_AMOUNTS = re.compile(r"[\s、;；]+")
TEXT_LENGTH_MAX = 20_000
STATED_KINDS = ("money", "amounts", "receipts", "date")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form; `options` are (value, label) of what is chosen."""

    name: str
    kind: str
    title: str
    value: str = ""
    help: str = ""
    term: str = ""
    evidence: str = ""
    required: bool = False
    when: str = ""
    options: tuple[tuple[str, str], ...] = ()
    error: str = ""

    @property
    def id(self) -> str:
        """For labels and links; dots would be classes in a selector."""
        return self.name.replace(".", "-")


def fields(schema: Mapping[str, Any], typed: Mapping[str, str]) -> tuple[Field, ...]:
    """Every input of the schema, with what was typed."""
    return tuple(
        Field(
            name,
            one["x-kind"],
            one["title"],
            typed.get(name, ""),
            one.get("description", ""),
            one.get("x-term", ""),
            typed.get(f"{name}.evidence", EVIDENCE[0]) if one["x-kind"] == "money" and "x-term" in one else "",
            name in schema["required"],
            one.get("x-when", ""),
        )
        for name, one in schema["properties"].items()
        if name != ASSUMPTIONS
    )


def assumption_fields(schema: Mapping[str, Any], typed: Mapping[str, str], language: str) -> tuple[Field, ...]:
    """A list for every assumption that leaves a choice."""
    return tuple(
        Field(
            f"{ASSUMPTIONS}.{key}",
            "select",
            one["title"],
            typed.get(f"{ASSUMPTIONS}.{key}", one["default"]),
            options=tuple((option, one["x-options"][option][language]) for option in one["enum"]),
        )
        for key, one in schema["properties"][ASSUMPTIONS]["properties"].items()
        if len(one["enum"]) > 1
    )


def given(shown: tuple[Field, ...], chosen: tuple[Field, ...]) -> dict[str, Any]:
    """The input as the engine takes it; empty fields are not stated."""
    stated = {field.name: _value(field) for field in shown if field.value.strip()}
    assumptions = {field.name.removeprefix(f"{ASSUMPTIONS}."): field.value for field in chosen if field.value}
    return {**{name: value for name, value in stated.items() if value is not None}, ASSUMPTIONS: assumptions}


def _value(field: Field) -> Any:
    text = field.value.strip()
    if field.kind in ("fact", "finding"):
        return TRUTHS.get(text)
    if field.kind == "money":
        return {"amount": text, "evidence": field.evidence} if field.evidence else text
    if field.kind == "amounts":
        return [one for one in BETWEEN_AMOUNTS.split(text) if one]
    if field.kind == "lines":
        return [one for one in BETWEEN.split(text) if one]
    if field.kind == "receipts":
        return [_receipt(line) for line in text.splitlines() if line.strip()]
    return text


def _receipt(line: str) -> dict[str, str]:
    day, _gap, amount = line.strip().partition(" ")
    return {"date": day.strip(), "amount": amount.strip()}


def typed(post: Mapping[str, str]) -> dict[str, str]:
    """What was typed, cut to what a form may hold."""
    return {name: str(value)[:TEXT_LENGTH_MAX] for name, value in post.items()}


def with_error(shown: tuple[Field, ...], error: InvalidInput) -> tuple[Field, ...]:
    """The fields with the error at the one it names."""
    return tuple(replace(one, error=sentence(error)) if belongs(one, error) else one for one in shown)


def belongs(field: Field, error: InvalidInput) -> bool:
    """True for the field that an error names, by itself or by a part of it."""
    return error.where == field.name or error.where.startswith(f"{field.name}.")


def sentence(error: InvalidInput) -> str:
    """What is wrong and how to mend it, in the reader's language."""
    known = {
        "invalid-amount": _("This is not an amount; write yuan, such as 1250000 or 1250000.50, at most two decimals"),
        "invalid-day": _("This is not a day; write it like 2019-05-01"),
        "invalid-receipts": _("This is not a list of receipts; write a day, a blank and an amount on each line"),
        "unknown-line": _("There is no such line; write ids such as M7, M10"),
        "invalid-assumption": _("This cannot be chosen; choose from the list"),
        "too-many": _("These are too many entries; add them up"),
    }
    return known.get(error.code, str(error))

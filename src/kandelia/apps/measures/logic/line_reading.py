"""Reads one funding line: its own part, and what it shares with all lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from kandelia.apps.measures.logic.declarations import (
    Bound,
    Check,
    Condition,
    DatedValue,
    Input,
    InputKind,
    Line,
    Names,
    Parameter,
    Row,
    Unit,
    Validity,
)
from kandelia.apps.measures.logic.nodes import Reader
from kandelia.apps.measures.logic.operators_reading import read_amounts, read_bounds, read_condition
from kandelia.base.text import LocalText
from kandelia.sdk.documents import Item

LINE_KEYS = (
    *("line", "chapter", "kind", "title", "who", "what", "from", "to"),
    *("inputs", "conditions", "parameters", "amounts", "bounds", "table"),
)
LINE_NEEDS = ("line", "chapter", "kind", "title", "parameters", "bounds", "table")
INPUT_KEYS = ("kind", "title", "help", "required", "term", "when", "lines")
VALUE_KEYS = ("value", "from", "to", "clause", "wording")
PARAMETER_KEYS = ("unit", "values", *VALUE_KEYS)
CONDITION_KEYS = ("id", "text", "yes", "no", "branch", "lines")
ROW_KEYS = ("who", "what", "rate", "project", "enterprise", "rules", "short_chapter")


@dataclass(frozen=True, slots=True)
class Shared:
    """What document.yaml gives to every line; Names are the lines that an input or condition is for."""

    chapters: Mapping[str, LocalText]
    kinds: Mapping[str, LocalText]
    validity: Validity
    inputs: Mapping[str, tuple[Input, Names]]
    conditions: tuple[tuple[Condition, Names], ...]
    bounds: tuple[Bound, ...]


def read_line(reader: Reader, node: Any, shared: Shared) -> Line | None:
    """A line; None (with a mistake) where something it needs is missing."""
    found = reader.mapping(node, "a line", LINE_KEYS, LINE_NEEDS)
    if found is None:
        return None
    name = reader.text(found.values["line"], "the line's id")
    validity = _validity(reader, found, shared.validity)
    who, what = (reader.local(found.values.get(key), key) for key in ("who", "what"))
    return Line(
        id=name,
        measure=name.partition(".")[0].rstrip("ab"),
        chapter=_known(reader, found, "chapter", shared.chapters),
        kind=_known(reader, found, "kind", shared.kinds),
        title=reader.local(found.values["title"], "the title"),
        who=who,
        what=what,
        validity=validity,
        inputs={**_own_inputs(reader, found), **_fitting_inputs(who, what), **_common_inputs(shared, name)},
        conditions=(*_fitting(who, what), *_own_conditions(reader, found), *_common_conditions(shared, name)),
        parameters=_parameters(reader, found.values["parameters"], validity),
        amounts=read_amounts(reader, found.values.get("amounts")),
        bounds=(*read_bounds(reader, found.values["bounds"]), *shared.bounds),
        row=_row(reader, found.values["table"]),
        place=f"{reader.mistakes.file}:{node.start_mark.line + 1}",
    )


def _known(reader: Reader, found: Item, key: str, words: Mapping[str, LocalText]) -> str:
    text = reader.text(found.values[key], key)
    if text not in words:
        reader.mistakes.add(found.values[key], f'there is no {key} "{text}"', f"write one of {', '.join(words)}")
    return text


def _validity(reader: Reader, found: Item, otherwise: Validity) -> Validity:
    """Own days where they are stated, else those around it."""
    first = reader.day(found.values["from"], "the first day") if "from" in found.values else otherwise.first
    last = reader.day(found.values["to"], "the last day") if "to" in found.values else otherwise.last
    if last < first:
        reader.mistakes.add(found.place("to"), "the last day is before the first", "mend one of them")
    return Validity(first, last, otherwise.clause)


def _own_inputs(reader: Reader, found: Item) -> dict[str, Input]:
    return {name: made for name, (made, _) in read_inputs(reader, found.values.get("inputs"), ()).items()}


def read_inputs(reader: Reader, node: Any, ids: Names) -> dict[str, tuple[Input, Names]]:
    """Inputs by name, with the lines they are for (all of `ids` where none is named)."""
    made = {}
    for name, one in reader.named(node, "inputs"):
        found = reader.mapping(one, f'the input "{name}"', INPUT_KEYS, ("kind", "title"))
        if found is None:
            continue
        made[name] = (
            Input(
                name,
                reader.word(found.values["kind"], "a kind of input", InputKind),
                reader.local(found.values["title"], "the title"),
                reader.local(found.values.get("help"), "the help"),
                reader.flag(found.values.get("required"), "required"),
                reader.text(found.values.get("term"), "the term"),
                reader.text(found.values.get("when"), "when"),
            ),
            _for_lines(reader, found, ids),
        )
    return made


def read_conditions(reader: Reader, node: Any, ids: Names) -> tuple[tuple[Condition, Names], ...]:
    """Conditions in order, with the lines they are for."""
    made = []
    for one in reader.nodes(node, "conditions"):
        found = reader.mapping(one, "a condition", CONDITION_KEYS, ("id", "text"))
        if found is not None:
            made.append((read_condition(reader, found), _for_lines(reader, found, ids)))
    return tuple(made)


def _for_lines(reader: Reader, found: Item, ids: Names) -> Names:
    lines = reader.texts(found.values.get("lines"), "lines") or ids
    for line in lines:
        if line not in ids:
            reader.mistakes.add(found.place("lines"), f'there is no line "{line}"', "name lines that exist")
    return lines


def _own_conditions(reader: Reader, found: Item) -> tuple[Condition, ...]:
    return tuple(made for made, _ in read_conditions(reader, found.values.get("conditions"), ()))


def _common_inputs(shared: Shared, line: str) -> dict[str, Input]:
    return {name: made for name, (made, lines) in shared.inputs.items() if line in lines}


def _common_conditions(shared: Shared, line: str) -> tuple[Condition, ...]:
    return tuple(made for made, lines in shared.conditions if line in lines)


def _fitting_inputs(who: LocalText, what: LocalText) -> dict[str, Input]:
    """A fact each for the subject and the object that the text names."""
    asked = {
        "who_fits": (who, "申请人属于", "The applicant is one of"),
        "what_fits": (what, "申报对象为", "It is about"),
    }
    return {
        name: Input(name, InputKind.FACT, LocalText(f"{zh}：{words.zh}", f"{en}: {words.en}"))
        for name, (words, zh, en) in asked.items()
        if words.zh
    }


def _fitting(who: LocalText, what: LocalText) -> tuple[Condition, ...]:
    asked = (("who", who, "申请人", "Applicant"), ("what", what, "对象", "Object"))
    return tuple(
        Condition(name, LocalText(f"{zh}：{words.zh}", f"{en}: {words.en}"), (Check(f"{name}_fits", True),))
        for name, words, zh, en in asked
        if words.zh
    )


def _parameters(reader: Reader, node: Any, validity: Validity) -> dict[str, Parameter]:
    made = {}
    for name, one in reader.named(node, "parameters"):
        found = reader.mapping(one, f'the parameter "{name}"', PARAMETER_KEYS, ("unit",))
        if found is None:
            continue
        several = reader.nodes(found.values.get("values"), "values")
        holders = [reader.mapping(each, "a value", VALUE_KEYS, ("value", "clause")) for each in several]
        if not several:
            holders = [reader.mapping(one, f'the parameter "{name}"', PARAMETER_KEYS, ("value", "clause"))]
        values = tuple(_value(reader, holder, validity) for holder in holders if holder is not None)
        _tell_clashes(reader, one, name, values)
        made[name] = Parameter(name, reader.word(found.values["unit"], "a unit", Unit), values)
    return made


def _value(reader: Reader, found: Item, validity: Validity) -> DatedValue:
    clause = reader.text(found.values["clause"], "the clause")
    if not clause:
        reader.mistakes.add(found.values["clause"], "the clause is empty", "cite where the number is said")
    own = _validity(reader, found, validity)
    wording = reader.text(found.values.get("wording"), "the wording")
    number = reader.number(found.values["value"], "a number")
    return DatedValue(number, Validity(own.first, own.last, clause), wording)


def _tell_clashes(reader: Reader, node: Any, name: str, values: tuple[DatedValue, ...]) -> None:
    ordered = sorted(values, key=lambda one: one.validity.first)
    for one, after in pairwise(ordered):
        if after.validity.first <= one.validity.last:
            what = f'two values of "{name}" hold on {after.validity.first}'
            reader.mistakes.add(node, what, "end one before the other begins")


def _row(reader: Reader, node: Any) -> Row:
    found = reader.mapping(node, "the table row", ROW_KEYS, ("who", "what"))
    if found is None:
        return Row("", "")
    cells = {key: reader.text(found.values[key], key) for key in ROW_KEYS[:-1] if key in found.values}
    return Row(**cells, short_chapter=reader.flag(found.values.get("short_chapter"), "short_chapter"))

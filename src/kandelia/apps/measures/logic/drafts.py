"""A draft of parameters (政策沙盘): a file of changes to the set in use, and what they would change in money."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from kandelia.apps.measures.contracts import Result
from kandelia.apps.measures.logic.declarations import DatedValue, Line, Measures, Parameter, Validity
from kandelia.apps.measures.logic.engine import compute
from kandelia.apps.measures.logic.money import money_text
from kandelia.apps.measures.logic.nodes import Reader
from kandelia.apps.measures.logic.reading import WrongParameters
from kandelia.sdk.documents import Item, Mistakes, TooManyMistakes, compose

CHANGE_NEEDS = ("line", "parameter", "value", "clause")
CHANGE_KEYS = (*CHANGE_NEEDS, "from", "to")
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Case:
    """A question to be put to both sets; `name` is the caller's own."""

    name: str
    line: str
    given: Mapping[str, Any]
    as_of: date


@dataclass(frozen=True, slots=True)
class CaseDifference:
    """A case under both sets; an absent bound counts as nothing in `difference`."""

    name: str
    line: str
    before: Result
    after: Result

    @property
    def difference(self) -> Decimal:
        """Yuan more (or less) under the draft."""
        return Decimal(self.after.upper_bound or 0) - Decimal(self.before.upper_bound or 0)


@dataclass(frozen=True, slots=True)
class LineDifference:
    """A line's cases together: sums of upper bounds in yuan."""

    line: str
    cases: int
    changed: int
    before: Decimal
    after: Decimal


def differences(used: Measures, draft: Measures, cases: Iterable[Case]) -> list[CaseDifference]:
    """Every case under both sets, in the order given."""
    return [
        CaseDifference(
            one.name,
            one.line,
            compute(used, one.line, one.given, one.as_of),
            compute(draft, one.line, one.given, one.as_of),
        )
        for one in cases
    ]


def by_line(found: Iterable[CaseDifference]) -> list[LineDifference]:
    """Sums by line, in the order in which lines first appear."""
    sums: dict[str, LineDifference] = {}
    for one in found:
        so_far = sums.get(one.line, LineDifference(one.line, 0, 0, NOTHING, NOTHING))
        sums[one.line] = LineDifference(
            one.line,
            so_far.cases + 1,
            so_far.changed + (one.before.upper_bound != one.after.upper_bound),
            so_far.before + Decimal(one.before.upper_bound or 0),
            so_far.after + Decimal(one.after.upper_bound or 0),
        )
    return list(sums.values())


def read_draft(measures: Measures, text: str, file: str) -> Measures:
    """The set with the changes of a draft file; WrongParameters names each mistake with its line.

    A change replaces a parameter's values within its days (the line's own where it names none).
    """
    reader = Reader(Mistakes(file))
    try:
        made = _applied(reader, measures, text)
    except TooManyMistakes:
        made = measures
    if reader.mistakes.found:
        raise WrongParameters(reader.mistakes.texts)
    return made


def _applied(reader: Reader, measures: Measures, text: str) -> Measures:
    root = compose(text, reader.mistakes)
    holder = reader.mapping(root, "a draft", ("changes",), ("changes",)) if root else None
    lines = dict(measures.lines)
    for node in reader.nodes(holder.values["changes"], "changes") if holder else ():
        found = reader.mapping(node, "a change", CHANGE_KEYS, CHANGE_NEEDS)
        line = _line(reader, found, lines) if found else None
        if found is not None and line is not None:
            lines[line.id] = _changed(reader, found, line)
    return replace(measures, lines=lines)


def _line(reader: Reader, found: Item, lines: Mapping[str, Line]) -> Line | None:
    name = reader.text(found.values["line"], "the line")
    if name not in lines:
        reader.mistakes.add(found.values["line"], f'there is no line "{name}"', f"write one of {', '.join(lines)}")
    return lines.get(name)


def _changed(reader: Reader, found: Item, line: Line) -> Line:
    name = reader.text(found.values["parameter"], "the parameter")
    parameter = line.parameters.get(name)
    if parameter is None:
        mend = f"write one of {', '.join(line.parameters)}"
        reader.mistakes.add(found.values["parameter"], f'{line.id} has no parameter "{name}"', mend)
        return line
    value, days = reader.number(found.values["value"], "a number"), _days(reader, found, line)
    made = DatedValue(value, days, "")
    whole = replace(line, parameters={**line.parameters, name: _with(parameter, made)})
    last, first = max(line.validity.last, days.last), min(line.validity.first, days.first)
    return replace(whole, validity=Validity(first, last, line.validity.clause))


def _days(reader: Reader, found: Item, line: Line) -> Validity:
    first = reader.day(found.values["from"], "the first day") if "from" in found.values else line.validity.first
    last = reader.day(found.values["to"], "the last day") if "to" in found.values else line.validity.last
    if last < first:
        reader.mistakes.add(found.place("to"), "the last day is before the first", "mend one of them")
    return Validity(first, last, reader.text(found.values["clause"], "the clause"))


def _with(parameter: Parameter, made: DatedValue) -> Parameter:
    """The parameter with a value put over those that held before, which keep the days around it."""
    kept = [piece for one in parameter.values for piece in _around(one, made.validity)]
    return replace(parameter, values=tuple(sorted([*kept, made], key=lambda one: one.validity.first)))


def _around(one: DatedValue, taken: Validity) -> Iterable[DatedValue]:
    first, last, clause = one.validity.first, one.validity.last, one.validity.clause
    if last < taken.first or first > taken.last:
        yield one
        return
    if first < taken.first:
        yield replace(one, validity=Validity(first, date.fromordinal(taken.first.toordinal() - 1), clause))
    if last > taken.last:
        yield replace(one, validity=Validity(date.fromordinal(taken.last.toordinal() + 1), last, clause))


def difference_text(amount: Decimal) -> str:
    """Yuan with a sign, as programs read it."""
    return f"-{money_text(-amount)}" if amount < 0 else money_text(amount)

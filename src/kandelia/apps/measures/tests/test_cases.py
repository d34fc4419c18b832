"""Promise: every line gives what the cases say, no parameter can change by one unit unseen, no option stays untried."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kandelia.apps.measures.logic.declarations import Changes, DatedValue, Line, Measures, Unit, Validity
from kandelia.apps.measures.logic.table import HEAD, commitments_table, table
from kandelia.apps.measures.store import current
from kandelia.apps.measures.tests.reading_cases import Case, cases, differences

CASES = list(cases())
ONE = {Unit.SHARE: Decimal("0.01"), Unit.CNY: Decimal(1), Unit.YEAR: Decimal(1), Unit.RATIO: Decimal(1)}
DAY = timedelta(days=1)
TEXTS = Path(__file__).parents[6] / "shared" / "domain" / "measures.md"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    assert differences(current(), case) == []


def test_every_line_has_cases() -> None:
    assert {case.line for case in CASES} == set(current().lines)
    assert len(current().lines) == 20


def test_every_option_that_changes_something_is_tried() -> None:
    tried = {(key, value) for case in CASES for key, value in case.given.get("assumptions", {}).items()}
    wanted = {
        (one.key, option)
        for issue in current().ambiguities
        for one in issue.assumptions
        if one.changes in (Changes.BOUND, Changes.CONDITION)
        for option in one.options
        if option != one.default
    }
    assert wanted <= tried, wanted - tried


def mutants() -> Iterator[tuple[str, Line]]:
    """Each line with one of its numbers or days changed by one unit, up and down."""
    for line in current().lines.values():
        for name, parameter in line.parameters.items():
            value = parameter.values[0]
            changed: list[DatedValue] = [
                *(replace(value, value=value.value + step) for step in (ONE[parameter.unit], -ONE[parameter.unit])),
                *(replace(value, validity=days) for days in other_days(value.validity, inward=True)),
            ]
            for number, one in enumerate(changed):
                parameters = {**line.parameters, name: replace(parameter, values=(one,))}
                yield f"{line.id}-{name}-{number}", replace(line, parameters=parameters)
        for number, days in enumerate(other_days(line.validity, inward=False)):
            moved = {
                name: replace(one, values=tuple(replace(each, validity=days) for each in one.values))
                for name, one in line.parameters.items()
            }
            yield f"{line.id}-days-{number}", replace(line, validity=days, parameters=moved)


def other_days(validity: Validity, *, inward: bool) -> list[Validity]:
    """The validity with an end moved by a day. A parameter that outlives its line changes nothing, so only inward."""
    first, last = validity.first, validity.last
    inner = [replace(validity, first=first + DAY), replace(validity, last=last - DAY)]
    return inner if inward else [*inner, replace(validity, first=first - DAY), replace(validity, last=last + DAY)]


MUTANTS = dict(mutants())


@pytest.mark.parametrize("name", MUTANTS)
def test_a_parameter_changed_by_one_unit_is_seen(name: str) -> None:
    line = MUTANTS[name]
    measures: Measures = replace(current(), lines={**current().lines, line.id: line})
    own = (case for case in CASES if case.line == line.id)
    assert any(differences(measures, case) for case in own), f"no case of {line.id} notices {name}"


def test_there_are_as_many_parameters_as_the_text_has_numbers() -> None:
    units = [one.unit for line in current().lines.values() for one in line.parameters.values()]
    assert (units.count(Unit.SHARE), units.count(Unit.CNY), units.count(Unit.RATIO), units.count(Unit.YEAR)) == (
        14,
        20,
        1,
        1,
    )


def shared_table(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of measures.md, without the marks of bold type around whole cells."""
    if not TEXTS.exists():
        pytest.skip(f"{TEXTS.name} is not beside this checkout: the table cannot be compared")
    part = TEXTS.read_text("utf-8").split(heading, 1)[1].split("\n### ", 1)[0]
    rows = [line.strip().strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return [[plain(cell) for cell in row] for row in rows[2:]]


def plain(cell: str) -> str:
    """Bold marks are how the table is set, not what it says."""
    return cell.strip().replace("**", "")


def test_the_table_of_lines_equals_the_text() -> None:
    told = shared_table("### 2.2 Funding lines")
    made = [[plain(cell) for cell in row] for row in table(current())]
    assert len(HEAD) == len(made[0])
    assert made == told


def test_the_table_of_commitments_equals_the_text() -> None:
    told = shared_table("### 2.3 Measures without an amount")
    assert [[plain(cell) for cell in row] for row in commitments_table(current())] == told


def test_the_open_points_are_all_there() -> None:
    names = [one.id for one in current().ambiguities]
    assert names == [*(f"A{n}" for n in range(1, 21)), "X1"]
    told = {row[0]: row for row in shared_table("### 2.5 Ambiguities")}
    assert set(names) - {"X1"} == set(told)


def test_the_days_are_those_of_the_text() -> None:
    validity = current().validity
    assert (validity.first, validity.last, validity.clause) == (date(2018, 7, 1), date(2020, 12, 31), "M24")

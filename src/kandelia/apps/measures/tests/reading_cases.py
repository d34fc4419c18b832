"""The cases that a jurist can read, from cases/*.yaml; as plain checks against any parameter set."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from kandelia.apps.measures.contracts import Result, State
from kandelia.apps.measures.logic.declarations import Measures
from kandelia.apps.measures.logic.engine import compute

FOLDER = Path(__file__).parent / "cases"
IN_FORCE = (date(2018, 7, 1), date(2020, 12, 31))
OUT_OF_FORCE = (date(2018, 6, 30), date(2021, 1, 1))
KEYS = {"name", "input", "as_of", "upper_bound", "binding", "conditions", "missing", "warnings"}


@dataclass(frozen=True)
class Case:
    line: str
    name: str
    given: dict[str, Any]
    as_of: date
    expected: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.line}, {self.name}"


def cases() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.yaml")):
        file = yaml.safe_load(path.read_text("utf-8"))
        for line, told in file["lines"].items():
            yield from _days(line, told["days"])
            for one in told["cases"]:
                assert set(one) <= KEYS, f"{path.name}, {one['name']}: {set(one) - KEYS}"
                yield Case(line, one["name"], one["input"], one.get("as_of", file["as_of"]), one)


def _days(line: str, told: dict[str, Any]) -> Iterator[Case]:
    """The first and last day of the validity, and the day before and after."""
    for day in IN_FORCE:
        yield Case(line, f"in force on {day}", told["input"], day, {"upper_bound": told["upper_bound"]})
    for day in OUT_OF_FORCE:
        yield Case(
            line,
            f"not in force on {day}",
            told["input"],
            day,
            {"upper_bound": None, "conditions": {"in_force": "missed"}},
        )


def differences(measures: Measures, case: Case) -> list[str]:
    """What the result of a case has otherwise than it says."""
    result = compute(measures, case.line, case.given, case.as_of)
    found = [*_bound(result, case.expected), *_conditions(result, case.expected.get("conditions", {}))]
    for key, got in (
        ("missing", [one.name for one in result.missing]),
        ("warnings", [one.line for one in result.warnings]),
    ):
        if key in case.expected and got != case.expected[key]:
            found.append(f"{key}: {got}")
    return found


def _bound(result: Result, expected: dict[str, Any]) -> Iterator[str]:
    if (result.upper_bound or None) != expected["upper_bound"]:
        yield f"upper_bound: {result.upper_bound or None} ({result.state})"
    if "binding" in expected and result.binding != expected["binding"]:
        yield f"binding: {result.binding}"
    if (result.state is State.COMPUTED) != (expected["upper_bound"] is not None):
        yield f"state: {result.state}"


def _conditions(result: Result, expected: dict[str, str]) -> Iterator[str]:
    got = {one.id: one.answer.value for one in result.conditions}
    for name, answer in expected.items():
        if got.get(name, "absent") != answer:
            yield f"condition {name}: {got.get(name, 'absent')}"

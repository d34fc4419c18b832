"""What a computation answers: frozen, and the same bytes for the same question, engine and parameters."""

import json
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any

from kandelia.base.text import LocalText

ENGINE_NAME = "kandelia-measures"
ENGINE_VERSION = "1.0"


class State(StrEnum):
    """How a computation ended."""

    COMPUTED = "computed"
    NOT_IN_FORCE = "not_in_force"
    INPUT_MISSING = "input_missing"


class Answer(StrEnum):
    """The three answers of a condition."""

    MET = "met"
    MISSED = "missed"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Used:
    """An amount, fact or day that a step read, and how well it is proven."""

    name: str
    value: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class UsedParameter:
    """A number of the text that a step read."""

    name: str
    value: str
    unit: str
    valid_from: str
    valid_to: str
    clause: str
    wording: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the trace: operator, what it read, what it gave. `bound` is its name where it limits the award."""

    operator: str
    bound: str
    clause: str
    inputs: tuple[Used, ...]
    parameter: UsedParameter | None
    assumption: str
    result: str
    text: LocalText


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A condition with its answer; `because` says why it is missed, `needs` what would settle it."""

    id: str
    text: LocalText
    answer: Answer
    because: LocalText
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unspecified:
    """A point the text leaves open, and the assumptions that were made for it."""

    id: str
    issue: LocalText
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """An assumption as it was used."""

    key: str
    value: str
    text: LocalText
    default: bool
    changes: str


@dataclass(frozen=True, slots=True)
class Notice:
    """An overlap with another line of the same project (A4, A5)."""

    line: str
    shared: LocalText
    text: LocalText


@dataclass(frozen=True, slots=True)
class Missing:
    """An input that the computation needs and did not get."""

    name: str
    title: LocalText


@dataclass(frozen=True, slots=True)
class Result:
    """An upper bound (yuan as text, never the amount to be paid), what binds it, and all that led there.

    `upper_bound` is empty where the line is not in force or an input is missing; `state` says which.
    `parameters_sha256` covers the line's own declaration, `set_sha256` the whole set.
    """

    line: str
    measure: str
    as_of: str
    state: State
    upper_bound: str
    binding: str
    trace: tuple[Step, ...]
    conditions: tuple[Conclusion, ...]
    missing: tuple[Missing, ...]
    unspecified: tuple[Unspecified, ...]
    assumptions: tuple[Taken, ...]
    warnings: tuple[Notice, ...]
    parameters: tuple[UsedParameter, ...]
    parameters_sha256: str
    set_sha256: str
    valid_from: str
    valid_to: str

    def document(self) -> dict[str, Any]:
        """As programs get it: `upper_bound` and `binding` are null where there are none."""
        return {
            "line": self.line,
            "measure": self.measure,
            "as_of": self.as_of,
            "state": self.state.value,
            "upper_bound": self.upper_bound or None,
            "currency": "CNY",
            "binding": self.binding or None,
            "trace": [_plain(one) for one in self.trace],
            "conditions": [_plain(one) for one in self.conditions],
            "missing": [_plain(one) for one in self.missing],
            "unspecified": [_plain(one) for one in self.unspecified],
            "assumptions": [_plain(one) for one in self.assumptions],
            "warnings": [_plain(one) for one in self.warnings],
            "validity": {"from": self.valid_from, "to": self.valid_to},
            "engine": {"name": ENGINE_NAME, "version": ENGINE_VERSION},
            "parameters": {
                "sha256": self.parameters_sha256,
                "set_sha256": self.set_sha256,
                "values": [_plain(one) for one in self.parameters],
            },
        }

    def canonical(self) -> bytes:
        """The same bytes for the same result: keys in order, no blanks, UTF-8."""
        return canonical(self.document())


def canonical(document: Any) -> bytes:
    """JSON with keys in order and no blanks, for hashes and comparison."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    """Frozen shapes as JSON: texts first, since nearly all is text."""
    kind: Any = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is tuple:
        return [_plain(one) for one in value]
    if kind is LocalText:
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, StrEnum):
        return value.value
    return {name: _plain(getattr(value, name)) for name in _names(kind)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))

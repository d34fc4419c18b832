"""What a life cycle says: states, transitions, who makes them, time limits with their legal basis. Pure.

It knows no record: what lives is whatever has a state. Checked at start-up by logic/checking.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from kandelia.base.text import LocalText

Side = Literal["owner", "handler", "any"]
ANYONE = "anyone"  # a role that everybody holds who is signed in
OWNER = "owner"  # anybody of the owning organisation
NO_TEXT = LocalText()
CLOCK = "clock"  # the role of transitions that time alone makes
SYSTEM = "system"  # the role of transitions that code of the type's own app makes


@dataclass(frozen=True, slots=True)
class Duty:
    """An office (岗位) beside the four roles of access; `side` says for whose records it counts."""

    name: str
    label: LocalText
    side: Side = "handler"


@dataclass(frozen=True, slots=True)
class State:
    """A state of a life. `public`: anybody may read records in it. `owner_label` is what the owner is told instead.

    `editable_by` names the roles and duties that may change fields while a record is in it.
    """

    name: str
    label: LocalText
    kind: Literal["start", "open", "end"] = "open"
    editable_by: tuple[str, ...] = ()
    public: bool = False
    owner_label: LocalText = NO_TEXT
    look: Literal["", "good", "attention", "bad", "muted"] = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What a guard or an effect is given: who does what to which record. `given` holds the fields the step asked."""

    viewer: Any
    entry: Any
    record: Any
    transition: "Transition"
    given: Mapping[str, Any]
    reason: str
    basis: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Transition:
    """A step from some states to another, by these roles or duties.

    `guard` raises a KandeliaError where the step is not possible now; `effect` runs in the step's transaction, after
    the state has changed. `four_eyes`: not by the record's owner organisation or maker, nor by who made the last
    step. `asks` names fields that the step itself sets. `expected` False: a step one may take, not one that waits
    for somebody (withdraw). `reason` says whether a reason must be given.
    """

    name: str
    label: LocalText
    sources: tuple[str, ...]
    target: str
    roles: tuple[str, ...]
    guard: Callable[[Case], None] | None = None
    effect: Callable[[Case], None] | None = None
    four_eyes: bool = False
    asks: tuple[str, ...] = ()
    reason: bool = False
    expected: bool = True
    basis: LocalText = NO_TEXT
    look: Literal["", "main", "danger"] = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time limit with its legal basis: begun and ended by transitions ("create" begins it with the record).

    While the record is in one of `suspended_in` it does not run. `then` is the transition that the clock makes when
    it is over; empty: it is only shown as overdue.
    """

    name: str
    label: LocalText
    days: int
    starts: tuple[str, ...]
    ends: tuple[str, ...] = ()
    working: bool = True
    suspended_in: tuple[str, ...] = ()
    then: str = ""
    basis: LocalText = NO_TEXT


@dataclass(frozen=True, slots=True)
class Life:
    """A life cycle: version, states and transitions. A running record keeps the version under which it began."""

    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    deadlines: tuple[Deadline, ...] = ()
    version: int = 1

    @property
    def start(self) -> State:
        """The state of a new record."""
        return next(state for state in self.states if state.kind == "start")

    def state(self, name: str) -> State:
        """By name; KeyError for one it has not."""
        return {state.name: state for state in self.states}[name]

    def transition(self, name: str) -> Transition:
        """By name; KeyError for one it has not."""
        return {one.name: one for one in self.transitions}[name]

    def steps_from(self, state: str) -> tuple[Transition, ...]:
        """What may follow a state."""
        return tuple(one for one in self.transitions if state in one.sources)

    def but(
        self,
        *,
        without: tuple[str, ...] = (),
        states: tuple[State, ...] = (),
        transitions: tuple[Transition, ...] = (),
        deadlines: tuple[Deadline, ...] = (),
        version: int = 0,
    ) -> "Life":
        """This life narrowed by the names in `without` and extended or overridden, name by name, by the rest."""
        return replace(
            self,
            states=_merged(self.states, states, without),
            transitions=_merged(self.transitions, transitions, without),
            deadlines=_merged(self.deadlines, deadlines, without),
            version=version or self.version,
        )


def _merged(old: tuple[Any, ...], new: tuple[Any, ...], without: tuple[str, ...]) -> tuple[Any, ...]:
    by_name = {one.name: one for one in old if one.name not in without}
    return tuple({**by_name, **{one.name: one for one in new}}.values())

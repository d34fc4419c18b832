"""What waits for somebody: the states of each type in which an expected step is theirs to make."""

from dataclasses import dataclass

from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.places import is_root
from kandelia.kernel.lives.declaration import Life, Side, Transition
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.permissions import holds, reads
from kandelia.kernel.records.registry import types


@dataclass(frozen=True, slots=True)
class Waiting:
    """States of one life of a type in which a step waits for a viewer who looks from `side`.

    Those in `others_only` wait only where somebody else made the record and its last step (four eyes).
    """

    declared: RecordType
    process: int
    side: Side
    states: tuple[str, ...]
    others_only: tuple[str, ...]


def everything(viewer: Viewer) -> tuple[Waiting, ...]:
    """What may wait for the viewer among all types; one query, whatever their number."""
    root = is_root(viewer.organisation)
    return tuple(
        one
        for declared in types()
        for one in waits(viewer, declared, "handler" if root or declared.handler == "owner" else "owner")
    )


def waits(viewer: Viewer, declared: RecordType, side: Side) -> tuple[Waiting, ...]:
    """The same of one type, seen from a side, a life each; nothing where the viewer may not read the type."""
    on: set[str] = {"owner", "handler"} if declared.handler == "owner" else {side}
    if not reads(viewer, declared, on):
        return ()
    found = []
    for life in (declared.life, *declared.earlier):
        steps = {state.name: expected(viewer, life, state.name, on) for state in life.states}
        states = tuple(name for name, theirs in steps.items() if theirs)
        if states:
            others = tuple(name for name in states if all(step.four_eyes for step in steps[name]))
            found.append(Waiting(declared, life.version, side, states, others))
    return tuple(found)


def expected(viewer: Viewer, life: Life, state: str, on: set[str]) -> tuple[Transition, ...]:
    """The expected steps from a state that are the viewer's on these sides; an owner alone never has four eyes."""
    return tuple(
        step
        for step in life.steps_from(state)
        if step.expected and holds(viewer, step.roles, on) and not (step.four_eyes and on == {"owner"})
    )

"""The life of things: in use, or retired and kept; nothing is retired while something in use hangs on it."""

from collections.abc import Callable
from typing import Any

from kandelia.base.errors import Conflict
from kandelia.base.text import LocalText
from kandelia.kernel.lives.archetypes import KEPT
from kandelia.kernel.lives.declaration import Case, Life, State, Transition

ENGINEERS = ("engineer", "administrator")
Hanging = Callable[[Any], str]  # a row -> what in use hangs on it, in words; empty: nothing
_asked: list[Hanging] = []


def ask(hanging: Hanging) -> None:
    """Ask a room above too before a thing is retired (machines: their signals)."""
    if hanging not in _asked:
        _asked.append(hanging)


def life(below: Hanging) -> Life:
    """In use and retired; `below` says what of this room still hangs on a row."""

    def refuse(case: Case) -> None:
        for hanging in (below, *_asked):
            if what := hanging(case.record):
                raise Conflict(f'"{case.record.path}" still has {what}', "", "retire those first", "in-use")

    return KEPT.but(
        states=(State("active", LocalText("在用", "In use"), "start", editable_by=ENGINEERS),),
        transitions=(
            Transition(
                "retire", LocalText("停用", "Retire"), ("active",), "retired", ENGINEERS, guard=refuse, expected=False
            ),
            Transition("restore", LocalText("恢复", "Restore"), ("retired",), "active", ENGINEERS, expected=False),
        ),
    )

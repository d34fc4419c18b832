"""How rooms above hear that a thing was renamed or moved, in the transaction that does it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moved:
    """A site, area or machine that has another path now; everything below it moved along."""

    organisation: str
    before: str
    after: str


_listeners: list[Callable[[Moved], None]] = []


def listen(listener: Callable[[Moved], None]) -> None:
    """Call `listener` at each move; once, however often it is registered."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(moved: Moved) -> None:
    """Tell all listeners; an error of theirs undoes the move."""
    for listener in _listeners:
        listener(moved)

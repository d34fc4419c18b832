"""Derived signals of derived ones: never in a circle."""

from collections.abc import Iterable, Mapping

from kandelia.base.errors import InvalidInput


def check_no_cycle(start: int, inputs: Mapping[int, Iterable[int]], names: Mapping[int, str]) -> None:
    """InvalidInput names the path where `start` is reached from itself; `inputs` holds each derived signal's own."""
    path = _path(start, inputs)
    if path:
        said = " → ".join(names.get(one, str(one)) for one in path)
        raise InvalidInput(f"it would depend on itself: {said}", "expression", "leave one of these out", "cycle")


def _path(start: int, inputs: Mapping[int, Iterable[int]]) -> list[int]:
    came: dict[int, int] = {}
    waiting = [start]
    while waiting:
        one = waiting.pop()
        for reads in inputs.get(one, ()):
            if reads == start:
                return [*reversed(_back(one, start, came)), start]
            if reads not in came:
                came[reads] = one
                waiting.append(reads)
    return []


def _back(one: int, start: int, came: Mapping[int, int]) -> list[int]:
    path = [one]
    while path[-1] != start:
        path.append(came[path[-1]])
    return path

"""What a set gives to every computation of a line, worked out once: its assumptions, open points and hashes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Generic, TypeVar

from kandelia.apps.measures.contracts import Taken, Unspecified
from kandelia.apps.measures.logic.declarations import Ambiguity, Assumption, Line, Measures
from kandelia.apps.measures.logic.fingerprint import line_sha256, set_sha256

T = TypeVar("T")
SETS_KEPT = 8
LINES_KEPT = 256  # a draft shares the lines it does not change with the set in use


@dataclass(frozen=True, slots=True)
class Prepared:
    """A line's part; `taken` by assumption and option."""

    assumptions: Mapping[str, Assumption]
    defaults: Mapping[str, str]
    taken: Mapping[str, Mapping[str, Taken]]
    unspecified: tuple[Unspecified, ...]
    sha256: str
    set_sha256: str


class _Same(Generic[T]):
    """A frozen thing as a key of a cache: by identity, which the cache keeps alive."""

    def __init__(self, thing: T) -> None:
        self.thing = thing

    def __hash__(self) -> int:
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.thing is self.thing


def prepared(measures: Measures, line: str) -> Prepared:
    """Of a line of the set."""
    return _prepared(_Same(measures))[line]


@lru_cache(maxsize=SETS_KEPT)
def _prepared(same: _Same[Measures]) -> dict[str, Prepared]:
    measures = same.thing
    issues = _Same(measures.ambiguities)
    made = {name: _prepare(_Same(line), issues) for name, line in measures.lines.items()}
    whole = set_sha256(measures, {name: one.sha256 for name, one in made.items()})
    return {name: replace(one, set_sha256=whole) for name, one in made.items()}


@lru_cache(maxsize=LINES_KEPT)
def _prepare(same: _Same[Line], issues: _Same[tuple[Ambiguity, ...]]) -> Prepared:
    line, ambiguities = same.thing, issues.thing
    known = tuple(one for issue in ambiguities for one in issue.assumptions if line.id in one.lines)
    return Prepared(
        {one.key: one for one in known},
        {one.key: one.default for one in known},
        {one.key: {option: _taken(one, option) for option in one.options} for one in known},
        tuple(_unspecified(one, line) for one in ambiguities if line.id in one.lines),
        line_sha256(line, known),
        "",
    )


def _taken(one: Assumption, option: str) -> Taken:
    return Taken(one.key, option, one.options[option], option == one.default, one.changes.value)


def _unspecified(one: Ambiguity, line: Line) -> Unspecified:
    return Unspecified(one.id, one.issue, tuple(each.key for each in one.assumptions if line.id in each.lines))

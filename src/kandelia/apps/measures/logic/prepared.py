"""What a set gives to every computation of a line, worked out once: its assumptions, open points and hashes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from kandelia.apps.measures.contracts import Taken, Unspecified
from kandelia.apps.measures.logic.declarations import Ambiguity, Assumption, Line, Measures
from kandelia.apps.measures.logic.fingerprint import line_sha256, set_sha256

SETS_KEPT = 8


@dataclass(frozen=True, slots=True)
class Prepared:
    """A line's part; `taken` by assumption and option."""

    assumptions: Mapping[str, Assumption]
    defaults: Mapping[str, str]
    taken: Mapping[str, Mapping[str, Taken]]
    unspecified: tuple[Unspecified, ...]
    sha256: str
    set_sha256: str


class _Same:
    """A set as a key of the cache: by identity, since it is frozen."""

    def __init__(self, measures: Measures) -> None:
        self.measures = measures

    def __hash__(self) -> int:
        return id(self.measures)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.measures is self.measures


def prepared(measures: Measures, line: str) -> Prepared:
    """Of a line of the set."""
    return _prepared(_Same(measures))[line]


@lru_cache(maxsize=SETS_KEPT)
def _prepared(same: _Same) -> dict[str, Prepared]:
    measures = same.measures
    hashes = {name: line_sha256(measures, line) for name, line in measures.lines.items()}
    whole = set_sha256(measures, hashes)
    return {name: _prepare(measures, line, hashes[name], whole) for name, line in measures.lines.items()}


def _prepare(measures: Measures, line: Line, own: str, whole: str) -> Prepared:
    known = measures.assumptions_of(line.id)
    return Prepared(
        {one.key: one for one in known},
        {one.key: one.default for one in known},
        {one.key: {option: _taken(one, option) for option in one.options} for one in known},
        tuple(_unspecified(one, line) for one in measures.ambiguities if line.id in one.lines),
        own,
        whole,
    )


def _taken(one: Assumption, option: str) -> Taken:
    return Taken(one.key, option, one.options[option], option == one.default, one.changes.value)


def _unspecified(one: Ambiguity, line: Line) -> Unspecified:
    return Unspecified(one.id, one.issue, tuple(each.key for each in one.assumptions if line.id in each.lines))

"""Tags of other systems, before they become signals: what a list says of each, whatever system wrote it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

TAGS_MAX = 50_000
MISTAKES_MAX = 2_000
NAME_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Tag:
    """`path` are folders and name; `address` is as the other system writes it; `row` is it for a register map.

    `where` says where in the file it stands. `kind` is a word of KINDS.
    """

    where: str
    path: tuple[str, ...]
    kind: str
    address: str
    unit: str = ""
    description: str = ""
    period_ms: int = 0
    row: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What cannot be taken over, where it stands, and why."""

    where: str
    name: str
    what: str


@dataclass
class Listed:
    """A list as it was read."""

    tags: list[Tag] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, where: str, name: str, what: str) -> None:
        """Note one that cannot be taken."""
        if len(self.mistakes) < MISTAKES_MAX:
            self.mistakes.append(Mistake(where, name[:NAME_CHARACTERS_MAX], what))

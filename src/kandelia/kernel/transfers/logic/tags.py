"""Tags of other systems, before they become signals: what a list says of each, whatever system wrote it. Pure."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kandelia.base.errors import InvalidInput
from kandelia.base.text import Said

TAGS_MAX = 50_000
MISTAKES_MAX = 2_000
TOO_MANY = Said(f"超过 {TAGS_MAX} 个点", f"more than {TAGS_MAX} tags")
SPLIT = Said("请拆分点表", "split the list")
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


def rows_of(text: str, name: str) -> tuple[set[str], Iterator[tuple[str, dict[str, str]]]]:
    """(names of columns, (where, column → cell) of each row), names in small letters. InvalidInput for no CSV."""
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=None))
    try:
        head = [cell.strip().lower() for cell in next(lines, [])]
    except csv.Error as error:
        raise InvalidInput(str(error), f"{name}, line 1", "export it again", "no-tag-list") from error
    return set(head), _rows(lines, head, name)


def _rows(lines: Iterator[list[str]], head: list[str], name: str) -> Iterator[tuple[str, dict[str, str]]]:
    line = 1
    try:
        for cells in lines:
            line = int(getattr(lines, "line_num", line + 1))
            if any(cell.strip() for cell in cells):
                yield (
                    Said(f"{name}，第 {line} 行", f"{name}, line {line}"),
                    {key: cell.strip() for key, cell in zip(head, cells, strict=False)},
                )
    except csv.Error as error:
        raise InvalidInput(str(error), f"{name}, after line {line}", "export it again", "no-tag-list") from error

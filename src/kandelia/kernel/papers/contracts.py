"""What leaves the room: an import and what is wrong in its file. Django-free."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ImportState(StrEnum):
    """Where an import stands: its file is checked first, and written when the person has seen what is wrong."""

    CHECKING = "checking"
    CHECKED = "checked"
    WRITING = "writing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a line of a file: in which column, what, and how to mend it. `code` is the error's."""

    line: int
    column: str
    what: str
    mend: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import. `fields` says by column of the file which field it fills, "" for none; `missing` are required fields
    that no column fills. `good`, `known` (already there) and `wrong` count lines; `mistakes` are the first of them.
    `sample` are the first good lines as text, by the filled columns."""

    id: str
    type: str
    file_name: str
    state: ImportState
    columns: tuple[str, ...]
    fields: tuple[str, ...]
    missing: tuple[str, ...] = ()
    rows: int = 0
    good: int = 0
    known: int = 0
    wrong: int = 0
    made: int = 0
    mistakes: tuple[Mistake, ...] = ()
    sample: tuple[Mapping[str, str], ...] = ()
    job: str = ""
    created_at: datetime | None = None

"""What leaves the room: an attached file, and the tables that files hold. Django-free."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FileState(StrEnum):
    """Whether a file may be downloaded: not before the scanner has seen it, and never once it was refused."""

    WAITING = "waiting"
    CLEAN = "clean"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FileView:
    """A file attached to a subject ("type/id"). `note` says why it was refused. `slot` is what it was asked for as."""

    id: str
    subject: str
    name: str
    media_type: str
    size: int  # bytes
    sha256: str
    state: FileState
    added_by: str
    added_by_name: str
    added_at: datetime
    slot: str = ""
    note: str = ""


Cell = str | int | float | bool | datetime | None

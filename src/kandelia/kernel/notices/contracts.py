"""What leaves the room, as frozen views. Django-free."""

from dataclasses import dataclass
from datetime import datetime

from kandelia.base.text import LocalText


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One thing a person was told, as a sentence in both languages; `subject` ("question/12") is what it is about."""

    id: int
    kind: str
    text: LocalText
    at: datetime
    read: bool = False
    subject: str = ""

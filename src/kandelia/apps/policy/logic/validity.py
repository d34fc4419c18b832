"""Whether something dated is in force on a day. Pure."""

from datetime import date
from enum import StrEnum

from kandelia.base.text import LocalText


class Validity(StrEnum):
    """How a dated thing stands on a day."""

    COMING = "coming"
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


WORDS = {
    Validity.COMING: LocalText("未生效", "Not yet in force"),
    Validity.IN_FORCE: LocalText("有效", "In force"),
    Validity.EXPIRED: LocalText("已失效", "Expired"),
    Validity.UNKNOWN: LocalText("日期未给出", "No dates given"),
}


def validity(since: date | None, until: date | None, day: date) -> Validity:
    """By its first and last day, both counted."""
    if since is None and until is None:
        return Validity.UNKNOWN
    if since is not None and day < since:
        return Validity.COMING
    return Validity.EXPIRED if until is not None and day > until else Validity.IN_FORCE

"""Times, lengths and lists of signals as programs write them."""

import re
from datetime import datetime

from kandelia.base.clock import NS_PER_MS, to_ns
from kandelia.base.errors import InvalidInput, TooMuch

NUMBERS_MAX = 500
DIGITS_MAX = 10
_LENGTH = re.compile(r"(\d{1,9})(ms|s|m|min|h|d)")
_LENGTH_MS = {"ms": 1, "s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_FRACTION = re.compile(r"\.(\d{1,9})")


def time_ns(text: str, field: str) -> int:
    """UTC nanoseconds from ISO 8601 with a zone (up to nine digits of a second), or whole ms since 1970."""
    text = text.strip()
    if re.fullmatch(r"\d{1,16}", text):
        return int(text) * NS_PER_MS
    try:
        # A plus sign in an address becomes a blank.
        at = datetime.fromisoformat(_FRACTION.sub("", re.sub(r" (\d\d:?\d\d)$", r"+\1", text)))
        fraction = _FRACTION.search(text)
        return to_ns(at) + (int(fraction[1].ljust(9, "0")) if fraction else 0)
    except (ValueError, OverflowError) as error:
        mend = "write 2026-05-01T08:00:00+08:00, or ms since 1970"
        raise InvalidInput(f'"{text[:60]}" is not a time with a zone', field, mend, "invalid-time") from error


def length_ns(text: str, field: str) -> int:
    """Nanoseconds from "500ms", "10s", "1m", "1h", "1d"."""
    match = _LENGTH.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise InvalidInput(
            f'"{text[:60]}" is not a length of time', field, "write 500ms, 10s, 1m, 1h or 1d", "invalid-length"
        )
    return int(match[1]) * _LENGTH_MS[match[2]] * NS_PER_MS


def numbers(text: str, field: str = "signals") -> list[int]:
    """Signal numbers from "1,2,3"; NUMBERS_MAX at most."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if len(words) > NUMBERS_MAX:
        raise TooMuch(f"{len(words)} signals", field, f"ask for {NUMBERS_MAX} at a time", "too-many")
    for word in words:
        if not (word.isascii() and word.isdigit() and len(word) <= DIGITS_MAX):
            raise InvalidInput(
                f'"{word[:60]}" is not a signal number', field, "write numbers with commas", "invalid-number"
            )
    return [int(word) for word in words]

"""Times as payloads write them, in nanoseconds since 1970."""

import math
from datetime import UTC, datetime
from typing import Any

from kandelia.base.clock import NS_PER_S, to_ns

FORMATS = ("auto", "iso", "s", "ms", "us", "ns")
_NS = {"s": NS_PER_S, "ms": 1_000_000, "us": 1_000, "ns": 1}
_BOUNDS = ((10**11, "s"), (10**14, "ms"), (10**17, "us"))  # below 10^11 are seconds (until 5138), and so on


def read_moment(value: Any, format: str) -> int:
    """Nanoseconds since 1970; a text without a zone counts as UTC. ValueError says what is wrong.

    `auto` takes texts as ISO 8601 and tells the unit of a number by its size.
    """
    if isinstance(value, str):
        plain = value.strip()
        if format in ("auto", "iso"):
            return _number(plain, format) if format == "auto" and _is_number(plain) else _iso(plain)
        if not _is_number(plain):
            raise ValueError(f'"{plain[:40]}" is no number of {format}')
        return _number(plain, format)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a time that is {type(value).__name__}")
    if format == "iso":
        raise ValueError(f"{value} is no ISO 8601 time")
    return _number(value, format)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("-").isascii() and text.replace(".", "", 1).lstrip("-").isdigit()


def _number(value: str | int | float, format: str) -> int:
    number = (float(value) if "." in value else int(value)) if isinstance(value, str) else value
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(f"{number} is no time")
    unit = format if format != "auto" else next((u for bound, u in _BOUNDS if abs(number) < bound), "ns")
    if isinstance(number, int):
        return number * _NS[unit]
    whole = math.floor(number)
    return whole * _NS[unit] + round((number - whole) * _NS[unit])


def _iso(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        ns = to_ns(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise ValueError(f'"{text[:40]}" is no ISO 8601 time') from None
    fraction = text.partition(".")[2]
    digits = fraction[: len(fraction) - len(fraction.lstrip("0123456789"))]
    beyond = int(digits[6:9].ljust(3, "0")) if len(digits) > 6 else 0  # datetime ends at the microsecond
    return ns + beyond

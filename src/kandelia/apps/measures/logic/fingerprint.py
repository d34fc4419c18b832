"""SHA-256 of the canonical parameters, so that a stored result says which numbers it was made with."""

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kandelia.apps.measures.contracts import canonical
from kandelia.apps.measures.logic.declarations import Assumption, Line, Measures

LEFT_OUT = ("row", "place")  # how a line is printed and where it stands computes nothing


def set_sha256(measures: Measures, lines: Mapping[str, str]) -> str:
    """Of the whole set, given the hashes of its lines."""
    rest = [_plain(part) for part in (measures.validity, measures.overlaps, measures.commitments)]
    return _sha256([dict(lines), rest])


def line_sha256(line: Line, assumptions: tuple[Assumption, ...]) -> str:
    """Of a line with its assumptions: all that its computation reads."""
    return _sha256([_plain(line), [_plain(one) for one in assumptions]])


def _sha256(document: Any) -> str:
    return hashlib.sha256(canonical(document)).hexdigest()


def _plain(value: Any) -> Any:
    """Any declaration as JSON; decimals by their value, so that 0.3 and 0.30 are the same number."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        names = [name for name in value.__dataclass_fields__ if name not in LEFT_OUT]
        return {"is": type(value).__name__, **{name: _plain(getattr(value, name)) for name in names}}
    return value

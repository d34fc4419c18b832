"""What an applicant handed in, as bytes that stay the same, and their hash. Pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def canonical(content: Mapping[str, Any]) -> str:
    """JSON with keys in order and no blanks; amounts and days as text."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def digest(text: str) -> str:
    """SHA-256 (hexadecimal) of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} cannot be frozen")

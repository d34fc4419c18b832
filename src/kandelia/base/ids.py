"""Identifiers: sortable unique ids, and the plain words that things are addressed by."""

import os
import re
import time

from kandelia.base.errors import InvalidInput

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
PLAIN_ID = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,118}[a-z0-9])?")
PLAIN_ID_LENGTH_MAX = 120


def new_id() -> str:
    """A unique id of 26 characters that sorts by time (48 bits of ms, 80 random bits), safe in a subject."""
    number = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10), "big")
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def plain_id(text: str, where: str) -> str:
    """`text` if it is a plain id: lower-case letters, digits and . _ - inside; InvalidInput otherwise."""
    if not PLAIN_ID.fullmatch(text):
        raise InvalidInput(
            what=f'"{text[:80]}" is not a plain id',
            where=where,
            mend=f"use lower-case letters, digits and . _ - inside, {PLAIN_ID_LENGTH_MAX} characters at most",
            code="invalid-id",
        )
    return text

"""The audit's chain: each hash covers its row and the hash before it. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

START = "0" * 64  # the hash before the first row


@dataclass(frozen=True, slots=True)
class Row:
    """What the hash of an audit row covers."""

    at: datetime
    organisation: str
    subject: str
    action: str
    target: str
    details: Mapping[str, object]
    address: str


def canonical(row: Row) -> bytes:
    """The row as JSON with sorted keys and UTC microseconds: the same on every database and in every version."""
    body = {
        "action": row.action,
        "address": row.address,
        "at": row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "details": row.details,
        "organisation": row.organisation,
        "subject": row.subject,
        "target": row.target,
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def link(previous: str, row: Row) -> str:
    """SHA-256 (hexadecimal) over the previous hash and the row."""
    return hashlib.sha256(previous.encode() + b"\n" + canonical(row)).hexdigest()

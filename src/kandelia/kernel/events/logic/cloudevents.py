"""Events in the CloudEvents 1.0 JSON format (structured mode), and back."""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from kandelia.base.clock import NS_PER_S, from_ns, to_ns
from kandelia.base.errors import InvalidInput
from kandelia.kernel.events.contracts import Event

CONTENT_TYPE = "application/cloudevents+json"
EVENT_BYTES_MAX = 64_000  # what CloudEvents asks of every intermediary to carry (1.0, Size Limits)
_TYPE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+){1,6}")


def encode(event: Event) -> bytes:
    """The structured JSON; InvalidInput for a type that cannot be a subject or a body that is too large."""
    if not _TYPE.fullmatch(event.type):
        mend = 'use lower-case words joined by dots, such as "kandelia.connection.lost"'
        raise InvalidInput(f'"{event.type[:80]}" is no event type', "event", mend, "event-type")
    body: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": _time(event.time_ns),
        "datacontenttype": "application/json",
        "organisation": event.organisation,
        "data": event.data,
    }
    if event.subject:
        body["subject"] = event.subject
    data = msgspec.json.encode(body)
    if len(data) > EVENT_BYTES_MAX:
        raise InvalidInput(
            f"the event has {len(data)} bytes", "event", f"keep it under {EVENT_BYTES_MAX}", "event-size"
        )
    return data


def decode(data: bytes) -> Event:
    """The event; InvalidInput for what is none."""
    try:
        body = msgspec.json.decode(data, type=dict[str, Any])
        at = datetime.fromisoformat(body["time"])
        return Event(
            type=str(body["type"]),
            organisation=str(body["organisation"]),
            source=str(body["source"]),
            id=str(body["id"]),
            time_ns=to_ns(at.replace(microsecond=0)) + _fraction_ns(body["time"]),
            subject=str(body.get("subject", "")),
            data=body.get("data") or {},
        )
    except (msgspec.MsgspecError, KeyError, ValueError, TypeError) as error:
        raise InvalidInput(f"not an event: {error}", "event", "send CloudEvents 1.0 JSON", "event") from error


def _time(ns: int) -> str:
    """RFC 3339 with nanoseconds."""
    return f"{from_ns(ns).astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{ns % NS_PER_S:09d}Z"


def _fraction_ns(time: str) -> int:
    match = re.search(r"\.(\d{1,9})", time)
    return int(match[1].ljust(9, "0")) if match else 0

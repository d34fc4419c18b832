"""Events after CloudEvents 1.0 (JSON format), and where they travel."""

from dataclasses import dataclass, field
from typing import Any

EVENTS_STREAM = "EVENTS"
EVENTS_SUBJECTS = ("org.*.events.>",)


@dataclass(frozen=True, slots=True)
class Event:
    """A fact that happened. `type` is like "kandelia.connection.lost"; `subject` the thing's path or id.

    Context attributes as in CloudEvents 1.0, 3.1; `organisation` is our extension attribute.
    """

    type: str
    organisation: str
    source: str
    id: str
    time_ns: int
    subject: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def event_subject(organisation: str, event_type: str) -> str:
    """The bus subject of an event."""
    return f"org.{organisation}.events.{event_type}"

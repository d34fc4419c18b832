"""Facts for everyone else: recorded with the change that made them, told to the bus, kept there, replayed."""

import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from kandelia.base.clock import SystemClock
from kandelia.base.errors import InvalidInput
from kandelia.base.ids import new_id
from kandelia.base.pages import PAGE_ROWS, PAGE_ROWS_MAX, Page
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import require, require_at
from kandelia.kernel.events import bridge
from kandelia.kernel.events.contracts import EVENTS_STREAM, Event, event_subject
from kandelia.kernel.events.logic.cloudevents import decode, encode
from kandelia.kernel.events.models import EventOutbox
from kandelia.kernel.events.plane.publishing import publish_async, replay_async
from kandelia.ports.bus import Bus

EVENTS_CHANGED = "events.changed"  # core message without content: there is something to tell
SEND_ROWS = 200
READ_S = 20.0
TYPE_BEGINS = re.compile(r"([a-z0-9_-]+(\.[a-z0-9_-]+)*\.?)?")
_clock = SystemClock()


def event(
    organisation: str, type: str, source: str, *, subject: str = "", data: Mapping[str, Any] | None = None
) -> Event:
    """A fact of this instant, with a fresh id."""
    return Event(type, organisation, source, new_id(), _clock.now_ns(), subject, dict(data or {}))


def publish(event: Event) -> None:
    """Record it in the current transaction; the jobs role tells it to the bus, in order, at least once.

    So a fact that was recorded is told, and one whose transaction failed never is.
    """
    with transaction.atomic():
        EventOutbox.objects.create(
            event_id=event.id, organisation=event.organisation, type=event.type, body=encode(event).decode()
        )
        transaction.on_commit(lambda: bridge.send(EVENTS_CHANGED, b""))


def replay(viewer: Viewer, *, after: str = "", limit: int = PAGE_ROWS) -> Page[Event]:
    """The organisation's events after a cursor, oldest first; the stream keeps them for its time and size."""
    require(viewer, Right.SEE)
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    limit = max(1, min(limit, PAGE_ROWS_MAX))

    async def read(bus: Bus) -> list[tuple[int, Event]]:
        return [pair async for pair in replay_async(bus, viewer.organisation, start, limit + 1)]

    found = bridge.bus_call(read)
    following = str(found[limit - 1][0]) if len(found) > limit else ""
    return Page(tuple(event for _, event in found[:limit]), following)


def recent(
    viewer: Viewer, *, since_ns: int, until_ns: int = 0, types: str = "", before: str = "", limit: int = PAGE_ROWS
) -> Page[Event]:
    """The organisation's events of a time, the newest first; `types` is how their type begins.

    `before` is the cursor of an earlier page. InvalidInput where `types` cannot begin a type.
    """
    require(viewer, Right.SEE)
    if not TYPE_BEGINS.fullmatch(types):
        raise InvalidInput("this begins no type of event", "type", "write it like kandelia.limit.", "invalid-type")
    end = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else 0
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    head, dot, _ = types.rpartition(".")
    place, begins = event_subject(viewer.organisation, f"{head}{dot}>"), event_subject(viewer.organisation, types)

    async def read(bus: Bus) -> deque[tuple[int, bytes]]:
        found: deque[tuple[int, bytes]] = deque(maxlen=limit + 1)
        async for message in bus.replay(EVENTS_STREAM, subject=place, from_ns=since_ns):
            if (end and message.sequence >= end) or (until_ns and message.stored_ns >= until_ns):
                break
            if message.subject.startswith(begins):
                found.append((message.sequence, message.data))
        return found

    rows = sorted(bridge.bus_call(read, READ_S), reverse=True)
    following = str(rows[limit - 1][0]) if len(rows) > limit else ""
    return Page(tuple(event for _, data in rows[:limit] if (event := _read(data))), following)


def _read(data: bytes) -> Event | None:
    """None for a stranger's message under our subjects."""
    try:
        return decode(data)
    except InvalidInput:
        return None


def newest(
    viewer: Viewer, types: str, subject: str, since_ns: int, limit: int = PAGE_ROWS, *, at: str = ""
) -> tuple[Event, ...]:
    """The newest events of a thing since a time, the last one first; `types` is a pattern (`kandelia.job.>`).

    `at` is the place that one must see for it; empty: the whole organisation.
    """
    require_at(viewer, Right.SEE, at) if at else require(viewer, Right.SEE)

    async def read(bus: Bus) -> deque[Event]:
        found: deque[Event] = deque(maxlen=max(1, min(limit, PAGE_ROWS_MAX)))
        place = event_subject(viewer.organisation, types)
        async for message in bus.replay(EVENTS_STREAM, subject=place, from_ns=since_ns):
            told = decode(message.data)
            if told.subject == subject:
                found.append(told)
        return found

    return tuple(reversed(bridge.bus_call(read)))


def send_recorded() -> int:
    """Tell the bus what is recorded, oldest first; how many. An error leaves the rest recorded."""
    sent = 0
    for row in EventOutbox.objects.order_by("id")[:SEND_ROWS]:
        told = decode(row.body.encode())

        async def store(bus: Bus, told: Event = told) -> None:
            await publish_async(bus, told)

        bridge.bus_call(store)
        row.delete()
        sent += 1
    return sent

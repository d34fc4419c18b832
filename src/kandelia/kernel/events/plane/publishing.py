"""Events told straight to the bus, by roles that have no records."""

from collections.abc import AsyncIterator

from kandelia.base.errors import InvalidInput
from kandelia.kernel.events.contracts import EVENTS_STREAM, Event, event_subject
from kandelia.kernel.events.logic.cloudevents import CONTENT_TYPE, decode, encode
from kandelia.ports.bus import Bus

CONTENT_HEADER = "content-type"  # NATS Protocol Binding for CloudEvents 1.0.2, 3.2 (structured content mode)


async def publish_async(bus: Bus, event: Event) -> None:
    """Store the event; returns once it is on disk. A repeat with the same id is dropped by the stream."""
    subject = event_subject(event.organisation, event.type)
    await bus.store(subject, encode(event), message_id=event.id, headers={CONTENT_HEADER: CONTENT_TYPE})


async def replay_async(bus: Bus, organisation: str, after: int, limit: int) -> AsyncIterator[tuple[int, Event]]:
    """(sequence, event) of an organisation after a sequence, oldest first, `limit` at most."""
    if limit <= 0:
        return
    given = 0
    subject = f"org.{organisation}.events.>"
    async for message in bus.replay(EVENTS_STREAM, subject=subject, from_sequence=after + 1):
        try:
            event = decode(message.data)
        except InvalidInput:
            continue  # a stranger's message under our subject is not an event
        yield message.sequence, event
        given += 1
        if given >= limit:
            return

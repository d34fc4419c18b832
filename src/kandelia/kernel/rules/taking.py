"""The service that keeps the active list: what the rules role tells of limits becomes rows."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from kandelia.base.clock import from_ns
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.kernel.access.models import Organisation
from kandelia.kernel.events import bridge
from kandelia.kernel.events.contracts import EVENTS_STREAM, Event, event_subject
from kandelia.kernel.events.logic.cloudevents import decode
from kandelia.kernel.jobs.contracts import JobContext, ServiceContext
from kandelia.kernel.rules.contracts import CLEARED, LIMIT_EVENTS, RAISED
from kandelia.kernel.rules.models import Occurrence
from kandelia.ports.bus import Bus, Consumer, Message

CONSUMER = "limits"
FETCH_MESSAGES, FETCH_WAIT_S = 200, 2.0
RETRY_S = 2.0
TROUBLE = "limits-bus-away"
FORGET = "limits.forget"
KEPT = timedelta(days=400)  # as long as the events themselves


def take_changes(context: ServiceContext) -> None:
    """Until the role stops: each event once, acknowledged when its row is written."""
    while not context.stopping:
        try:
            _take_some(context)
        except KandeliaError as error:
            context.troubles.trouble(TROUBLE, f"limits that were broken are not listed: {error.what}", error.mend)
            context.wait(RETRY_S)


def _take_some(context: ServiceContext) -> None:
    async def open_consumer(bus: Bus) -> Consumer:
        return await bus.consumer(EVENTS_STREAM, CONSUMER, subject=event_subject("*", LIMIT_EVENTS))

    consumer = bridge.bus_call(open_consumer)
    while not context.stopping:
        messages = bridge.bus_call(lambda _: consumer.fetch(FETCH_MESSAGES, FETCH_WAIT_S))
        context.troubles.mended(TROUBLE)
        for message in messages:
            take(message)
        if messages:
            bridge.bus_call(lambda _, done=messages: consumer.acknowledge(done))  # type: ignore[misc]


def take(message: Message) -> None:
    """One event into its row; a stranger's message, and one that was taken before, changes nothing."""
    try:
        event = decode(message.data)
    except InvalidInput:
        return
    if not Organisation.objects.filter(id=event.organisation).exists():
        return
    if event.type == RAISED:
        _raised(event)
    elif event.type == CLEARED:
        _cleared(event)


def _raised(event: Event) -> None:
    data: Mapping[str, Any] = event.data
    Occurrence.objects.get_or_create(
        limit=int(data["limit"]),
        raised_ns=event.time_ns,
        defaults={
            "organisation_id": event.organisation,
            "signal": event.subject,
            "number": int(data["signal"]),
            "kind": data["kind"],
            "level": data["level"],
            "severity": data["severity"],
            "name_zh": data["name_zh"],
            "name_en": data["name_en"],
            "value": data["value"],
            "raised_at": from_ns(event.time_ns),
        },
    )


def _cleared(event: Event) -> None:
    rows = Occurrence.objects.filter(
        organisation_id=event.organisation,
        limit=int(event.data["limit"]),
        raised_ns__lte=event.time_ns,
        cleared_at=None,
    )
    for row in rows:
        row.cleared_at, row.cleared_value = from_ns(event.time_ns), event.data["value"]
        row.done = row.acknowledged_at is not None
        row.save(update_fields=["cleared_at", "cleared_value", "done"])


def forget(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Old rows that nobody waits for."""
    gone, _ = Occurrence.objects.filter(done=True, raised_at__lt=timezone.now() - KEPT).delete()
    return {"rows": gone}

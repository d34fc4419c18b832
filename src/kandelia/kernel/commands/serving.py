"""The service: gives orders to the bus, takes what is said of them into the records, ends what nobody answers."""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from kandelia.base.clock import from_ns
from kandelia.base.errors import InvalidInput, KandeliaError, NotFound, Unavailable
from kandelia.kernel.access.facade import system_viewer
from kandelia.kernel.commands import claims
from kandelia.kernel.commands.logic import values
from kandelia.kernel.commands.records.command import APPROVED, AWAITING, COMMAND, SENT, Command
from kandelia.kernel.connections.contracts import organisation_of
from kandelia.kernel.connections.orders import (
    COMMANDS_CHANGED,
    COMMANDS_STREAM,
    SAID_CHARACTERS_MAX,
    Fate,
    Word,
    decode_word,
    fate_subject,
)
from kandelia.kernel.events import bridge
from kandelia.kernel.jobs.contracts import ServiceContext
from kandelia.kernel.records import acting
from kandelia.kernel.records.models import Entry
from kandelia.ports.bus import Bus, Message

POLL_S = 1.0
IDLE_S = 5.0  # while no command is open
FETCH_WORDS = 100
FETCH_S = 0.1
ROWS_MAX = 200  # a pass
EXPIRY_GRACE = timedelta(seconds=5)  # after which we say ourselves that nobody took it
RESULT_WITHIN = timedelta(seconds=90)  # after an order was taken and has expired
CONSUMER = "commands"
TROUBLE = "commands-bus-away"
STEPS = {
    Fate.TAKEN: "take",
    Fate.EXPIRED: "expire",
    Fate.WITHDRAWN: "withdraw",
    Fate.REFUSED: "refuse",
    Fate.CONFIRMED: "confirm",
    Fate.DIFFERS: "differ",
    Fate.UNKNOWN: "lose",
}
log = logging.getLogger("kandelia.commands")


def serve(context: ServiceContext) -> None:
    """Until the role stops."""
    leave = bridge.listen(COMMANDS_CHANGED, context.wake)
    try:
        while not context.stopping:
            try:
                serve_once()
                context.troubles.mended(TROUBLE)
            except (Unavailable, NotFound) as error:
                context.troubles.trouble(TROUBLE, f"commands do not reach the bus: {error.what}", error.mend)
            context.wait(POLL_S if Command.objects.filter(open=True).exists() else IDLE_S)
    finally:
        leave()


def serve_once() -> None:
    """Orders out, words in, time over. Unavailable when the bus is away."""
    for row in _open().filter(entry__state=APPROVED, published_at=None)[:ROWS_MAX]:
        claims.publish(row)
        Command.objects.filter(pk=row.pk).update(published_at=timezone.now())
    while hear() == FETCH_WORDS:
        pass
    end_overdue()


def hear() -> int:
    """Take what is new into the records; how many words there were."""

    async def fetch(bus: Bus) -> list[Message]:
        consumer = await bus.consumer(COMMANDS_STREAM, CONSUMER, subject=fate_subject("*", "*", "*"))
        return list(await consumer.fetch(FETCH_WORDS, FETCH_S))

    messages = bridge.bus_call(fetch)
    for message in messages:
        try:
            take_in(decode_word(message.data), organisation_of(message.subject))
        except InvalidInput as error:
            log.error("%s: %s", message.subject, error)

    async def acknowledge(bus: Bus) -> None:
        consumer = await bus.consumer(COMMANDS_STREAM, CONSUMER, subject=fate_subject("*", "*", "*"))
        await consumer.acknowledge(messages)

    if messages:
        bridge.bus_call(acknowledge)
    return len(messages)


def take_in(word: Word, organisation: str) -> None:
    """A word becomes a step, where the command still stands before it; a word said twice changes nothing."""
    row = _rows().filter(order=word.id, organisation=organisation).first()
    if row is None or word.organisation != organisation:
        log.warning("a word about the unknown order %s of %s", word.id[:40], organisation[:60])
        return
    said = "; ".join(filter(None, (word.what, word.mend)))[: 2 * SAID_CHARACTERS_MAX]
    told: dict[str, Any] = {"outcome": said, "outcome_code": word.code[:60]} if word.fate is not Fate.TAKEN else {}
    if word.fate is Fate.TAKEN:
        told["taken_at"] = from_ns(word.at_ns)
    if word.read_back is not None:
        told["read_back"] = values.said(word.read_back)[:200]
    step(row, STEPS[word.fate], said, told)


def end_overdue() -> None:
    """What has expired and nobody answered: ours to end where the claim is ours; unknown where an edge has it."""
    now = timezone.now()
    rows = _open().filter(expires_at__lt=now - EXPIRY_GRACE)
    never = "nobody took it before it expired; it was not sent and will never be"
    for row in rows.filter(entry__state__in=("requested", AWAITING, APPROVED))[:ROWS_MAX]:
        if row.entry.state != APPROVED or claims.claim(row, Fate.EXPIRED):
            step(row, "expire", never, {"outcome": never, "outcome_code": "expired"})
    lost = "the edge took it and has told no result; read the value at the device before anything else"
    late = rows.filter(entry__state=SENT, expires_at__lt=now - RESULT_WITHIN, taken_at__lt=now - RESULT_WITHIN)
    for row in late[:ROWS_MAX]:
        step(row, "lose", lost, {"outcome": lost, "outcome_code": "no-result"})


def step(row: Command, name: str, said: str, told: dict[str, Any]) -> None:
    """A step by the system; nothing where the record has moved on."""
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(pk=row.entry_id)
        transition = COMMAND.life_of(entry.process).transition(name)
        if entry.state not in transition.sources:
            return
        row.entry = entry
        for field, value in told.items():
            setattr(row, field, value)
        if told:
            row.save(update_fields=list(told))
        try:
            acting.take(system_viewer(entry.organisation_id), COMMAND, row, transition, reason=said)
        except KandeliaError:
            log.exception("command %s cannot be brought to %s", entry.pk, transition.target)
            raise


def _rows() -> Any:
    return Command.objects.select_related("entry")


def _open() -> Any:
    return _rows().filter(open=True).order_by("expires_at")

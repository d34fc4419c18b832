"""Carries out orders at the edge: checked again, noted on disk before they are sent, sent once, read back, told."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from kandelia.base.clock import NS_PER_S, Clock
from kandelia.base.errors import InvalidInput, KandeliaError, NotAllowed, NotFound, Unavailable
from kandelia.kernel.connections.contracts import ConnectionDocument, SignalEntry, State, connection_key
from kandelia.kernel.connections.drivers import Value, Writes
from kandelia.kernel.connections.logic.setpoints import as_kind, check_rate, check_rule, check_step, same, words
from kandelia.kernel.connections.logic.standing import sayable
from kandelia.kernel.connections.orders import (
    COMMANDS_CHANGED,
    COMMANDS_STREAM,
    SAID_CHARACTERS_MAX,
    Fate,
    Order,
    Word,
    decode_order,
    fate_subject,
    order_subject,
)
from kandelia.kernel.connections.plane.deadlines import within
from kandelia.kernel.connections.plane.ledger import Ledger, Note, Stage
from kandelia.kernel.connections.plane.supervision import Supervised
from kandelia.kernel.events.report import Troubles
from kandelia.ports.bus import Bus, Consumer, Message

FETCH_ORDERS = 50
FETCH_S = 5.0
WAIT_S = 0.2  # between looks whether the connection stands
RETRY_S = 1.0
STORE_S = 5.0
WRITE_S = 20.0
BEHIND_S_MAX = 5.0  # of this machine's clock behind the bus's
FORGET_PERIOD_S = 3_600.0
log = logging.getLogger("kandelia.edge")
TROUBLE = "edge-orders"


@dataclass
class Commanding:
    """Guarantees: an order is sent at most once, whatever ends this process and whoever else has the order: its mark
    is on disk here, and its claim on disk at the bus, before it is sent. An order that was marked and has no result is
    told as unknown. An expired one is told and never sent; an order is never younger than this machine has known it,
    so a clock that is set back prolongs none. An order whose connection is away waits for it until it expires.
    """

    bus: Bus
    clock: Clock
    troubles: Troubles
    directory: Path
    site: str
    find: Callable[[str], Supervised | None]
    complete: Callable[[], bool]  # whether every connection is known by now
    ensure: Callable[[], None]
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    _known_s: dict[str, tuple[int, float]] = field(default_factory=dict)  # order id → (wall ns, monotonic s) of receipt

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.directory)

    async def run(self) -> None:
        """Serve until cancelled."""
        resumed = False
        try:
            while True:
                try:
                    resumed = resumed or self._resume()
                    self.ledger.forget_old(self.clock.now_ns())
                    async with asyncio.timeout(FORGET_PERIOD_S):
                        await self._receive()
                except OSError as error:  # TimeoutError is one
                    if not isinstance(error, TimeoutError):
                        self._disk_refuses(error)
                except KandeliaError as error:
                    log.debug("orders cannot be fetched now: %s", error)
                await asyncio.sleep(RETRY_S)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _resume(self) -> bool:
        """What an earlier life left: orders that wait, orders of which it is not known, words nobody has heard."""
        self.ledger.load()
        for note in list(self.ledger.notes.values()):
            if note.stage is Stage.SENDING:
                what = "the edge ended after it had begun to send; whether the device took the value is not known"
                self.ledger.say(
                    note.order.id, self._word(note.order, Fate.UNKNOWN, "edge-ended", what, "read the value")
                )
            if note.stage is Stage.RECEIVED:
                self._begin(note.order)
            elif not note.told:
                self._spawn(self._tell(note.order))
        return True

    async def _receive(self) -> None:
        """Orders of this edge's site; NotFound while there is no stream."""
        name = f"edge-{self.site}" if self.site else "edge"
        try:
            consumer = await self.bus.consumer(COMMANDS_STREAM, name, subject=order_subject("*", self.site or "*", "*"))
        except NotFound:
            self.ensure()
            raise
        while True:
            messages = await consumer.fetch(FETCH_ORDERS, FETCH_S)
            await self._take_in(consumer, messages)

    async def _take_in(self, consumer: Consumer, messages: Sequence[Message]) -> None:
        """Acknowledged once on this disk; what the disk refuses comes again."""
        for message in messages:
            try:
                order = decode_order(message.data)
                if message.subject != order_subject(order.organisation, order.site, order.connection):
                    raise InvalidInput("not an order: it names another connection than its subject")
                self._note(order, message.stored_ns)
            except InvalidInput as error:
                log.error("%s: %s", message.subject, error)
                self.troubles.trouble(
                    TROUBLE, f"an order on {message.subject} is left out: {error.what}", "see who sent it"
                )
            except OSError as error:
                self._disk_refuses(error)
                await consumer.refuse([message], RETRY_S)
                continue
            await consumer.acknowledge([message])

    def _note(self, order: Order, stored_ns: int) -> None:
        if order.id in self.ledger.notes:
            return
        self.ledger.put(Note(order))
        behind_s = (stored_ns - self.clock.now_ns()) / NS_PER_S
        if behind_s > BEHIND_S_MAX:
            what = f"the edge's clock is {behind_s:.0f} s behind the bus's, so the expiry cannot be judged"
            mend = "set the clock of the edge"
            self._decide(order, self._word(order, Fate.REFUSED, "clock-behind", what, mend, claim=True))
            return
        self._begin(order)

    def _begin(self, order: Order) -> None:
        self._known_s[order.id] = (self.clock.now_ns(), self.clock.monotonic_s())
        self._spawn(self._carry_out(order))

    async def _carry_out(self, order: Order) -> None:
        """One after another for each connection."""
        key = connection_key(order.organisation, order.connection)
        async with self._locks.setdefault(key, asyncio.Lock()):
            try:
                await self._attempt(order, key)
            except OSError as error:
                self._disk_refuses(error)
            except Exception as error:
                log.exception("%s: order %s failed", order.connection, order.id)
                sent = self.ledger.notes[order.id].stage is Stage.SENDING
                self._decide(order, self._word(order, Fate.UNKNOWN if sent else Fate.REFUSED, *words(error)))
            finally:
                self._known_s.pop(order.id, None)

    def _disk_refuses(self, error: OSError) -> None:
        mend = "make room on its disk; an order that cannot be noted is not sent"
        self.troubles.trouble(TROUBLE, f"the edge cannot note an order: {error}", mend)

    async def _attempt(self, order: Order, key: str) -> None:
        try:
            supervised = await self._standing(order, key)
            if supervised is None:
                what = "it reached its expiry before it could be sent; it was not sent"
                self._decide(order, self._word(order, Fate.EXPIRED, "expired", what, "give it anew", claim=True))
                return
            entry, value = self._checked(order, supervised)
        except KandeliaError as error:
            self._decide(order, self._word(order, Fate.REFUSED, *words(error), claim=True))
            return
        await self._send(order, supervised, entry, value)

    async def _standing(self, order: Order, key: str) -> Supervised | None:
        """The connection once it stands; None when the order has expired meanwhile."""
        while not self._expired(order):
            supervised = self.find(key)
            if supervised is not None and supervised.document.revision >= order.revision:
                _entry(order, supervised.document)
                standing = supervised.standing
                if standing.state is State.REFUSED:
                    raise NotAllowed(standing.error, order.connection, standing.mend, "refused")
                if supervised.session is not None and standing.revision_running >= order.revision:
                    return supervised
            elif supervised is None and self.complete():
                raise NotFound("this edge has no such connection", order.connection, "see its site", "no-connection")
            await asyncio.sleep(WAIT_S)
        return None

    def _expired(self, order: Order) -> bool:
        """By this machine's clock, or by the time since the order is known where that clock was set back."""
        wall_ns, monotonic_s = self._known_s[order.id]
        passed_ns = wall_ns + int((self.clock.monotonic_s() - monotonic_s) * NS_PER_S)
        return max(self.clock.now_ns(), passed_ns) >= order.expires_ns

    def _checked(self, order: Order, supervised: Supervised) -> tuple[SignalEntry, Value]:
        """The signal and the value as it is sent; the error says what forbids it."""
        entry = _entry(order, supervised.document)
        value = as_kind(order.value, entry.kind)
        rule = check_rule(entry.write, value)
        check_step(rule, value, supervised.inlet.present(entry.number))
        check_rate(rule, self.clock.now_ns(), self.ledger.last_sent_ns(order.organisation, order.signal))
        if not isinstance(supervised.session, Writes):
            raise NotAllowed(f"the driver {supervised.document.driver} cannot write", code="driver-cannot-write")
        return entry, value

    async def _send(self, order: Order, supervised: Supervised, entry: SignalEntry, value: Value) -> None:
        """Marked on disk, claimed on the bus, sent once."""
        note = replace(self.ledger.notes[order.id], stage=Stage.SENDING, sent_ns=self.clock.now_ns())
        self.ledger.put(note)
        word = await self._claim(order)
        if word is None:
            self.ledger.put(replace(note, stage=Stage.OVER, sent_ns=0, told=True))
            return
        session = supervised.session
        if word.fate is Fate.TAKEN and isinstance(session, Writes):
            word = await self._write(order, session, entry, value)
        elif word.fate is Fate.TAKEN:
            what = "the connection was lost before the command was sent; it was not sent"
            word = self._word(order, Fate.REFUSED, "connection-lost", what, "give it anew")
        self._decide(order, word)

    async def _claim(self, order: Order) -> Word | None:
        """ "taken" once the claim is ours; None where its fate was settled before; a refusal where nobody can tell."""
        word = self._word(order, Fate.TAKEN, claim=True)
        try:
            stored = await self._store(order, word)
        except KandeliaError:
            what = "the bus went away before the command was sent; it was not sent"
            return self._word(order, Fate.REFUSED, "bus-away", what, "give it anew")
        return None if stored else word

    async def _write(self, order: Order, session: Writes, entry: SignalEntry, value: Value) -> Word:
        try:
            found = await within(WRITE_S, "writing", session.write(entry.address, value))
        except (InvalidInput, NotAllowed, NotFound) as error:
            return self._word(order, Fate.REFUSED, *words(error))
        except Exception as error:
            if not isinstance(error, Unavailable):
                log.exception("%s: writing failed", order.connection)
            return self._word(order, Fate.UNKNOWN, *words(error))
        found = sayable(found) if isinstance(found, str) else found
        if same(value, found, order.tolerance):
            return replace(self._word(order, Fate.CONFIRMED), read_back=found)
        what = f"the device holds {found} after it was written" if found is not None else "the device holds no value"
        return replace(self._word(order, Fate.DIFFERS, "differs", what, "look at the device"), read_back=found)

    def _decide(self, order: Order, word: Word) -> None:
        self.ledger.say(order.id, word)
        self._spawn(self._tell(order))

    async def _tell(self, order: Order) -> None:
        """Until the bus has it."""
        word = self.ledger.notes[order.id].word
        while word is not None:
            try:
                await self._store(order, word)
                self.ledger.told(order.id)
                return
            except (KandeliaError, OSError) as error:
                log.warning("%s: the word about order %s waits: %s", order.connection, order.id, error)
            await asyncio.sleep(RETRY_S)

    async def _store(self, order: Order, word: Word) -> bool:
        """Whether such a word was there before."""
        subject = fate_subject(order.organisation, order.site, order.connection)
        stored = await self.bus.store(subject, msgspec.json.encode(word), message_id=word.message_id, timeout_s=STORE_S)
        with contextlib.suppress(KandeliaError):
            await self.bus.publish(COMMANDS_CHANGED, b"")
        return stored.repeated

    def _word(
        self, order: Order, fate: Fate, code: str = "", what: str = "", mend: str = "", *, claim: bool = False
    ) -> Word:
        said = (sayable(text)[:SAID_CHARACTERS_MAX] for text in (code, what, mend))
        return Word(order.id, order.organisation, fate, self.clock.now_ns(), claim, None, *said)

    def _spawn(self, coroutine: "Coroutine[Any, Any, None]") -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _entry(order: Order, document: ConnectionDocument) -> SignalEntry:
    """The signal on that connection; NotFound where it hangs on another by now."""
    if (document.organisation, document.site, document.id) != (order.organisation, order.site, order.connection):
        raise NotFound("the connection stands elsewhere by now", order.connection, "give the command anew", "moved")
    found = next((one for one in document.signals if one.number == order.signal), None)
    if found is None or not found.address:
        raise NotFound("the signal is not read by this connection", order.connection, "see the signal", "no-signal")
    if not document.enabled:
        raise NotAllowed("the connection is switched off", order.connection, "switch it on", "disabled")
    return found

"""The rules role's work: recorded rows in, derived samples and events out, one message after another.

A message of the stream RECORDED is acknowledged once all that follows from it is stored. What is stored has ids made of
the message, so a message that comes again after a crash stores nothing twice.
"""

import asyncio
import contextlib
import hashlib
import logging
from dataclasses import dataclass

import msgspec
import pyarrow as pa

from kandelia.base.clock import NS_PER_S, Clock
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.base.samples import decode, encode
from kandelia.kernel.connections.contracts import load_subject, organisation_of
from kandelia.kernel.events.plane.listening import keep_listening
from kandelia.kernel.events.report import Troubles
from kandelia.kernel.rules.contracts import RECORDED_STREAM, RULES_ANEW, SOURCE, Anew, Done, RulesDocument
from kandelia.kernel.rules.logic.columns import batch_of
from kandelia.kernel.rules.plane.deriving import Deriving, Output
from kandelia.kernel.rules.plane.following import Following
from kandelia.kernel.rules.plane.memory import Asking, Memory, split
from kandelia.kernel.rules.plane.watching import Watching
from kandelia.kernel.signals.contracts import Refusal
from kandelia.kernel.signals.plane.loading import cut
from kandelia.kernel.signals.plane.wire import ANSWER_HEADER, REFUSAL
from kandelia.ports.bus import Bus, Consumer, Message

CONSUMER = "rules"
FETCH_MESSAGES, FETCH_WAIT_S = 32, 1.0
ACK_WAIT_S = 30.0
RETRY_S = 1.0
TICK_S = 0.5
STORE_TIMEOUT_S = 10.0
TROUBLE = "rules-stopped"
log = logging.getLogger("kandelia.rules")


@dataclass
class Plant:
    """What the role holds of one organisation."""

    document: RulesDocument
    deriving: Deriving
    watching: Watching


@dataclass
class Figures:
    """What the report says."""

    rows: int = 0
    written: int = 0
    waiting: int = 0
    lag_s: float = 0.0


class Working:
    """`run` until `stop`; it never ends by itself, whatever fails. `ack_wait_s` is when a message that was in hand at a
    crash comes again."""

    def __init__(
        self, bus: Bus, clock: Clock, troubles: Troubles, ask: Asking, *, ack_wait_s: float = ACK_WAIT_S
    ) -> None:
        self.figures = Figures()
        self.plants: dict[str, Plant] = {}
        self.following = Following(troubles, self._changed)
        self._bus, self._clock, self._troubles, self._ask = bus, clock, troubles, ask
        self._fresh: dict[str, RulesDocument | None] = {}
        self._ack_wait_s = ack_wait_s
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()  # one evaluation at a time
        self._caught_up = False

    async def run(self) -> None:
        """Follow the rules, the recorded rows and the clock."""
        beside = [
            asyncio.create_task(one)
            for one in (
                self.following.run(self._bus),
                self._tick(),
                keep_listening(self._bus, RULES_ANEW, self._reply, group=CONSUMER),
            )
        ]
        try:
            await self._consume()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    def stop(self) -> None:
        """`run` ends after the message in hand; what was fetched beside it goes back."""
        self._stopping.set()

    def _changed(self, organisation: str, document: RulesDocument | None) -> None:
        self._fresh[organisation] = document

    async def _define(self) -> None:
        """Take what has changed; called in a turn, so nothing changes within an evaluation."""
        while self._fresh:
            organisation = next(iter(self._fresh))
            document = self._fresh[organisation] or RulesDocument(organisation, "-")
            plant = self.plants.get(organisation)
            if plant is None:
                deriving = Deriving(Memory(organisation, self._bus, self._ask))
                plant = Plant(document, deriving, Watching(organisation, self._bus))
            plant.document = document
            plant.deriving.define(document.derived)
            await plant.watching.define(document.limits, self._clock.now_ns())
            self.plants[organisation] = plant
            del self._fresh[organisation]

    async def _consume(self) -> None:
        ready, stopping = asyncio.create_task(self.following.ready.wait()), asyncio.create_task(self._stopping.wait())
        await asyncio.wait([ready, stopping], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel(), stopping.cancel()
        while not self._stopping.is_set():
            try:
                consumer = await self._bus.consumer(RECORDED_STREAM, CONSUMER, ack_wait_s=self._ack_wait_s)
                while not self._stopping.is_set():
                    await self._fetch(consumer)
            except KandeliaError as error:
                self._complain(error)
            except Exception as error:
                log.exception("rules could not be evaluated")
                self._complain(error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), RETRY_S)

    async def _fetch(self, consumer: Consumer) -> None:
        messages = await consumer.fetch(FETCH_MESSAGES, FETCH_WAIT_S)
        place = 0
        try:
            for message in messages:
                if self._stopping.is_set():
                    break
                async with self._turn:
                    await self._define()
                    await self._take(message)
                await consumer.acknowledge([message])
                place += 1
        finally:
            if place < len(messages):
                with contextlib.suppress(KandeliaError):
                    await consumer.refuse(messages[place:], RETRY_S)
        self._caught_up = len(messages) < FETCH_MESSAGES
        self.figures.waiting = 0 if self._caught_up else await consumer.pending()
        self._troubles.mended(TROUBLE)

    async def _take(self, message: Message) -> None:
        plant = self.plants.get(organisation_of(message.subject))
        if plant is None:
            return
        try:
            rows = decode(message.data)
        except InvalidInput as error:
            log.warning("a message of %s is no sample batch: %s", message.subject, error)
            return
        self.figures.rows += rows.num_rows
        self.figures.lag_s = max(0.0, (self._clock.now_ns() - message.stored_ns) / NS_PER_S)
        plant.watching.take(rows)
        kinds = plant.deriving.kinds
        outputs = (
            await plant.deriving.take(split(pa.Table.from_batches([rows]), kinds), self._clock.now_ns())
            if kinds
            else []
        )
        await self._write(plant, outputs, f"{message.sequence}")
        await plant.watching.flush()

    async def _write(self, plant: Plant, outputs: list[Output], cause: str) -> int:
        """All rows of one cause, under ids that its repetition has too."""
        batches = [batch_of(one.number, one.series) for one in outputs if len(one.series)]
        if batches:
            await self._store(plant.document, pa.Table.from_batches(batches), cause)
        for one in outputs:
            one.done()
        return sum(batch.num_rows for batch in batches)

    async def _store(self, document: RulesDocument, rows: pa.Table, cause: str) -> None:
        subject = load_subject(document.organisation, document.site, SOURCE)
        for place, batch in enumerate(cut(rows)):
            id = hashlib.sha256(f"{subject} {cause} {place}".encode()).hexdigest()[:32]
            await self._bus.store(subject, encode(batch), message_id=id, timeout_s=STORE_TIMEOUT_S)
            self.figures.written += batch.num_rows

    async def _tick(self) -> None:
        """Windows that end and delays that are over, whether rows come or not."""
        await self.following.ready.wait()
        while True:
            await asyncio.sleep(TICK_S)
            try:
                async with self._turn:
                    await self._define()
                    for plant in self.plants.values():
                        await self._pass(plant)
            except KandeliaError as error:
                self._complain(error)
            except Exception as error:
                log.exception("rules could not be evaluated")
                self._complain(error)

    async def _pass(self, plant: Plant) -> None:
        now_ns = self._clock.now_ns()
        if self._caught_up:
            plant.watching.tick(now_ns)
        await plant.watching.flush()
        for output in await plant.deriving.close(now_ns):
            content = hashlib.sha256(encode(batch_of(output.number, output.series))).hexdigest()
            await self._write(plant, [output], f"close {output.number} {content}")

    async def _reply(self, message: Message) -> None:
        """A request to evaluate a stretch again."""
        if not message.reply:
            return
        headers, data = {}, b""
        try:
            asked = msgspec.json.decode(message.data, type=Anew)
            data = msgspec.json.encode(Done(await self._anew(asked)))
        except (KandeliaError, msgspec.MsgspecError) as error:
            kind = type(error).__name__
            what = error.what if isinstance(error, KandeliaError) else str(error)[:200]
            headers, data = {ANSWER_HEADER: REFUSAL}, msgspec.json.encode(Refusal(kind, what))
        await self._bus.publish(message.reply, data, headers)

    async def _anew(self, asked: Anew) -> int:
        async with self._turn:
            await self._define()
            plant = self.plants.get(asked.organisation)
            if plant is None or asked.number not in plant.deriving.entries:
                raise InvalidInput("the rules role does not know this derived signal yet", mend="try again in a moment")
            outputs = await plant.deriving.anew(asked.number, asked.start_ns, asked.end_ns)
            return await self._write(plant, outputs, f"anew {self._clock.now_ns()}")

    def _complain(self, error: Exception) -> None:
        self._troubles.trouble(
            TROUBLE,
            f"derived signals and limits wait: {str(error)[:300]}",
            "see what runs: kandelia status; nothing is lost meanwhile",
        )

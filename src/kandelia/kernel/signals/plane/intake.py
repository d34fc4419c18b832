"""Messages in hand: fetched from the streams, decoded, and not yet acknowledged; bounded in bytes."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from kandelia.base.clock import NS_PER_S, Clock
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.base.samples import BATCH_BYTES_MAX, decode
from kandelia.kernel.events.report import Troubles
from kandelia.kernel.signals.logic.flushing import BackOff, FetchRule, FlushRule
from kandelia.ports.bus import Bus, Consumer, Message

CONSUMER = "history"
ACK_WAIT_S = 20.0  # after a crash, what was in hand comes again this late
UNACKNOWLEDGED_MAX = 20_000
HELD_BYTES_MAX = 64_000_000  # as messages; decoded they may take three times as much
FLUSH_BYTES_MAX = 32_000_000
FETCH_MESSAGES_MAX = 512
FETCH_WAIT_S = 2.0
GATHER_S = 0.02  # little came: let more gather before asking again
TYPICAL_WEIGHT = 0.2  # of the newest message sizes in their running mean
PENDING_PERIOD_S = 2.0
RETRY = BackOff(first_s=0.5, max_s=5.0)
log = logging.getLogger("kandelia.history")


@dataclass(frozen=True, slots=True)
class Held:
    """One message in hand; `batch` is None where it is not a sample batch, `error` then says why."""

    message: Message
    consumer: Consumer
    batch: pa.RecordBatch | None
    error: str = ""

    @property
    def rows(self) -> int:
        """Rows of the batch."""
        return self.batch.num_rows if self.batch is not None else 0


class Intake:
    """Fetches from each stream in its own task; `take` gives what is due for the store."""

    def __init__(self, bus: Bus, streams: Sequence[str], rule: FlushRule, clock: Clock, troubles: Troubles) -> None:
        self.messages_waiting = 0
        self.held_bytes = 0
        self._bus, self._streams, self._clock, self._troubles = bus, tuple(streams), clock, troubles
        self._rule = rule
        self._fetch_rule = FetchRule(HELD_BYTES_MAX, FETCH_MESSAGES_MAX, BATCH_BYTES_MAX)
        self._ready: deque[Held] = deque()
        self._rows = self._bytes = 0
        self._first_s = 0.0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._stopping = False
        self._pending: dict[str, int] = {}
        self._oldest: dict[int, int] = {}

    async def run(self) -> None:
        """Fetches until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for stream in self._streams:
                tasks.create_task(self._drain(stream))

    async def _drain(self, stream: str) -> None:
        failures = 0
        while True:
            try:
                consumer = await self._bus.consumer(
                    stream, CONSUMER, ack_wait_s=ACK_WAIT_S, unacknowledged_max=UNACKNOWLEDGED_MAX
                )
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._count(stream, consumer))
                    failures = 0
                    await self._fetch(stream, consumer)
            except* Exception as errors:
                failures += 1
                log.warning("the stream %s cannot be read", stream, exc_info=_unexpected(errors))
                self._troubles.trouble(
                    f"stream-{stream.lower()}",
                    f"the stream {stream} cannot be read: {errors.exceptions[0]}",
                    "see whether the bus runs: kandelia status",
                )
            await asyncio.sleep(RETRY.delay_s(failures))

    async def _fetch(self, stream: str, consumer: Consumer) -> None:
        typical = 0.0
        while True:
            count = self._fetch_rule.count(self.held_bytes, typical)
            if not count:
                self._room.clear()
                await self._room.wait()
                continue
            messages = await consumer.fetch(count, FETCH_WAIT_S)
            self._troubles.mended(f"stream-{stream.lower()}")
            if messages:
                largest = max(len(message.data) for message in messages)
                typical += (largest - typical) * (TYPICAL_WEIGHT if typical else 1.0)
                self._hold(messages, consumer)
                await asyncio.sleep(GATHER_S if len(messages) * 2 < count else 0)

    def _hold(self, messages: Sequence[Message], consumer: Consumer) -> None:
        if not self._ready:
            self._first_s = self._clock.monotonic_s()
        for message in messages:
            held = _decoded(message, consumer)
            self._ready.append(held)
            self._rows += held.rows
            self._bytes += len(message.data)
            self.held_bytes += len(message.data)
            self._oldest[id(held)] = message.stored_ns
        self._news.set()

    async def take(self) -> list[Held]:
        """Wait until a flush is due, then give it; empty only after `stop`, when nothing is in hand."""
        while not self._stopping:
            left_s = self._wait_left_s()
            if left_s == 0:
                break
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left_s)
        taken: list[Held] = []
        rows = size = 0
        while self._ready and rows < self._rule.rows and size < self._rule.bytes:
            held = self._ready.popleft()
            taken.append(held)
            rows += held.rows
            size += len(held.message.data)
        self._rows -= rows
        self._bytes -= size
        self._first_s = self._clock.monotonic_s()
        return taken

    def _wait_left_s(self) -> float | None:
        if not self._ready:
            return None
        return self._rule.wait_left_s(self._rows, self._bytes, self._clock.monotonic_s() - self._first_s)

    def stop(self) -> None:
        """From now on `take` does not wait."""
        self._stopping = True
        self._news.set()

    def rest(self) -> list[Held]:
        """What was fetched and will not be taken any more."""
        rest = list(self._ready)
        self._ready.clear()
        self._rows = self._bytes = 0
        return rest

    def release(self, done: Iterable[Held]) -> None:
        """These are no longer in hand, whether acknowledged or refused."""
        for held in done:
            self.held_bytes -= len(held.message.data)
            self._oldest.pop(id(held), None)
        self._room.set()

    def lag_s(self) -> float:
        """Age of the oldest message in hand, which is the oldest that waits."""
        return max(0.0, (self._clock.now_ns() - min(self._oldest.values())) / NS_PER_S) if self._oldest else 0.0

    async def _count(self, stream: str, consumer: Consumer) -> None:
        while True:
            self._pending[stream] = await consumer.pending()
            self.messages_waiting = sum(self._pending.values())
            await asyncio.sleep(PENDING_PERIOD_S)


def _unexpected(errors: ExceptionGroup[Exception]) -> ExceptionGroup[Exception] | None:
    return errors.split(KandeliaError)[1]


def _decoded(message: Message, consumer: Consumer) -> Held:
    try:
        return Held(message, consumer, decode(message.data))
    except InvalidInput as error:
        return Held(message, consumer, None, str(error)[:300])
    except Exception as error:  # whatever foreign bytes do to the decoder must not stop the stream
        log.exception("a message of %s could not be decoded", message.subject)
        return Held(message, consumer, None, repr(error)[:300])

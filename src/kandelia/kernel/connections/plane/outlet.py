"""From one connection to the bus: in order, bounded, each message under one id until the bus has it on disk."""

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from kandelia.base.clock import Clock
from kandelia.base.errors import KandeliaError, NotFound, TooMuch, Unavailable
from kandelia.base.ids import new_id
from kandelia.base.samples import placed
from kandelia.kernel.connections.logic.holding import Held, HoldQueue, messages_of
from kandelia.ports.bus import Bus

IN_FLIGHT_MAX = 8
SETTLING_MAX = 2 * IN_FLIGHT_MAX
RETRY_FIRST_S = 0.1
RETRY_MAX_S = 2.0
STORE_TIMEOUT_S = 5.0
log = logging.getLogger("kandelia.edge")


@dataclass
class Budget:
    """How long and how much all connections of an edge may hold together while the bus is away."""

    hold_s: float
    bytes_max: int
    sharers: int = 1

    @property
    def share(self) -> int:
        """Bytes that each may hold."""
        return self.bytes_max // max(1, self.sharers)


@dataclass
class Outlet:
    """Guarantees: a batch leaves this queue only when the bus has stored it (fsync), or when a bound forces it out.

    What is forced out is counted in `lost`, and a bad row (BadDataLost) at the first lost time of each signal is
    stored as soon as the bus takes batches again. Batches are handed over oldest first, up to
    IN_FLIGHT_MAX at once; those that failed are sent again, under the same id, before anything newer.
    """

    bus: Bus
    subject: str
    clock: Clock
    budget: Budget
    ensure_stream: Callable[[], object]
    queue: HoldQueue = field(default_factory=HoldQueue)
    stored_rows: int = 0
    stored_batches: int = 0
    acknowledged: Callable[[np.ndarray, np.ndarray], object] | None = None  # numbers and times of stored rows
    trouble: str = ""  # why the bus does not take what we have; empty while it does
    full: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _urgent: HoldQueue = field(default_factory=HoldQueue)
    _settling: list[Held] = field(default_factory=list)  # stored, while one of before them may not be

    def put(self, batch: pa.RecordBatch) -> None:
        """Take a batch; never waits. Past the bounds the oldest goes."""
        self._enqueue(self.queue, batch)
        self._news.set()

    @property
    def held_s(self) -> float:
        """Seconds that the oldest batch has waited while the bus does not take it."""
        return self.queue.age_s(self.clock.monotonic_s()) if self.trouble else 0.0

    async def run(self) -> None:
        """Send until cancelled."""
        delay = RETRY_FIRST_S
        while True:
            if not self._has_work():
                self._news.clear()
                await self._news.wait()
            if await self._send_some():
                delay = RETRY_FIRST_S
                self._shed(math.inf)  # a bus that takes less than comes must not fill the memory
                continue
            self._shed(self.budget.hold_s)
            await asyncio.sleep(delay)
            delay = min(RETRY_MAX_S, delay * 2)

    async def drain(self, seconds: float) -> int:
        """Send what waits, for a bounded time, when `run` has ended; how many rows stay behind unsent."""
        try:
            async with asyncio.timeout(seconds):
                while self._has_work():
                    if not await self._send_some():
                        await asyncio.sleep(RETRY_FIRST_S)
        except TimeoutError:
            log.warning("%s: the bus did not take everything within %g s", self.subject, seconds)
        return sum(held.rows for queue in (self.queue, self._urgent) for held in queue.waiting)

    def _enqueue(self, queue: HoldQueue, batch: pa.RecordBatch) -> None:
        now = self.clock.monotonic_s()
        for data, rows in messages_of(batch):
            queue.push(Held(new_id(), data, rows, now))

    def _has_work(self) -> bool:
        """Marks of a loss are made only once the bus takes batches: until then the loss may still grow."""
        if not self.trouble and (marks := self.queue.loss_marks()) is not None:
            self._enqueue(self._urgent, marks)
        return bool(self.queue.waiting or self._urgent.waiting)

    async def _send_some(self) -> bool:
        source = self._urgent if self._urgent.waiting else self.queue
        sending = source.front(IN_FLIGHT_MAX)
        stored = await asyncio.gather(*(self._store(held) for held in sending))
        taken = [held for held, well in zip(sending, stored, strict=True) if well]
        source.done({held.id for held in taken})
        self._settling += taken
        if all(stored):
            self._settle()
        del self._settling[:-SETTLING_MAX]  # untold they count as not stored, which marks too much, never too little
        return all(stored)

    def _settle(self) -> None:
        """Nothing before these waits any more: tell up to where each signal is stored."""
        settled, self._settling = self._settling, []
        if self.acknowledged is not None:
            rows = [placed(held.data) for held in settled]
            numbers = np.concatenate([numbers for numbers, _ in rows])
            self.acknowledged(numbers, np.concatenate([times for _, times in rows]))

    async def _store(self, held: Held) -> bool:
        try:
            await self.bus.store(self.subject, held.data, message_id=held.id, timeout_s=STORE_TIMEOUT_S)
        except NotFound:
            self._complain("the bus has no stream for samples yet", full=False)
            self.ensure_stream()
        except TooMuch as error:
            self._complain(str(error), full=True)
        except (Unavailable, OSError) as error:
            self._complain(str(error), full=False)
        except KandeliaError as error:
            log.exception("%s: the bus refuses a batch", self.subject)
            self._complain(str(error), full=False)
        else:
            self.trouble, self.full = "", False
            self.stored_rows += held.rows
            self.stored_batches += 1
            return True
        return False

    def _complain(self, why: str, *, full: bool) -> None:
        self.trouble, self.full = why, full

    def _shed(self, hold_s: float) -> None:
        rows = self.queue.shed(self.clock.monotonic_s(), hold_s, self.budget.share)
        if rows:
            log.warning("%s: %d samples dropped, the bus was away too long or is too slow", self.subject, rows)

"""A publisher in a process of its own, so that what it costs is not counted as the platform's."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np
import pyarrow as pa

from kandelia.base.errors import TooMuch, Unavailable
from kandelia.base.samples import encode, make_batch
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.link import Login

SIGNALS = 2_000
START_NS = 1_767_225_600_000_000_000
SECOND_NS = 1_000_000_000
OUTSTANDING = 64
END_S = 5.0  # for closing its link


class Walks:
    """Samples of all signals at 1 Hz, two decimals; each call goes on where the last ended."""

    def __init__(self, rows: int, seed: int) -> None:
        self._rows = rows
        self._chance = np.random.default_rng(seed)
        self._values = np.zeros(SIGNALS)
        self._second = seed * 200_000
        self._pool: Iterator[pa.RecordBatch] = iter(())

    def __next__(self) -> pa.RecordBatch:
        batch = next(self._pool, None)
        if batch is None:
            self._pool = self._more()
            batch = next(self._pool)
        return batch

    def _more(self) -> Iterator[pa.RecordBatch]:
        """Five minutes, signals side by side as an edge cuts them."""
        seconds = 300
        steps = self._chance.normal(scale=0.05, size=(seconds, SIGNALS))
        values = (self._values + np.cumsum(steps, axis=0)).round(2)
        self._values = values[-1]
        times = START_NS + (self._second + np.arange(seconds, dtype=np.int64)) * SECOND_NS
        self._second += seconds
        signals = np.tile(np.arange(1, SIGNALS + 1, dtype=np.uint32), seconds)
        whole = make_batch(signals, np.repeat(times, SIGNALS), lag_ms=5, value=values.ravel())
        for start in range(0, whole.num_rows, self._rows):
            yield whole.slice(start, self._rows)


@dataclass(frozen=True)
class Work:
    """What a publisher does: `messages` of `rows` samples, at `rate` samples a second (0: as fast as they are taken)
    and for `seconds` at most (0: all of them)."""

    url: str
    login: Login
    subject: str
    rows: int
    messages: int
    seed: int
    seconds: float = 0.0
    rate: int = 0


@dataclass
class Publisher:
    """`go` begins; `end` waits for the last acknowledgement."""

    process: multiprocessing.context.SpawnProcess
    pipe: Connection
    cpu_s: float = 0.0

    def go(self) -> None:
        """Begin now."""
        self.pipe.send("go")

    async def end(self) -> int:
        """How many messages are in the stream; `cpu_s` then says what that took."""
        count, self.cpu_s = await asyncio.to_thread(self.pipe.recv)
        return int(count)


@asynccontextmanager
async def publisher(work: Work) -> AsyncIterator[Publisher]:
    """A process whose messages are made and whose link is open."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_main, args=(work, there), daemon=True)
    process.start()
    try:
        await asyncio.to_thread(here.recv)
        yield Publisher(process, here)
    finally:
        process.join(END_S)
        if process.is_alive():
            process.terminate()
            process.join()


def _main(work: Work, pipe: Connection) -> None:
    asyncio.run(_publish(work, pipe))


async def _publish(work: Work, pipe: Connection) -> None:
    walks = Walks(work.rows, work.seed)
    ready = [encode(next(walks)) for _ in range(work.messages)]
    bus = await open_bus((work.url,), work.login)
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    began_s, used_s = time.monotonic(), time.process_time()
    count = await _all(bus, work, ready, began_s)
    pipe.send((count, time.process_time() - used_s))
    await bus.close()


async def _all(bus: NatsBus, work: Work, ready: list[bytes], began_s: float) -> int:
    """Store messages with OUTSTANDING under way; how many."""
    waiting: set[asyncio.Task[None]] = set()
    for number, data in enumerate(ready):
        if work.seconds and time.monotonic() - began_s > work.seconds:
            ready = ready[:number]
            break
        if work.rate:
            await asyncio.sleep(max(0.0, began_s + number * work.rows / work.rate - time.monotonic()))
        if len(waiting) >= OUTSTANDING:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        waiting.add(asyncio.create_task(store(bus, work.subject, data, f"{work.seed}-{work.rows}-{number}")))
    await asyncio.gather(*waiting)
    return len(ready)


async def store(bus: NatsBus, subject: str, data: bytes, name: str) -> None:
    """Once on disk in the stream; waits where it is full or slow."""
    while True:
        try:
            await bus.store(subject, data, message_id=name, timeout_s=30.0)
            return
        except (TooMuch, Unavailable):
            await asyncio.sleep(0.2)

"""A real bus, a real engine, and the history role's parts between them, on temporary directories."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kandelia.base.clock import SystemClock
from kandelia.base.errors import KandeliaError
from kandelia.base.samples import Kind, encode, make_batch
from kandelia.boot.settings import Settings
from kandelia.boot.streams import ensure_streams
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.server import NatsServer
from kandelia.kernel.connections.contracts import (
    EDGE_STREAM,
    LOAD_STREAM,
    SNAPSHOT_BUCKET,
    ConnectionDocument,
    SignalEntry,
    connection_key,
    edge_subject,
    encode_document,
)
from kandelia.kernel.connections.plane.snapshot import Snapshot
from kandelia.kernel.signals.logic.flushing import FlushRule
from kandelia.kernel.signals.plane.answering import Answering
from kandelia.kernel.signals.plane.recorder import Recorder
from kandelia.ports.history import History, Reading, Window
from kandelia.ports.history_rows import TIME_MAX_NS

T0 = 1_700_000_000 * 10**9
ALWAYS = Window(0, TIME_MAX_NS)
SECOND = 10**9


@dataclass
class Board:
    """Troubles as the reporter would hold them."""

    open: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def trouble(self, code: str, what: str, mend: str) -> None:
        self.open[code] = f"{what}; {mend}"
        self.seen.add(code)

    def mended(self, code: str) -> None:
        self.open.pop(code, None)


@asynccontextmanager
async def running_server(directory: Path) -> AsyncIterator[NatsServer]:
    server = NatsServer(directory / "bus", FileSecrets(directory / "secrets"))
    await server.start()
    try:
        yield server
    finally:
        server.stop()


@asynccontextmanager
async def running_bus(server: NatsServer, directory: Path) -> AsyncIterator[NatsBus]:
    bus = await open_bus((server.url,), server.login)
    await ensure_streams(bus, Settings(directory=directory), server.prepared.store_bytes_max)
    try:
        yield bus
    finally:
        await bus.close()


@dataclass
class Stand:
    """What a test works with."""

    bus: NatsBus
    history: Any
    snapshot: Snapshot
    recorder: Recorder
    answering: Answering
    board: Board

    async def send(self, organisation: str, batch: pa.RecordBatch | bytes, name: str = "") -> int:
        data = batch if isinstance(batch, bytes) else encode(batch)
        stored = await self.bus.store(edge_subject(organisation, "s", "c"), data, message_id=name)
        return stored.sequence

    async def drained(self, within_s: float = 15.0) -> None:
        """Until both streams are empty, which means that every message is acknowledged."""
        async with asyncio.timeout(within_s):
            while any([(await self.bus.stream_state(name)).messages for name in (EDGE_STREAM, LOAD_STREAM)]):
                await asyncio.sleep(0.05)

    def rows(self, signals: Sequence[int]) -> pa.Table:
        return rows_of(self.history, signals)


def rows_of(history: History, signals: Sequence[int]) -> pa.Table:
    batches = list(history.raw(signals, ALWAYS, Reading()))
    return pa.Table.from_batches(batches) if batches else pa.table({"signal": [], "value": []})


def document(organisation: str, numbers: Sequence[int], kind: Kind = Kind.FLOAT, **fields: Any) -> ConnectionDocument:
    name = fields.pop("id", "line")
    revision = fields.pop("revision", 1)
    signals = tuple(SignalEntry(number, f"{organisation}.m.s{number}", kind, **fields) for number in numbers)
    return ConnectionDocument(name, organisation, "s", "opcua", revision, signals=signals)


async def configure(bus: NatsBus, *documents: ConnectionDocument) -> None:
    bucket = await bus.key_value(SNAPSHOT_BUCKET)
    for one in documents:
        await bucket.put(connection_key(one.organisation, one.id), encode_document(one))


def floats(numbers: Any, times_ns: Any, values: Any) -> pa.RecordBatch:
    return make_batch(numbers, times_ns, value=values)


def walk(number: int, rows: int, seed: int = 1, start_ns: int = T0) -> pa.RecordBatch:
    values = np.random.default_rng(seed).normal(size=rows).round(2) + 0.0  # no minus zero: it is stored as zero
    return floats(number, start_ns + np.arange(rows, dtype=np.int64) * SECOND, values)


@asynccontextmanager
async def running_stand(
    bus: NatsBus, history: Any, *, rule: FlushRule | None = None, record: bool = True, readers: int = 3
) -> AsyncIterator[Stand]:
    board, clock = Board(), SystemClock()
    snapshot = Snapshot(board)
    recorder = Recorder(bus, history, snapshot, clock, board, rule or FlushRule(200_000, 32_000_000, 0.05))
    answering = Answering(bus, history, snapshot, clock, readers=readers, memory_bytes_max=500_000_000)
    work = [snapshot.follow(bus), answering.run(), *([recorder.run()] if record else [])]
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.wait_for(snapshot.ready(), 60)
        yield Stand(bus, history, snapshot, recorder, answering, board)
    finally:
        recorder.stop()
        if record:
            await asyncio.wait(tasks[-1:], timeout=10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Any, within_s: float = 10.0) -> None:
    """Wait for a condition of the running parts."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


async def collect(answers: AsyncIterator[pa.RecordBatch]) -> pa.Table:
    batches = [batch async for batch in answers]
    return pa.Table.from_batches(batches) if batches else pa.table({})


async def refusal(answers: AsyncIterator[pa.RecordBatch]) -> KandeliaError | None:
    try:
        await collect(answers)
    except KandeliaError as error:
        return error
    return None

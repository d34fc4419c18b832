"""An edge in this process between real peers and a bus, with what a test asks about it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pyarrow as pa

from kandelia.base.clock import Clock, SystemClock
from kandelia.base.errors import Unavailable
from kandelia.base.samples import Kind, decode, times_ns
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.memory.bus import MemoryBus
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.server import NatsServer
from kandelia.kernel.connections.contracts import (
    EDGE_STREAM,
    EDGE_SUBJECTS,
    SNAPSHOT_BUCKET,
    ConnectionDocument,
    ConnectionState,
    SignalEntry,
    State,
    connection_key,
    encode_document,
)
from kandelia.kernel.connections.drivers import Driver
from kandelia.kernel.connections.orders import COMMANDS_STREAM, COMMANDS_SUBJECTS, ORDERS_KEPT_S
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.kernel.connections.plane.edge import Edge, EdgePlan
from kandelia.ports.bus import Bus, StreamSpec

WAIT_S = 60.0


@dataclass
class Told:
    """The troubles that stand now, and all that ever stood."""

    now: dict[str, tuple[str, str]] = field(default_factory=dict)
    ever: set[str] = field(default_factory=set)

    def trouble(self, code: str, what: str, mend: str) -> None:
        self.now[code] = (what, mend)
        self.ever.add(code)

    def mended(self, code: str) -> None:
        self.now.pop(code, None)


@dataclass(frozen=True)
class Row:
    """One sample as the stream holds it."""

    signal: int
    time_ns: int
    lag_ms: int
    quality: int
    kind: int
    value: float | int | str | None


def rows_of(batch: pa.RecordBatch) -> list[Row]:
    columns = batch.drop_columns(["time"]).to_pydict()
    rows = []
    for place, time in enumerate(times_ns(batch).tolist()):
        kind = columns["kind"][place]
        value = {Kind.MISSING: None, Kind.FLOAT: columns["value"][place], Kind.TEXT: columns["text"][place]}.get(
            kind, columns["integer"][place]
        )
        rows.append(
            Row(columns["signal"][place], time, columns["lag_ms"][place], columns["quality"][place], kind, value)
        )
    return rows


@dataclass
class Rig:
    """One edge at a time on one bus and one directory."""

    bus: Bus
    directory: Path
    drivers: Mapping[str, Driver] | None = None
    clock: Clock = field(default_factory=SystemClock)
    plan: dict[str, object] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    edge: Edge | None = None

    def __post_init__(self) -> None:
        self.secrets = FileSecrets(self.directory / "secrets")
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def ensure_streams(self) -> None:
        """Kept rather than worked off, so that a test can read all of it again."""
        await self.bus.ensure_stream(StreamSpec(EDGE_STREAM, EDGE_SUBJECTS, bytes_max=100_000_000))
        await self.bus.ensure_stream(
            StreamSpec(COMMANDS_STREAM, COMMANDS_SUBJECTS, bytes_max=1_000_000, repeat_window_s=ORDERS_KEPT_S)
        )

    async def put(self, document: ConnectionDocument) -> None:
        bucket = await self.bus.key_value(SNAPSHOT_BUCKET)
        await bucket.put(connection_key(document.organisation, document.id), encode_document(document))

    async def remove(self, document: ConnectionDocument) -> None:
        bucket = await self.bus.key_value(SNAPSHOT_BUCKET)
        await bucket.delete(connection_key(document.organisation, document.id))

    def start(self) -> None:
        plan = EdgePlan(
            **{
                "directory": self.directory / "edge",
                "drivers_directory": self.directory / "drivers",
                "batch_s": 0.1,
                **self.plan,
            }  # type: ignore[arg-type]
        )
        given = dict(self.drivers) if self.drivers is not None else None
        self._stopping = asyncio.Event()
        self.edge = Edge(
            plan,
            self.bus,
            self.secrets,
            self.clock,
            self.told,
            self.ensure_streams,
            Drivers(plan.drivers_directory, given),
        )
        self._task = asyncio.create_task(self.edge.run(self._stopping))

    async def stop(self) -> None:
        """In order."""
        self._stopping.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def die(self) -> None:
        """As near as one process comes to a kill: every task ends where it stands, nothing is written."""
        task, self._task = self._task, None
        assert self.edge is not None and task is not None
        for running in self.edge.running.values():
            running.supervised.proofs.write = lambda *_, **__: None  # type: ignore[method-assign]
            running.supervised.outlet.put = lambda _: None  # type: ignore[method-assign]
        self.edge.running.clear()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def rows(self) -> list[Row]:
        """Everything that the stream holds."""
        found: list[Row] = []
        async for message in self.bus.replay(EDGE_STREAM):
            found += rows_of(decode(message.data))
        return found

    async def until_rows(self, enough: Callable[[Sequence[Row]], bool], wait_s: float = WAIT_S) -> list[Row]:
        rows = await self.rows() if self.bus.connected else []
        try:
            async with asyncio.timeout(wait_s):
                while not enough(rows):
                    await asyncio.sleep(0.1)
                    with contextlib.suppress(Unavailable):  # the bus may be on its way back
                        rows = await self.rows()
        except TimeoutError:
            raise AssertionError(f"not in {wait_s} s; {len(rows)} rows, the last: {rows[-5:]}") from None
        return rows

    @contextlib.asynccontextmanager
    async def states(self) -> AsyncIterator["States"]:
        subscription = await self.bus.subscribe("org.*.site.*.state.*")
        states = States()

        async def listen() -> None:
            async for message in subscription:
                states.all.append(msgspec.json.decode(message.data, type=ConnectionState))

        task = asyncio.create_task(listen())
        yield states
        task.cancel()
        await subscription.close()


@dataclass
class States:
    """What connections have said."""

    all: list[ConnectionState] = field(default_factory=list)

    async def until(self, enough: Callable[[ConnectionState], bool], wait_s: float = WAIT_S) -> ConnectionState:
        """The first state from now on for which this holds (the newest one counts)."""
        seen = max(0, len(self.all) - 1)
        try:
            async with asyncio.timeout(wait_s):
                while True:
                    for state in self.all[seen:]:
                        if enough(state):
                            return state
                    seen = len(self.all)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"not in {wait_s} s; the last: {self.all[-1:]}") from None

    async def enter(self, state: State, wait_s: float = WAIT_S) -> ConnectionState:
        return await self.until(lambda told: told.state is state, wait_s)


@contextlib.asynccontextmanager
async def nats_rig(directory: Path, **options: object) -> AsyncIterator[tuple[Rig, NatsServer]]:
    """A rig on a NATS server of its own."""
    server = NatsServer(directory / "bus", FileSecrets(directory / "secrets"))
    await server.start()
    bus: NatsBus = await open_bus((server.url,), server.login)
    rig = Rig(bus, directory, **options)  # type: ignore[arg-type]
    try:
        await rig.ensure_streams()
        yield rig, server
    finally:
        await rig.stop()
        await bus.close()
        server.stop()


@contextlib.asynccontextmanager
async def memory_rig(directory: Path, **options: object) -> AsyncIterator[Rig]:
    """A rig on the bus in memory."""
    rig = Rig(MemoryBus(), directory, **options)  # type: ignore[arg-type]
    try:
        await rig.ensure_streams()
        yield rig
    finally:
        await rig.stop()
        await rig.bus.close()


def document(driver: str, addresses: Sequence[str], **changes: object) -> ConnectionDocument:
    """A connection "line1" whose signals are numbered from 1 in the order of `addresses`."""
    signals = tuple(
        SignalEntry(number, f"plant.line.machine.s{number}", Kind.FLOAT, address, period_ms=100)
        for number, address in enumerate(addresses, 1)
    )
    known: dict[str, object] = {"id": "line1", "organisation": "main", "site": "plant", "revision": 1}
    return ConnectionDocument(driver=driver, signals=signals, **{**known, **changes})  # type: ignore[arg-type]


def values_of(rows: Sequence[Row], signal: int) -> Iterator[float]:
    """The values of one signal, as stored."""
    return (row.value for row in rows if row.signal == signal and row.value is not None)  # type: ignore[misc]

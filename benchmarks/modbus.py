"""What polling Modbus costs: `python -m benchmarks.modbus [--devices 100] [--tags 200] [--seconds 20]`.

Devices with registers of float32, each read once a second: by the bare client library (pymodbus) that turns them into
numbers, by our driver alone up to columns of samples, and by a whole edge up to its acknowledged batches on the bus
(NATS, fsync). The devices are one process; it notes when each poll arrives, so that jitter is what a device sees.
Processor time is of the reading process alone. Last, one gateway in ten has a unit that never answers: the others keep
their periods.
"""

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import uvloop
from pymodbus.client import AsyncModbusTcpClient

from kandelia.base.clock import SystemClock
from kandelia.base.samples import Kind, make_batch
from kandelia.drivers.modbus.driver import driver
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import open_bus
from kandelia.engines.nats.link import Login
from kandelia.engines.nats.server import NatsServer
from kandelia.kernel.connections.contracts import (
    EDGE_STREAM,
    EDGE_SUBJECTS,
    SNAPSHOT_BUCKET,
    ConnectionDocument,
    SignalEntry,
    connection_key,
    encode_document,
)
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.kernel.connections.plane.edge import Edge, EdgePlan
from kandelia.ports.bus import StreamSpec
from kandelia.sdk.drivers import Item

RATE_LEAST = 20_000  # tags a second
JITTER_P99_MS_MAX = 50.0
COST_RATIO_MAX = 1.5
WARM_UP_PERIODS = 5  # that every device has been read before anything counts
WARM_UP_S_MAX = 90
REGISTERS_MAX = 124  # whole float32 in one request
PERIOD_S = 1.0
SILENT_UNIT = 7
SILENT_SHARE = 10  # one gateway in so many has a unit that never answers
SILENT_DEVIATION_MS_MAX = 200.0  # 20 % of the period


class Device(asyncio.Protocol):
    """Answers reads of holding registers from one table made before; notes when register 0 is asked for."""

    def __init__(self, device: int, arrivals: list[tuple[int, float]]) -> None:
        self.device, self.arrivals = device, arrivals
        self.data = np.arange(4_096, dtype=">f4").tobytes()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """One request at a time, as both clients send them."""
        for at in range(0, len(data) - 11, 12):
            start, count = int.from_bytes(data[at + 8 : at + 10], "big"), int.from_bytes(data[at + 10 : at + 12], "big")
            if data[at + 6] == SILENT_UNIT:
                continue
            if start == 0:
                self.arrivals.append((self.device, time.monotonic()))
            size = 2 * count
            head = data[at : at + 4] + (size + 3).to_bytes(2, "big") + data[at + 6 : at + 8] + bytes([size])
            self.transport.write(head + self.data[2 * start : 2 * start + size])  # type: ignore[attr-defined]


def serve(devices: int, pipe: Connection) -> None:
    """Sends its ports, then at each word received the arrivals since the last one; an empty word ends it."""

    async def run() -> None:
        arrivals: list[tuple[int, float]] = []
        loop = asyncio.get_running_loop()
        made = [await loop.create_server(lambda n=n: Device(n, arrivals), "127.0.0.1", 0) for n in range(devices)]
        pipe.send([one.sockets[0].getsockname()[1] for one in made])
        while await loop.run_in_executor(None, pipe.recv):
            pipe.send(list(arrivals))
            arrivals.clear()

    uvloop.run(run())


@dataclass(frozen=True)
class Work:
    """What a reader does."""

    ports: tuple[int, ...]
    tags: int
    seconds: float
    url: str
    login: Login
    directory: Path
    silent: bool = False


def read_bare(work: Work, pipe: Connection) -> None:
    """The client library alone: a client a device, on a grid of its own."""

    async def poll(port: int, place: int) -> None:
        client = AsyncModbusTcpClient("127.0.0.1", port=port)
        clients.append(client)
        await client.connect()
        due = time.monotonic() + place / len(work.ports)
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            for start in range(0, 2 * work.tags, REGISTERS_MAX):
                count = min(REGISTERS_MAX, 2 * work.tags - start)
                answer = await client.read_holding_registers(start, count=count)
                counted[0] += len(client.convert_from_registers(answer.registers, client.DATATYPE.FLOAT32))
            due += PERIOD_S

    async def run() -> None:
        tasks = [asyncio.create_task(poll(port, place)) for place, port in enumerate(work.ports)]
        await measure(work, pipe, lambda: counted[0])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in clients:
            client.close()

    counted = [0]
    clients: list[AsyncModbusTcpClient] = []
    uvloop.run(run())


class Counter:
    """A sink that turns what it is given into the columns of a sample batch, and counts."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, numbers: Any, times_ns: Any, qualities: Any, values: Any, lost_before: Any = ()) -> None:
        """See Sink."""
        self.rows += make_batch(numbers, times_ns, quality=qualities, value=values).num_rows

    def alive(self) -> None:
        """See Sink."""

    def dropped(self, count: int) -> None:
        """See Sink."""

    def fault(self, what: str) -> None:
        """See Sink."""
        print(f"    {what}", file=sys.stderr)


def read_driver(work: Work, pipe: Connection) -> None:
    """Our driver alone, up to columns."""

    async def run() -> None:
        sink = Counter()
        sessions = []
        for place, port in enumerate(work.ports):
            wanted = document(place, port, work.tags)
            session = await driver.open(driver.configure(wanted.settings), {})
            items = [Item(signal.number, signal.address, signal.kind, signal.period_ms) for signal in wanted.signals]
            await session.collect(items, sink)
            sessions.append(session)
        await measure(work, pipe, lambda: sink.rows)
        for session in sessions:
            await session.close()

    uvloop.run(run())


def read_ours(work: Work, pipe: Connection) -> None:
    """A whole edge, up to the acknowledgement of the bus."""

    async def run() -> None:
        bus = await open_bus((work.url,), work.login)
        spec = StreamSpec(EDGE_STREAM, EDGE_SUBJECTS, bytes_max=2_000_000_000)
        await bus.ensure_stream(spec)
        bucket = await bus.key_value(SNAPSHOT_BUCKET)
        for place, port in enumerate(work.ports):
            wanted = document(place, port, work.tags, silent=work.silent and place % SILENT_SHARE == 0)
            await bucket.put(connection_key(wanted.organisation, wanted.id), encode_document(wanted))
        secrets = FileSecrets(work.directory / "secrets")
        plan = EdgePlan(work.directory / "edge", work.directory / "drivers")
        edge = Edge(
            plan, bus, secrets, SystemClock(), Quiet(), lambda: bus.ensure_stream(spec), Drivers(plan.directory)
        )
        stopping = asyncio.Event()
        task = asyncio.create_task(edge.run(stopping))
        await measure(work, pipe, lambda: sum(one.supervised.outlet.stored_rows for one in edge.running.values()))
        stopping.set()
        await task
        await bus.close()

    uvloop.run(run())


class Quiet:
    """Troubles of an edge, printed."""

    def trouble(self, code: str, what: str, mend: str) -> None:
        """See Troubles."""
        print(f"    {code}: {what}; {mend}", file=sys.stderr)

    def mended(self, code: str) -> None:
        """See Troubles."""


async def measure(work: Work, pipe: Connection, count: Callable[[], int]) -> None:
    """Warm up, then tags and processor seconds over the time."""
    for _ in range(WARM_UP_S_MAX):
        if count() >= WARM_UP_PERIODS * len(work.ports) * work.tags:
            break
        await asyncio.sleep(1.0)
    await asyncio.get_running_loop().run_in_executor(None, pipe.send, "begun")
    began, cpu, tags = time.monotonic(), time.process_time(), count()
    await asyncio.sleep(work.seconds)
    spent, took = time.process_time() - cpu, time.monotonic() - began
    pipe.send(((count() - tags) / took, spent / took))


def document(place: int, port: int, tags: int, *, silent: bool = False) -> ConnectionDocument:
    """A device's connection; with `silent` a unit behind it that never answers."""
    signals = tuple(
        SignalEntry(place * tags + n + 1, f"p.l.m{place}.s{n}", Kind.FLOAT, f"holding={2 * n};type=float32")
        for n in range(tags)
    )
    if silent:
        signals += (SignalEntry(1_000_000 + place, f"p.l.m{place}.q", Kind.FLOAT, f"unit={SILENT_UNIT};holding=0"),)
    settings = {"host": "127.0.0.1", "port": port, "registers_max": REGISTERS_MAX}
    return ConnectionDocument(f"device{place}", "main", "plant", "modbus", 1, settings=settings, signals=signals)


def run_reader(read: Callable[[Work, Connection], None], work: Work, devices: Connection) -> tuple[float, float, float]:
    """(tags a second, share of a core, p99 of jitter in ms)."""
    spawn = multiprocessing.get_context("spawn")
    near, far = spawn.Pipe()
    process = spawn.Process(target=read, args=(work, far))
    process.start()
    near.recv()
    devices.send("forget")
    devices.recv()
    rate, share = near.recv()
    devices.send("tell")
    arrivals = devices.recv()
    process.join(30)
    by_device: dict[int, list[float]] = {}
    for device, at in arrivals:
        by_device.setdefault(device, []).append(at)
    late = np.concatenate([np.abs(np.diff(times) - PERIOD_S) for times in by_device.values()])
    return rate, share, float(np.quantile(late, 0.99)) * 1_000


def main() -> int:
    """Print; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--tags", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    near, far = spawn.Pipe()
    devices = spawn.Process(target=serve, args=(options.devices, far), daemon=True)
    devices.start()
    ports = tuple(near.recv())
    with tempfile.TemporaryDirectory(prefix="kandelia-modbus-") as place:
        server = NatsServer(Path(place) / "bus", FileSecrets(Path(place) / "secrets"))
        asyncio.run(server.start())
        work = Work(ports, options.tags, options.seconds, server.url, server.login, Path(place))
        try:
            bare = run_reader(read_bare, work, near)
            alone = run_reader(read_driver, work, near)
            ours = run_reader(read_ours, work, near)
            silent = run_reader(read_ours, replace(work, silent=True, directory=Path(place) / "silent"), near)
        finally:
            server.stop()
            near.send("")
    for name, (rate, share, jitter) in (
        ("pymodbus alone", bare),
        ("driver alone", alone),
        ("edge, to the bus", ours),
        ("edge, silent units", silent),
    ):
        print(f"{name:18} {rate:8,.0f} tags/s  {share:6.1%} of a core  {share / rate * 1e6:5.2f} µs a tag  ", end="")
        print(f"jitter p99 {jitter:5.1f} ms")
    ratio, whole = ((one[1] / one[0]) / (bare[1] / bare[0]) for one in (alone, ours))
    wanted = min(RATE_LEAST, options.devices * options.tags)
    print(
        f"processor time against pymodbus alone: driver {ratio:.2f} (at most {COST_RATIO_MAX}), whole edge {whole:.2f}"
    )
    good = ours[0] >= 0.99 * wanted and ours[2] < JITTER_P99_MS_MAX and ratio <= COST_RATIO_MAX
    good = good and silent[2] < SILENT_DEVIATION_MS_MAX
    print("bounds hold" if good else "BOUNDS DO NOT HOLD")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""What collecting Sparkplug costs: `python -m benchmarks.sparkplug [--nodes 100] [--metrics 50] [--seconds 20]`.

Nodes send a message of aliased metrics each second through mosquitto: heard by the bare client library (paho, with the
alias, time and value of each metric read), by our driver alone up to the columns it hands on, and by a whole edge up to
its acknowledged batches on the bus (NATS, fsync). The nodes are one process. Processor time is of the hearing process.
"""

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import uvloop

from benchmarks.modbus import Quiet
from kandelia.base.clock import SystemClock
from kandelia.base.samples import Kind
from kandelia.drivers.sparkplug.datatypes import DataType
from kandelia.drivers.sparkplug.driver import driver
from kandelia.drivers.sparkplug.schema import Payload
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
from kandelia.sdk.mqtt import open_link, read_broker
from tests.peers.mosquitto import mosquitto

COST_RATIO_MAX = 1.5
WARM_UP_S = 6.0
PERIOD_S = 1.0
SEQUENCE = 256


@dataclass(frozen=True)
class Work:
    """What a hearer does."""

    port: int
    nodes: int
    metrics: int
    seconds: float
    url: str
    login: Login
    directory: Path


class Node:
    """One edge node's messages."""

    def __init__(self, number: int, metrics: int) -> None:
        self.number, self.metrics, self.seq = number, metrics, 0

    def topic(self, kind: str) -> str:
        """Where it sends."""
        return f"spBv1.0/bench/{kind}/node {self.number}"

    def birth(self) -> bytes:
        """All metrics by name, alias and type."""
        self.seq = 0
        payload = Payload(timestamp=time.time_ns() // 1_000_000, seq=0)
        payload.metrics.add(name="bdSeq", datatype=DataType.INT64, long_value=0)
        for alias in range(self.metrics):
            payload.metrics.add(name=f"m{alias}", alias=alias, datatype=DataType.DOUBLE, double_value=0.0)
        return bytes(payload.SerializeToString())

    def data(self, step: int) -> bytes:
        """Every metric changed, by alias, with its time."""
        now_ms = time.time_ns() // 1_000_000
        self.seq = (self.seq + 1) % SEQUENCE
        payload = Payload(timestamp=now_ms, seq=self.seq)
        for alias in range(self.metrics):
            payload.metrics.add(alias=alias, timestamp=now_ms, double_value=step + alias / 7)
        return bytes(payload.SerializeToString())


class Commanded:
    """Births that are asked for."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes, self.asked = nodes, set[int]()

    def message(self, message: Any) -> None:
        """An NCMD."""
        self.asked.add(int(message.topic.rpartition(" ")[2]))

    def too_large(self, topic: str, size: int) -> None:
        """No command is."""


def send(port: int, count: int, metrics: int) -> None:
    """All nodes on one connection, each at its own place in the second, until killed."""

    async def run() -> None:
        link = await open_link(read_broker({"broker": f"mqtt://127.0.0.1:{port}"}), {})
        nodes = [Node(number, metrics) for number in range(count)]
        commanded = Commanded(nodes)
        link.start(commanded)
        await link.subscribe([("spBv1.0/bench/NCMD/+", 0)])
        for node in nodes:
            await link.publish(node.topic("NBIRTH"), node.birth())
        began, step = time.monotonic(), 0
        while True:
            for place, node in enumerate(nodes):
                await asyncio.sleep(max(0.0, began + (step + place / count) * PERIOD_S - time.monotonic()))
                if node.number in commanded.asked:
                    commanded.asked.discard(node.number)
                    await link.publish(node.topic("NBIRTH"), node.birth())
                await link.publish(node.topic("NDATA"), node.data(step))
            step += 1

    uvloop.run(run())


async def measure(work: Work, pipe: Connection, count: Callable[[], int]) -> None:
    """Warm up, then metrics and processor seconds over the time."""
    await asyncio.sleep(WARM_UP_S)
    began, cpu, metrics = time.monotonic(), time.process_time(), count()
    await asyncio.sleep(work.seconds)
    spent, took = time.process_time() - cpu, time.monotonic() - began
    pipe.send(((count() - metrics) / took, spent / took))


def hear_bare(work: Work, pipe: Connection) -> None:
    """The client library in its own thread, each metric's alias, time and value read."""
    counted = [0]

    def hear(_client: Any, _data: Any, message: Any) -> None:
        rows = []
        for told in Payload.FromString(message.payload).metrics:
            rows.append((told.alias, told.timestamp, getattr(told, told.WhichOneof("value") or "int_value")))
        counted[0] += len(rows)

    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.on_message = hear
    client.connect("127.0.0.1", work.port)
    client.subscribe("spBv1.0/bench/NDATA/+")
    client.loop_start()
    uvloop.run(measure(work, pipe, lambda: counted[0]))
    client.loop_stop()


def document(work: Work) -> ConnectionDocument:
    """One connection with every metric of every node."""
    signals = tuple(
        SignalEntry(n * work.metrics + m + 1, f"p.l.n{n}.m{m}", Kind.FLOAT, f"bench/node {n}#m{m}")
        for n in range(work.nodes)
        for m in range(work.metrics)
    )
    settings = {"broker": f"mqtt://127.0.0.1:{work.port}", "rebirth_s": 2.0}
    return ConnectionDocument("nodes", "main", "plant", "sparkplug", 1, settings=settings, signals=signals)


class Columns:
    """A sink that takes columns, and counts."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, numbers: Any, _times_ns: Any, _qualities: Any, _values: Any, _lost_before: Any = ()) -> None:
        """See Sink."""
        self.rows += len(numbers)

    def alive(self) -> None:
        """See Sink."""

    def dropped(self, count: int) -> None:
        """See Sink."""

    def fault(self, what: str) -> None:
        """See Sink."""
        print(f"    {what}", file=sys.stderr)


def hear_driver(work: Work, pipe: Connection) -> None:
    """Our driver alone, up to columns."""

    async def run() -> None:
        sink, wanted = Columns(), document(work)
        session = await driver.open(driver.configure(wanted.settings), {})
        items = [Item(signal.number, signal.address, signal.kind, signal.period_ms) for signal in wanted.signals]
        await session.collect(items, sink)
        await measure(work, pipe, lambda: sink.rows)
        await session.close()

    uvloop.run(run())


def hear_edge(work: Work, pipe: Connection) -> None:
    """A whole edge, up to the acknowledgement of the bus."""

    async def run() -> None:
        bus = await open_bus((work.url,), work.login)
        spec = StreamSpec(EDGE_STREAM, EDGE_SUBJECTS, bytes_max=2_000_000_000)
        await bus.ensure_stream(spec)
        bucket = await bus.key_value(SNAPSHOT_BUCKET)
        wanted = document(work)
        await bucket.put(connection_key(wanted.organisation, wanted.id), encode_document(wanted))
        plan = EdgePlan(work.directory / "edge", work.directory / "drivers")
        secrets, drivers = FileSecrets(work.directory / "secrets"), Drivers(plan.directory)
        edge = Edge(plan, bus, secrets, SystemClock(), Quiet(), lambda: bus.ensure_stream(spec), drivers)
        stopping = asyncio.Event()
        task = asyncio.create_task(edge.run(stopping))
        await measure(work, pipe, lambda: sum(one.supervised.outlet.stored_rows for one in edge.running.values()))
        stopping.set()
        await task
        await bus.close()

    uvloop.run(run())


def run_hearer(hear: Callable[[Work, Connection], None], work: Work) -> tuple[float, float]:
    """(metrics a second, share of a core)."""
    spawn = multiprocessing.get_context("spawn")
    near, far = spawn.Pipe()
    process = spawn.Process(target=hear, args=(work, far))
    process.start()
    found: tuple[float, float] = near.recv()
    process.join(30)
    return found


def main() -> int:
    """Print; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--metrics", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="kandelia-sparkplug-") as place,
        mosquitto(Path(place) / "broker") as broker,
    ):
        arguments = (broker.port, options.nodes, options.metrics)
        nodes = multiprocessing.get_context("spawn").Process(target=send, args=arguments, daemon=True)
        nodes.start()
        server = NatsServer(Path(place) / "bus", FileSecrets(Path(place) / "secrets"))
        asyncio.run(server.start())
        work = Work(*arguments, options.seconds, server.url, server.login, Path(place))
        try:
            bare, alone, ours = (run_hearer(hear, work) for hear in (hear_bare, hear_driver, hear_edge))
        finally:
            nodes.kill()
            server.stop()
    for name, (rate, share) in (("paho alone", bare), ("driver alone", alone), ("edge, to the bus", ours)):
        print(f"{name:18} {rate:8,.0f} metrics/s  {share:6.1%} of a core  {share / rate * 1e6:5.2f} µs a metric")
    ratio, whole = ((one[1] / one[0]) / (bare[1] / bare[0]) for one in (alone, ours))
    print(f"processor time against paho alone: driver {ratio:.2f} (at most {COST_RATIO_MAX}), whole edge {whole:.2f}")
    good = ours[0] >= 0.99 * options.nodes * options.metrics and ratio <= COST_RATIO_MAX
    print("bounds hold" if good else "BOUNDS DO NOT HOLD")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

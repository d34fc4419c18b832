"""What collecting over OPC UA costs: `python -m benchmarks.drivers.opcua [--signals 2000] [--seconds 20]`.

The server is another maker's (node-opcua) in a process of its own and changes every signal five times a second. Once
an edge collects it up to acknowledged batches on the bus (NATS, fsync), once the bare client library (asyncua) that
does nothing with a value but count it; in turns, on the same server. Processor time is of the collecting process
alone. Then 20,000 signals are asked for at once: seconds until the server has made all of them.
"""

import argparse
import asyncio
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import numpy as np
import psutil
import uvloop
from asyncua import Client

from kandelia.base.samples import Kind
from kandelia.boot.directories import make_directories
from kandelia.boot.settings import Settings
from kandelia.boot.streams import ensure_streams
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.server import NatsServer, free_port
from kandelia.kernel.connections.contracts import (
    SNAPSHOT_BUCKET,
    ConnectionDocument,
    ConnectionState,
    SignalEntry,
    State,
    connection_key,
    encode_document,
    state_subject,
)
from tests.peers.node_opcua import NAMESPACE, NodeOpcUaPeer, node_opcua_peer

RATE_LEAST = 10_000  # changes a second
COST_RATIO_MAX = 1.5
MANY, MANY_S_MAX = 20_000, 30.0
CHANGE_MS = 200
PUBLISHING_MS = 500
SLOW_MS = 60_000
WARM_UP_S = 5.0
ROUNDS = 2
SLICE = 1_000  # items made in one call
READY_S = 120.0


@dataclass(frozen=True)
class Cost:
    """What a reader used over a time."""

    changes: int
    cpu_s: float
    seconds: float

    @property
    def each_us(self) -> float:
        """Processor µs a change."""
        return self.cpu_s / max(1, self.changes) * 1e6

    @property
    def per_s(self) -> float:
        """Changes a second."""
        return self.changes / self.seconds


@dataclass
class EdgeStand:
    """A bus server and an edge role of their own, and what the edge says of its connection."""

    bus: NatsBus
    role: "subprocess.Popen[bytes]"
    said: list[ConnectionState]

    def cpu_s(self) -> float:
        """Processor seconds of the edge so far."""
        used = psutil.Process(self.role.pid).cpu_times()
        return float(used.user + used.system)

    async def collect(self, peer: NodeOpcUaPeer, period_ms: int) -> float:
        """Wait until the edge collects every signal of the peer; how many seconds that took."""
        entries = (SignalEntry(n + 1, f"b.s{n}", Kind.FLOAT, peer.address(n), period_ms) for n in range(peer.signals))
        link = {"endpoint": peer.endpoint, "publishing_ms": PUBLISHING_MS, "timeout_s": 30}
        document = ConnectionDocument("line", "bench", "s", "opcua", 1, settings=link, signals=tuple(entries))
        bucket = await self.bus.key_value(SNAPSHOT_BUCKET)
        began_s = time.monotonic()
        await bucket.put(connection_key("bench", "line"), encode_document(document))
        async with asyncio.timeout(READY_S):
            while not (self.said and self.said[-1].state is State.RUNNING and self.said[-1].revision_running):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert not self.said[-1].items_refused, self.said[-1].items_refused
        return time.monotonic() - began_s


@asynccontextmanager
async def edge_stand(directory: Path) -> AsyncIterator[EdgeStand]:
    """A fresh installation of nothing but a bus and an edge."""
    settings = Settings(directory=directory)
    make_directories(settings)
    server = NatsServer(settings.bus_directory, FileSecrets(settings.secrets_directory))
    await server.start()
    bus = await open_bus((server.url,), server.login)
    await ensure_streams(bus, settings, server.prepared.store_bytes_max)
    environment = {**os.environ, "KANDELIA_DATA": str(directory)}
    role = subprocess.Popen([sys.executable, "-m", "kandelia.boot.role", "edge"], env=environment)  # noqa: ASYNC220
    said: list[ConnectionState] = []
    listening = asyncio.create_task(listen(bus, said))
    try:
        yield EdgeStand(bus, role, said)
    finally:
        listening.cancel()
        role.terminate()
        role.wait(20)
        await bus.close()
        server.stop()


async def listen(bus: NatsBus, said: list[ConnectionState]) -> None:
    """Keep what the edge says."""
    async for message in await bus.subscribe(state_subject("bench", "s", "line")):
        said.append(msgspec.json.decode(message.data, type=ConnectionState))


async def cost_of_edge(peer: NodeOpcUaPeer, directory: Path, seconds: float) -> Cost:
    """From the server to batches that the bus has on disk."""
    async with edge_stand(directory) as stand:
        await stand.collect(peer, CHANGE_MS)
        await asyncio.sleep(WARM_UP_S)
        before, cpu_s, began_s = stand.said[-1], stand.cpu_s(), time.monotonic()
        await asyncio.sleep(seconds)
        after, used_s, took_s = stand.said[-1], stand.cpu_s() - cpu_s, time.monotonic() - began_s
        assert not after.lost, f"{after.lost} values were lost"
        return Cost(after.samples - before.samples, used_s, took_s)


class Counter:
    """The least that a reader can do."""

    def __init__(self) -> None:
        self.changes = 0

    def datachange_notification(self, _node: object, _value: object, _data: object) -> None:
        """As asyncua calls it."""
        self.changes += 1


async def read_bare(endpoint: str, signals: int, seconds: float) -> Cost:
    """The client library alone."""
    counter = Counter()
    async with Client(endpoint, timeout=30) as client:
        index = await client.get_namespace_index(NAMESPACE)
        nodes = [client.get_node(f"ns={index};s=Signal.{place}") for place in range(signals)]
        subscription = await client.create_subscription(PUBLISHING_MS, counter)
        for start in range(0, signals, SLICE):
            await subscription.subscribe_data_change(
                nodes[start : start + SLICE], queuesize=50, sampling_interval=CHANGE_MS
            )
        await asyncio.sleep(WARM_UP_S)
        before, cpu_s, began_s = counter.changes, time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        return Cost(counter.changes - before, time.process_time() - cpu_s, time.monotonic() - began_s)


def bare_process(pipe: Connection, endpoint: str, signals: int, seconds: float) -> None:
    """`read_bare` in a process of its own, on the same event loop as the edge's."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        pipe.send(runner.run(read_bare(endpoint, signals, seconds)))


async def cost_of_bare(peer: NodeOpcUaPeer, seconds: float) -> Cost:
    """From the server to a count."""
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=bare_process, args=(there, peer.endpoint, peer.signals, seconds), daemon=True)
    process.start()
    there.close()
    try:
        cost: Cost = await asyncio.to_thread(here.recv)
        return cost
    finally:
        process.join(10)
        process.kill()


async def measure_cost(directory: Path, signals: int, seconds: float) -> None:
    """Ours and the library's, in turns on one server."""
    ours, bare = [], []
    with node_opcua_peer(free_port(), directory / "peer", signals=signals, period_ms=CHANGE_MS) as peer:
        for number in range(ROUNDS):
            ours.append(await cost_of_edge(peer, directory / f"edge{number}", seconds))
            bare.append(await cost_of_bare(peer, seconds))
            for name, cost in (("edge, to acknowledged batches", ours[-1]), ("asyncua alone, to a count", bare[-1])):
                print(
                    f"  {name:<30} {cost.per_s:8,.0f} changes/s; {cost.each_us:5.1f} µs a change, "
                    f"{cost.cpu_s / cost.seconds:.0%} of a core; load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )
    ratio = float(np.median([cost.each_us for cost in ours]) / np.median([cost.each_us for cost in bare]))
    tell("processor time of the edge against the bare library", ratio, COST_RATIO_MAX, "×")
    rate = min(cost.per_s for cost in ours)
    print(f"  changes a second: {rate:,.0f}, aim {RATE_LEAST:,} ({'kept' if rate >= 0.98 * RATE_LEAST else 'MISSED'})")


async def measure_many(directory: Path) -> None:
    """How long it takes until all of very many signals are collected."""
    with node_opcua_peer(free_port(), directory / "peer", signals=MANY, period_ms=SLOW_MS) as peer:
        async with edge_stand(directory / "edge") as stand:
            await asyncio.sleep(WARM_UP_S)
            taken_s = await stand.collect(peer, SLOW_MS)
            tell(f"{MANY:,} signals asked for and made", taken_s, MANY_S_MAX, " s")


def tell(what: str, found: float, most: float, unit: str) -> None:
    """A figure beside its aim."""
    print(f"  {what}: {found:.2f}{unit}, at most {most:g}{unit} ({'kept' if found <= most else 'MISSED'})", flush=True)


async def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=RATE_LEAST * CHANGE_MS // 1_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    print(f"OPC UA: {options.signals:,} signals that change each {CHANGE_MS} ms, node-opcua as server")
    with tempfile.TemporaryDirectory() as place:
        await measure_cost(Path(place) / "cost", options.signals, options.seconds)
        await measure_many(Path(place) / "many")


if __name__ == "__main__":
    asyncio.run(main())

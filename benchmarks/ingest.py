"""Bus → queryable on this machine, fsync on, one trend reader running: python -m benchmarks.ingest [--seconds N]

Prints samples a second draining a backlog and sustained (publisher beside it), at 2,000 and 300 samples a message;
publish-to-queryable at 100,000 samples a second; VictoriaMetrics and QuestDB fed the same samples in the same run;
and what history and bus hold in memory before a load, at its end, and some time after it.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from benchmarks.fed import PEER_ROWS, measure_questdb, measure_victoria
from benchmarks.publishing import SECOND_NS, SIGNALS, START_NS, Work, publisher, store
from kandelia.base.errors import KandeliaError
from kandelia.base.samples import Kind, encode, make_batch
from kandelia.boot.directories import make_directories
from kandelia.boot.settings import Settings
from kandelia.boot.streams import ensure_streams
from kandelia.boot.supervisor import FRUGAL
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.server import NatsServer
from kandelia.kernel.connections.contracts import (
    EDGE_STREAM,
    SNAPSHOT_BUCKET,
    ConnectionDocument,
    SignalEntry,
    connection_key,
    edge_subject,
    encode_document,
)
from kandelia.kernel.signals.contracts import Ask, Question
from kandelia.kernel.signals.plane.asking import ask, ask_size

ORGANISATION, SITE, CONNECTION = "bench", "s", "line"
SUBJECT = edge_subject(ORGANISATION, SITE, CONNECTION)
MESSAGE_ROWS = (2_000, 300)
BACKLOG_ROWS = 8_000_000
SUSTAINED_S = 10.0
SUSTAINED_RATE_MAX = 2_400_000  # samples a second that are made ready
LATENCY_RATE = 100_000
LATENCY_ROWS = 2_000
LATENCY_S = 12.0
REST_S = 60.0
MARK = SIGNALS + 1  # the signal whose newest value is asked for
TREND = Question(Ask.AGGREGATE, ORGANISATION, (1,), START_NS, START_NS + 86_400 * SECOND_NS, 86 * SECOND_NS)


@dataclass
class Stand:
    """The installation that is measured: a bus server and a history role of their own."""

    bus: NatsBus
    role: subprocess.Popen[bytes]
    server: NatsServer

    def work(self, rows: int, messages: int, seed: int, seconds: float = 0.0, rate: int = 0) -> Work:
        """What a publisher shall do here."""
        return Work(self.server.url, self.server.login, SUBJECT, rows, messages, seed, seconds, rate)

    def resident_mb(self) -> float:
        """Of the role."""
        return float(psutil.Process(self.role.pid).memory_info().rss / 1e6)

    def cpu_s(self) -> tuple[float, float]:
        """Processor seconds that the role and the bus server have used so far."""
        used = [psutil.Process(pid).cpu_times() for pid in (self.role.pid, self.server.pid)]
        return used[0].user + used[0].system, used[1].user + used[1].system


@asynccontextmanager
async def stand(directory: Path) -> AsyncIterator[Stand]:
    """A fresh installation without the parts that are not measured."""
    settings = Settings(directory=directory)
    make_directories(settings)
    server = NatsServer(settings.bus_directory, FileSecrets(settings.secrets_directory))
    await server.start()
    bus = await open_bus((server.url,), server.login)
    await ensure_streams(bus, settings, server.prepared.store_bytes_max)
    signals = tuple(SignalEntry(number, f"bench.s{number}", Kind.FLOAT) for number in range(1, MARK + 1))
    document = ConnectionDocument(CONNECTION, ORGANISATION, SITE, "bench", 1, signals=signals)
    bucket = await bus.key_value(SNAPSHOT_BUCKET)
    await bucket.put(connection_key(ORGANISATION, CONNECTION), encode_document(document))
    running = Stand(bus, start_role(directory), server)
    try:
        await until_answering(bus)
        yield running
    finally:
        running.role.send_signal(signal.SIGTERM)
        running.role.wait(20)
        await bus.close()
        server.stop()


def start_role(directory: Path) -> subprocess.Popen[bytes]:
    """The history role as the supervisor would start it."""
    environment = {**FRUGAL, **os.environ, "KANDELIA_DATA": str(directory)}
    return subprocess.Popen([sys.executable, "-m", "kandelia.boot.role", "history"], env=environment)


async def until_answering(bus: NatsBus) -> None:
    """Until the role answers."""
    async with asyncio.timeout(60):
        while True:
            try:
                await ask_size(bus)
                return
            except KandeliaError:
                await asyncio.sleep(0.1)


async def until_drained(bus: NatsBus) -> float:
    """The time when the stream was first seen empty, which is after the rows are on disk."""
    while (await bus.stream_state(EDGE_STREAM)).messages:  # noqa: ASYNC110 — another process
        await asyncio.sleep(0.02)
    return time.monotonic()


async def read_trends(bus: NatsBus, taken_ms: list[float]) -> None:
    """The reader that runs beside: a day of one signal in 1,000 points, again and again."""
    while True:
        started = time.monotonic()
        try:
            async for _ in ask(bus, TREND):
                pass
            taken_ms.append((time.monotonic() - started) * 1_000)
        except KandeliaError as error:
            print("  the trend reader was refused:", error)
        await asyncio.sleep(0.1)


@asynccontextmanager
async def reader(bus: NatsBus) -> AsyncIterator[list[float]]:
    """A trend reader for the length of a measurement."""
    taken_ms: list[float] = []
    task = asyncio.create_task(read_trends(bus, taken_ms))
    try:
        yield taken_ms
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def measure_backlog(directory: Path, rows: int, total: int, seed: int) -> float:
    """Samples a second from a full stream, counted from the moment the role may run."""
    async with stand(directory) as running, publisher(running.work(rows, total // rows, seed)) as publishing:
        running.role.send_signal(signal.SIGSTOP)
        publishing.go()
        count = await publishing.end()
        async with reader(running.bus) as trends:
            started, used = time.monotonic(), running.cpu_s()
            running.role.send_signal(signal.SIGCONT)
            ended = await until_drained(running.bus)
        await check_kept(running.bus, count * rows)
        return tell("backlog", running, rows, count, ended - started, used, trends)


async def measure_sustained(directory: Path, rows: int, seconds: float, seed: int) -> float:
    """Samples a second while they are published as fast as the stream takes them."""
    work = int(SUSTAINED_RATE_MAX * seconds) // rows
    async with stand(directory) as running, publisher(running.work(rows, work, seed, seconds)) as publishing:
        async with reader(running.bus) as trends:
            started, used = time.monotonic(), running.cpu_s()
            publishing.go()
            count = await publishing.end()
            ended = await until_drained(running.bus)
        await check_kept(running.bus, count * rows)
        return tell("sustained", running, rows, count, ended - started, used, trends, publishing.cpu_s)


def tell(
    what: str,
    running: Stand,
    rows: int,
    count: int,
    taken_s: float,
    used: tuple[float, float],
    trends: list[float],
    publisher_s: float = 0.0,
) -> float:
    """Print one measurement; samples a second."""
    millions = count * rows / 1e6
    role, server = (after - before for after, before in zip(running.cpu_s(), used, strict=True))
    publishing = f", publisher {publisher_s / millions:.2f}" if publisher_s else ""
    print(
        f"  {what:<10} {rows:>6} a message: {millions / taken_s:6.2f} M samples/s; processor µs a sample: "
        f"role with its reader {role / millions:.2f}, bus {server / millions:.2f}{publishing}; "
        f"{len(trends)} trends, median {np.median(trends) if trends else 0:.0f} ms; "
        f"role {running.resident_mb():.0f} MB; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return millions * 1e6 / taken_s


async def check_kept(bus: NatsBus, rows: int) -> None:
    """A speed of rows that are not there would be none."""
    kept = (await ask_size(bus)).rows
    if kept < rows:
        raise SystemExit(f"only {kept} of {rows} rows are in the history")


async def measure_latency(directory: Path) -> tuple[float, float]:
    """p50 and p99 in ms from handing a message to the bus until a question finds its sample, at LATENCY_RATE."""
    taken_ms: list[float] = []
    async with stand(directory) as running:
        work = running.work(LATENCY_ROWS, int(LATENCY_RATE * LATENCY_S) // LATENCY_ROWS, 3, rate=LATENCY_RATE)
        async with publisher(work) as publishing, reader(running.bus):
            publishing.go()
            await asyncio.sleep(1.0)
            background = asyncio.create_task(publishing.end())
            probes: set[asyncio.Task[None]] = set()
            chance = np.random.default_rng(4)
            while not background.done():
                probes.add(asyncio.create_task(probe(running.bus, len(probes), taken_ms)))
                await asyncio.sleep(float(chance.uniform(0.05, 0.15)))
            await asyncio.gather(background, *probes)
    p50, p99 = (float(np.percentile(taken_ms, share)) for share in (50, 99))
    print(
        f"  publish to queryable at {LATENCY_RATE} samples/s: p50 {p50:.0f} ms, p99 {p99:.0f} ms "
        f"({len(taken_ms)} probes; load {os.getloadavg()[0]:.1f})",
        flush=True,
    )
    return p50, p99


async def probe(bus: NatsBus, number: int, taken_ms: list[float]) -> None:
    """One sample of the marked signal, asked for until it is there."""
    at_ns = START_NS + number * SECOND_NS
    started = time.monotonic()
    await store(bus, SUBJECT, encode(make_batch(MARK, at_ns, value=float(number))), f"p{number}")
    question = Question(Ask.RAW, ORGANISATION, (MARK,), at_ns, at_ns + 1, rows_max=1)
    while True:
        if [batch async for batch in ask(bus, question)]:
            break
        await asyncio.sleep(0.02)
    taken_ms.append((time.monotonic() - started) * 1_000)


async def measure_memory(directory: Path, total: int) -> None:
    """What history and bus hold before a load, at its end, and REST_S after it, when nothing is asked of them."""
    rows = MESSAGE_ROWS[0]
    async with stand(directory) as running, publisher(running.work(rows, total // rows, 11)) as publishing:
        tell_memory("before the load", running)
        async with reader(running.bus):
            publishing.go()
            await publishing.end()
            await until_drained(running.bus)
        tell_memory(f"at the end of {total / 1e6:.0f} M samples", running)
        await asyncio.sleep(REST_S)
        tell_memory(f"{REST_S:.0f} s later", running)


def tell_memory(when: str, running: Stand) -> None:
    """Print what both hold."""
    bus = psutil.Process(running.server.pid).memory_info().rss / 1e6
    print(f"  memory {when:<28}: history {running.resident_mb():4.0f} MB, bus {bus:4.0f} MB", flush=True)


def tell_ratios(speeds: dict[str, float], name: str, peer: float | None) -> None:
    """Ours against a peer of the same run."""
    for what, speed in speeds.items():
        if peer is not None:
            print(f"  ratio {what:>15} : {name} = {speed / peer:.2f}")


async def run(total: int, seconds: float, parts: set[str]) -> None:
    """All measurements, each on a fresh installation."""
    speeds: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="kandelia-ingest-") as name:
        root = Path(name)
        for place, rows in enumerate(MESSAGE_ROWS):
            if "backlog" in parts:
                backlog = total if rows >= 1_000 else total // 4
                speeds[f"backlog {rows}"] = await measure_backlog(root / f"b{rows}", rows, backlog, 1 + place)
            if "sustained" in parts:
                speeds[f"sustained {rows}"] = await measure_sustained(root / f"s{rows}", rows, seconds, 5 + place)
        if "latency" in parts:
            await measure_latency(root / "latency")
        if "memory" in parts:
            await measure_memory(root / "memory", 2 * total)
        if "peer" in parts:
            rows = total // PEER_ROWS * PEER_ROWS
            peers = {
                "VictoriaMetrics": measure_victoria(root / "victoria", rows),
                "QuestDB": measure_questdb(root / "questdb", rows),
            }
            for name, peer in peers.items():
                tell_ratios(speeds, name, peer)


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=BACKLOG_ROWS)
    parser.add_argument("--seconds", type=float, default=SUSTAINED_S)
    parser.add_argument("--parts", default="backlog,sustained,latency,memory,peer")
    given = parser.parse_args()
    print(f"ingest: fsync on, one trend reader, {os.cpu_count()} processors")
    asyncio.run(run(given.rows, given.seconds, set(given.parts.split(","))))


if __name__ == "__main__":
    main()

"""The wall clock of edge and history jumps an hour forward and back: nothing is lost, order and freshness stay."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import KandeliaError
from kandelia.base.samples import SOURCE_AHEAD_NS_MAX, Kind
from kandelia.boot.settings import Settings
from kandelia.boot.streams import ensure_missing_streams
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.server import NatsServer
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
from kandelia.kernel.signals.contracts import Ask, Question
from kandelia.kernel.signals.plane.asking import ask
from tests.faults.clocked import set_offset
from tests.faults.plant import MS, PERIOD_MS, Stored, check_source, is_bad
from tests.peers.opcua_server import OpcUaPeer, opcua_peer
from tests.peers.ports import free_port

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(150)]
ROOT = Path(__file__).parents[2]
SIGNALS = 20
HOUR_S = SOURCE_AHEAD_NS_MAX // NS_PER_S - 60  # a time further ahead of the edge's clock gives way to the receipt's
STAY_S = 5.0
FRESH_S = 3.0
WHOLE_S = 45.0  # what history had in hand when it was disturbed comes again after 20 s
PATIENT = {"alive_s": 5.0, "timeout_s": 20.0, "queue": 1_000}  # a slow machine is not what this is about
EVER = 9_000_000_000 * NS_PER_S


@pytest.fixture
def peer() -> Iterator[OpcUaPeer]:
    with opcua_peer(free_port(), signals=SIGNALS, period_ms=PERIOD_MS) as peer:
        yield peer


@pytest.fixture
async def bus(tmp_path: Path, peer: OpcUaPeer) -> AsyncIterator[NatsBus]:
    settings = Settings(tmp_path)
    server = NatsServer(settings.bus_directory, FileSecrets(settings.secrets_directory))
    await server.start()
    bus = await open_bus((server.url,), server.login, name="test", wait_s=10)
    await ensure_missing_streams(bus, settings)
    signals = tuple(SignalEntry(i + 1, f"s{i}", Kind.FLOAT, peer.address(i), PERIOD_MS) for i in range(SIGNALS))
    link = {"endpoint": peer.endpoint, "publishing_ms": 200, **PATIENT}
    document = ConnectionDocument("line", "main", "test", "opcua", 1, settings=link, signals=signals)
    bucket = await bus.key_value(SNAPSHOT_BUCKET)
    await bucket.put(connection_key("main", "line"), encode_document(document))
    yield bus
    await bus.close()
    server.stop()


@contextmanager
def roles(directory: Path, clock: Path) -> Iterator[None]:
    environment = {**os.environ, "KANDELIA_DATA": str(directory), "TEST_CLOCK_FILE": str(clock)}
    command = [sys.executable, "-m", "kandelia.boot.role"]
    started = [
        subprocess.Popen([*command, name, "--module", "tests.faults.clocked"], env=environment, cwd=ROOT)
        for name in ("history", "edge")
    ]
    try:
        yield
        assert all(process.poll() is None for process in started), "a role died of the jump"
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(15)


async def stored(bus: NatsBus) -> dict[int, list[Stored]]:
    question = Question(Ask.RAW, "main", tuple(range(1, SIGNALS + 1)), 0, EVER)
    found: dict[int, list[Stored]] = {number: [] for number in question.signals}
    async for batch in ask(bus, question):
        times = batch.column("time").cast(pa.int64()).to_pylist()
        values = batch.column("value").to_pylist()
        columns = (batch.column("signal").to_pylist(), times, values, batch.column("quality").to_pylist())
        for number, at, value, quality in zip(*columns, strict=True):
            found[number].append(Stored(at, value, quality))
    return found


async def until_newer(bus: NatsBus, than_ns: int) -> None:
    """Every signal has a good row of the source after an instant."""
    async with asyncio.timeout(45):
        while True:
            try:
                rows = await stored(bus)
                if all(any(row.at_ns > than_ns and not is_bad(row.quality) for row in rows[n]) for n in rows):
                    return
            except KandeliaError:
                pass
            await asyncio.sleep(0.3)


async def until_whole(bus: NatsBus) -> dict[int, list[Stored]]:
    """All rows, once no number is missing between the first and the last; AssertionError names what is."""
    deadline_s = time.monotonic() + WHOLE_S
    while True:
        rows = await stored(bus)
        try:
            for number, found in rows.items():
                check_source(found, f"s{number}")
            return rows
        except AssertionError:
            if time.monotonic() > deadline_s:
                raise
        await asyncio.sleep(0.5)


async def states(bus: NatsBus, seconds: float) -> list[ConnectionState]:
    """What the edge says of the connection in this time."""
    subscription = await bus.subscribe(state_subject("main", "test", "line"))
    heard = []
    try:
        async with asyncio.timeout(seconds):
            async for message in subscription:
                heard.append(msgspec.json.decode(message.data, type=ConnectionState))
    except TimeoutError:
        pass
    await subscription.close()
    return heard


async def test_an_hour_forward_and_back(bus: NatsBus, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    set_offset(clock, 0)
    with roles(tmp_path, clock):
        await until_newer(bus, time.time_ns())
        for offset_s in (HOUR_S, 0, -HOUR_S, 0):
            set_offset(clock, offset_s)
            heard = await states(bus, STAY_S)
            settled = heard[len(heard) // 2 :]
            assert settled and all(state.state is State.RUNNING for state in heard)
            assert all(abs(state.at_ns - state.proof_ns) < FRESH_S * NS_PER_S for state in settled)
            assert all(abs(state.at_ns - time.time_ns() - offset_s * NS_PER_S) < 60 * NS_PER_S for state in settled)
        await until_newer(bus, time.time_ns())
        rows = await until_whole(bus)
    last_ms = time.time_ns() // MS
    for found in rows.values():
        assert [row.at_ns for row in found] == sorted(row.at_ns for row in found)
        steps = [row for row in found if row.at_ns % (PERIOD_MS * MS) == 0]
        assert not [row for row in found if is_bad(row.quality)], "the jump made a gap"
        assert last_ms - steps[-1].at_ns // MS < 60_000
        assert len(steps) >= 4 * STAY_S * 1_000 / PERIOD_MS

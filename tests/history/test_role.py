"""Promise: a history role killed at any instant keeps every acknowledged sample once; it stops in time."""

import asyncio
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from kandelia.base.clock import to_ns
from kandelia.base.errors import KandeliaError, SettingsError
from kandelia.base.samples import encode
from kandelia.boot.directories import make_directories
from kandelia.boot.roles.history import months_before, months_by_class, open_history
from kandelia.boot.settings import HistorySettings, Settings
from kandelia.boot.streams import ensure_streams
from kandelia.engines.chdb.history import ChdbHistory
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.server import NatsServer
from kandelia.kernel.connections.contracts import EDGE_STREAM, edge_subject
from kandelia.kernel.events.report import REPORTS_ASK, Report
from kandelia.kernel.signals.contracts import Ask, Question
from kandelia.kernel.signals.plane.asking import ask, ask_size
from kandelia.ports.bus import Consumer, Message
from kandelia.ports.history_rows import TIME_MAX_NS
from tests.history.stand import T0, collect, configure, document, running_stand, until, walk

SIGNALS = range(1, 51)
ALL = Question(Ask.RAW, "red", tuple(SIGNALS), 0, TIME_MAX_NS)


class Installation:
    """A bus server and a history role on one data directory."""

    def __init__(self, directory: Path) -> None:
        self.settings = Settings(directory=directory)
        make_directories(self.settings)
        self.server = NatsServer(self.settings.bus_directory, FileSecrets(self.settings.secrets_directory))
        self.role: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {**os.environ, "KANDELIA_DATA": str(self.settings.directory)}
        environment.pop("KANDELIA_SETTINGS", None)
        command = [sys.executable, "-m", "kandelia.boot.role", "history"]
        self.role = subprocess.Popen(command, env=environment)

    def end(self, number: int) -> float:
        """Seconds until it was gone."""
        assert self.role is not None
        started = time.monotonic()
        self.role.send_signal(number)
        self.role.wait(20)
        return time.monotonic() - started


@asynccontextmanager
async def installed(directory: Path) -> AsyncIterator[tuple[Installation, NatsBus]]:
    installation = Installation(directory)
    await installation.server.start()
    bus = await open_bus((installation.server.url,), installation.server.login)
    try:
        await ensure_streams(bus, installation.settings, installation.server.prepared.store_bytes_max)
        await configure(bus, document("red", SIGNALS))
        installation.start()
        yield installation, bus
    finally:
        if installation.role is not None and installation.role.poll() is None:
            installation.role.kill()
            installation.role.wait(10)
        await bus.close()
        installation.server.stop()


async def answers(bus: NatsBus, within_s: float = 60.0) -> None:
    """Until the role answers."""
    async with asyncio.timeout(within_s):
        while True:
            try:
                await ask_size(bus)
                return
            except KandeliaError:
                await asyncio.sleep(0.1)


async def drained(bus: NatsBus, within_s: float = 90.0) -> None:
    async with asyncio.timeout(within_s):
        while (await bus.stream_state(EDGE_STREAM)).messages:
            await asyncio.sleep(0.1)


def fingerprint(rows: pa.Table) -> str:
    """The same for the same rows in whatever order they came."""
    ordered = rows.select(["signal", "time", "value"]).sort_by([("signal", "ascending"), ("time", "ascending")])
    digest = hashlib.sha256()
    for name in ordered.column_names:
        column = ordered[name].combine_chunks()
        digest.update(np.ascontiguousarray(column.cast(pa.int64()) if name == "time" else column).tobytes())
    return digest.hexdigest()


@pytest.mark.slow
@pytest.mark.fault
@pytest.mark.timeout(240)
async def test_killed_under_load_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    chance = random.Random(7)
    async with installed(tmp_path / "data") as (installation, bus):
        await answers(bus)
        sent: list[pa.RecordBatch] = []
        for round_number in range(4):
            for part in range(60):
                batch = walk(chance.choice(SIGNALS), 500, seed=len(sent), start_ns=T0 + len(sent) * 10**12)
                await bus.store(edge_subject("red", "s", "line"), encode(batch), message_id=f"{round_number}-{part}")
                sent.append(batch)
            await asyncio.sleep(chance.uniform(0.0, 0.6))
            installation.end(signal.SIGKILL)
            installation.start()
            if chance.random() < 0.5:
                await answers(bus)
        await drained(bus)
        await answers(bus)
        kept = await collect(ask(bus, ALL))
        assert kept.num_rows == sum(batch.num_rows for batch in sent)
        assert fingerprint(kept) == fingerprint(pa.Table.from_batches(sent))


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_stops_in_time_with_a_question_under_way(tmp_path: Path) -> None:
    async with installed(tmp_path / "data") as (installation, bus):
        await answers(bus)
        for part in range(6):
            await bus.store(edge_subject("red", "s", "line"), encode(walk(part + 1, 50_000)))
        await drained(bus)
        report = msgspec.json.decode((await _report(bus)).data, type=Report)
        assert report.gauges["recorded_rows"] == 300_000
        assert (report.revisions_wanted, report.revisions_running) == ({"red.line": 1}, {"red.line": 1})
        held = ask(bus, ALL)
        await anext(held)
        assert installation.end(signal.SIGTERM) < 10
        assert installation.role is not None
        assert installation.role.returncode == 0
        await held.aclose()  # type: ignore[attr-defined]
        installation.start()
        await answers(bus)
        assert (await collect(ask(bus, ALL))).num_rows == 300_000


async def _report(bus: NatsBus) -> Message:
    return await bus.request(REPORTS_ASK, b"")


class Silent:
    """A consumer whose acknowledgements never reach the stream, as when the process dies before sending them."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self.reached = asyncio.Event()

    async def fetch(self, count_max: int, wait_s: float) -> Sequence[Message]:
        return await self._consumer.fetch(count_max, wait_s)

    async def acknowledge(self, messages: Sequence[Message]) -> None:
        if messages:
            self.reached.set()
            await asyncio.Event().wait()

    async def refuse(self, messages: Sequence[Message], delay_s: float) -> None:
        await asyncio.sleep(0)

    async def pending(self) -> int:
        return await self._consumer.pending()


@pytest.mark.slow
async def test_dying_between_append_and_acknowledgement_doubles_nothing(bus: NatsBus, tmp_path: Path) -> None:
    history = ChdbHistory(tmp_path / "history")
    made = bus.consumer
    silent: list[Silent] = []

    async def consumer(stream: str, name: str, **options: object) -> Consumer:
        silent.append(Silent(await impatient(stream, name)))
        return silent[-1]

    async def impatient(stream: str, name: str, **options: object) -> Consumer:
        return await made(stream, name, ack_wait_s=1.0)

    try:
        bus.consumer = consumer  # type: ignore[assignment, method-assign]
        async with running_stand(bus, history) as first:
            await first.send("red", walk(1, 1_000))
            await until(lambda: any(one.reached.is_set() for one in silent))
            assert first.rows([1]).num_rows == 1_000
            for task in first.recorder._finishing:
                task.cancel()
        bus.consumer = impatient  # type: ignore[assignment, method-assign]
        assert (await bus.stream_state(EDGE_STREAM)).messages == 1
        async with running_stand(bus, history) as second:
            await second.drained(30)
            assert second.recorder.figures.rows == 1_000
            assert second.rows([1]).num_rows == 1_000
    finally:
        history.close()


def test_the_role_loads_without_django() -> None:
    program = "import sys, kandelia.boot.roles.history; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_retention_is_by_class_and_calendar_month() -> None:
    chosen = HistorySettings(retention_months={"0": 0, "2": 13})
    assert months_by_class(Settings(directory=Path(), history=chosen)) == {2: 13}
    with pytest.raises(SettingsError, match="retention_months"):
        months_by_class(Settings(directory=Path(), history=HistorySettings(retention_months={"long": 1})))
    now_ns = to_ns(datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert months_before(now_ns, 13) == to_ns(datetime(2025, 10, 1, tzinfo=UTC))
    assert months_before(now_ns, 10_000) == 0


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(SettingsError, match="stone"):
        open_history(Settings(directory=Path(), history=HistorySettings(engine="stone")))

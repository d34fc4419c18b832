"""A full disk is seen, and so is a stream that fails messages after one."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from kandelia.base.clock import ManualClock, SystemClock
from kandelia.base.errors import KandeliaError
from kandelia.boot.probing import PROBE_PERIOD_S, ROOM_BYTES_MIN, StreamProbe, room_bytes
from kandelia.boot.settings import BusSettings, Settings
from kandelia.boot.streams import ensure_missing_streams
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.memory.bus import MemoryBus
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.server import NatsServer

DISK = "size=120m"
SMALL = BusSettings(
    edge_bytes_max=20_000_000,
    load_bytes_max=20_000_000,
    events_bytes_max=5_000_000,
    quarantine_bytes_max=5_000_000,
    recorded_bytes_max=5_000_000,
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
async def server(small_disk: Path, tmp_path: Path) -> AsyncIterator[NatsServer]:
    server = NatsServer(small_disk / "bus", FileSecrets(tmp_path / "secrets"))
    await server.start()
    yield server
    server.stop()


async def test_after_a_full_disk_the_streams_take_messages_once_started_anew(
    server: NatsServer, small_disk: Path
) -> None:
    bus = await open_bus((server.url,), server.login, wait_s=10)
    await ensure_missing_streams(bus, Settings(small_disk, bus=SMALL))
    assert await StreamProbe(bus, SystemClock()).why_not() == ""
    with (small_disk / "filler").open("wb", buffering=0) as filler:
        await fill(filler, bus)
    assert room_bytes(small_disk) < ROOM_BYTES_MIN
    assert await StreamProbe(bus, SystemClock()).why_not()
    (small_disk / "filler").unlink()
    assert room_bytes(small_disk) > ROOM_BYTES_MIN
    server.kill()
    await server.start()
    await bus.wait_connected(10)
    assert await StreamProbe(bus, SystemClock()).why_not() == ""
    await bus.close()


async def fill(filler: object, bus: NatsBus) -> None:
    """Until the server has met the end of the disk in a write of its own."""
    for size in (1_000_000, 4_096, 1):
        while True:
            try:
                filler.write(bytes(size))  # type: ignore[attr-defined]
            except OSError:
                break
    for _ in range(100):
        try:
            await bus.store("org.a.site.b.edge.c", bytes(100_000), timeout_s=2)
        except KandeliaError:
            return


async def test_it_does_not_ask_all_the_time(tmp_path: Path) -> None:
    clock, bus = ManualClock(), MemoryBus()
    await ensure_missing_streams(bus, Settings(tmp_path))  # type: ignore[arg-type]
    probe = StreamProbe(bus, clock)
    for _ in range(3):
        assert await probe.why_not() == ""
    assert (await bus.stream_state("EDGE")).messages == 1
    clock.advance(PROBE_PERIOD_S)
    assert await probe.why_not() == ""
    assert (await bus.stream_state("EDGE")).messages == 2

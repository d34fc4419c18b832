"""An acknowledgement of bus and history comes after the last sync (fsync) of all that it stands for."""

import asyncio
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from kandelia.boot.settings import Settings
from kandelia.boot.streams import ensure_missing_streams
from kandelia.engines.nats.bus import NatsBus
from kandelia.engines.nats.server import NatsServer
from tests.contracts.traced import Disk, attach, calls, strace

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
BATCHES = 5
WRITTEN_S = 20.0
NEVER_READ_AGAIN = ("server.xml", "store/status")  # made anew at each start


def test_history_acknowledges_after_the_sync_of_every_file_and_folder(tmp_path: Path) -> None:
    trace, store = tmp_path / "trace", tmp_path / "history"
    command = [*strace(), "--seccomp-bpf", "-o", str(trace), sys.executable, "-m", "tests.faults.history_child"]
    with subprocess.Popen([*command, str(store), "0"], stdout=subprocess.PIPE, cwd=ROOT) as tracer:
        assert tracer.stdout is not None
        said = [tracer.stdout.readline() for _ in range(BATCHES + 1)]
        for child in psutil.Process(tracer.pid).children():
            child.kill()
    assert said == [b"open\n", *(b"%d\n" % number for number in range(BATCHES))]
    disk, acknowledged, written = Disk(f"{store}/"), 0, 0
    for call in calls(trace.read_text().splitlines()):
        disk.take(call)
        if call.begins and call.name == "write" and call.arguments.startswith("1<pipe:["):
            assert disk.unsynced() <= {f"{store}/{name}" for name in NEVER_READ_AGAIN}
            if call.arguments.endswith(f'"{acknowledged}", 1'):
                acknowledged += 1
                assert disk.files > written, "nothing was written for it"
                written = disk.files
    assert acknowledged >= BATCHES


async def test_the_bus_acknowledges_after_the_sync_of_its_file(
    bus: NatsBus, nats_server: NatsServer, tmp_path: Path
) -> None:
    await ensure_missing_streams(bus, Settings(tmp_path))
    trace = tmp_path / "trace"
    tracer = await asyncio.to_thread(attach, nats_server.pid, trace)
    try:
        for number in range(BATCHES):
            await bus.store("org.main.site.s.edge.line", b"rows %d" % number)
        last = f'\\"seq\\":{BATCHES}}}'
        async with asyncio.timeout(WRITTEN_S):  # the tracer writes behind what it sees
            while last not in trace.read_text():
                await asyncio.sleep(0.05)
    finally:
        tracer.terminate()
        tracer.wait(15)
    disk, acknowledged = Disk(f"{tmp_path}/bus/jetstream/"), 0
    for call in calls(trace.read_text().splitlines()):
        disk.take(call)
        if call.begins and call.path.startswith("socket:") and f'\\"seq\\":{acknowledged + 1}}}' in call.arguments:
            acknowledged += 1
            assert disk.files and not disk.unsynced()
    assert acknowledged == BATCHES

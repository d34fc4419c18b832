"""Promise: the edge role loads without Django, runs with the platform's own role machinery, and leaves in time."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from kandelia.base.clock import SystemClock
from kandelia.boot.roles import edge
from kandelia.boot.roles.contracts import RoleContext
from kandelia.boot.settings import Settings
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.memory.bus import MemoryBus
from kandelia.kernel.connections.contracts import SNAPSHOT_BUCKET, State, encode_document
from tests.edge.rig import Rig, Told, document
from tests.peers.opcua_server import opcua_peer
from tests.peers.ports import free_port


def test_it_loads_without_django() -> None:
    program = (
        "import sys, kandelia.boot.roles.edge, kandelia.drivers.opcua.driver, kandelia.sdk.drivers\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'ninja')])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


class Reporter(Told):
    """Keeps what the role says of itself."""

    def __init__(self) -> None:
        super().__init__()
        self.gauges = {}
        self.read_revisions = lambda: ({}, {})

    def gauge(self, name, read) -> None:
        self.gauges[name] = read

    def revisions(self, read) -> None:
        self.read_revisions = read

    @property
    def troubles(self):
        return ()


@pytest.mark.slow
async def test_it_runs_and_tells_what_it_does(tmp_path: Path) -> None:
    bus, reporter = MemoryBus(), Reporter()
    secrets = FileSecrets(tmp_path / "secrets")
    context = RoleContext("edge", Settings(tmp_path), bus, secrets, SystemClock(), reporter)
    rig = Rig(bus, tmp_path)
    await rig.ensure_streams()
    with opcua_peer(free_port(), signals=5) as peer:
        bucket = await bus.key_value(SNAPSHOT_BUCKET)
        wanted = document("opcua", [peer.address(i) for i in range(5)], settings={"endpoint": peer.endpoint})
        await bucket.put("main.line1", encode_document(wanted))
        async with rig.states() as states:
            task = asyncio.create_task(edge.run(context))
            await states.enter(State.RUNNING)
            await rig.until_rows(lambda rows: len(rows) > 20)
            figures = {name: read() for name, read in reporter.gauges.items()}
            assert figures["connections"] == figures["connections_running"] == 1
            assert figures["samples_stored"] > 20 and figures["samples_lost"] == figures["held_s"] == 0
            assert reporter.read_revisions() == ({"main.line1": 1}, {"main.line1": 1})
            async with asyncio.timeout(60):
                context.stopping.set()
                await task
    assert (tmp_path / "run" / "edge-snapshot" / "main.line1.document").exists()
    await bus.close()

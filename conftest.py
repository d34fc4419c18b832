"""Real parts for tests of any room: a free port, a NATS server, a bus connected to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats import server as nats_server_module
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.server import NatsServer


@pytest.fixture
def free_port() -> int:
    """A port nobody listens on now."""
    return nats_server_module.free_port()


@pytest_asyncio.fixture
async def nats_server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A running server with JetStream that syncs always, in a directory of its own."""
    server = NatsServer(tmp_path / "bus", FileSecrets(tmp_path / "secrets"), log_file=tmp_path / "nats.log")
    await server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[NatsBus]:
    """A bus connected to `nats_server`."""
    connected = await open_bus((nats_server.url,), nats_server.login)
    yield connected
    await connected.close()

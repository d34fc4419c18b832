"""A bus of each engine, for the contract tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.memory.bus import MemoryBroker, MemoryBus
from kandelia.engines.nats.bus import open_bus
from kandelia.engines.nats.server import NatsServer
from kandelia.ports.bus import Bus
from tests.contracts.buses import Connect


@pytest_asyncio.fixture(params=["memory", "nats"])
async def connect(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Connect]:
    """Opens connections to one and the same bus."""
    opened: list[Bus] = []
    broker = MemoryBroker()
    server = NatsServer(tmp_path / "bus", FileSecrets(tmp_path / "secrets")) if request.param == "nats" else None
    if server is not None:
        await server.start()

    async def one() -> Bus:
        bus: Bus = await open_bus((server.url,), server.login) if server else MemoryBus(broker)
        opened.append(bus)
        return bus

    yield one
    for bus in opened:
        await bus.close()
    if server is not None:
        server.stop()

"""Fixtures of the history tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from kandelia.engines.memory.history import MemoryHistory
from kandelia.engines.nats.bus import NatsBus
from tests.history.stand import Stand, configure, document, running_bus, running_server, running_stand


@pytest_asyncio.fixture
async def bus(tmp_path: Path) -> AsyncIterator[NatsBus]:
    async with running_server(tmp_path) as server, running_bus(server, tmp_path) as opened:
        await configure(opened, document("red", range(1, 101)), document("blue", range(201, 301)))
        yield opened


@pytest_asyncio.fixture
async def stand(bus: NatsBus) -> AsyncIterator[Stand]:
    async with running_stand(bus, MemoryHistory()) as running:
        yield running

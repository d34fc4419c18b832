"""Promise: a question about connections leaves nothing open on the bus, also when nobody waits for the answer."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kandelia.engines.memory.bus import MemoryBus
from kandelia.kernel.connections import asking
from kandelia.ports.bus import Bus, Subscription


class CountingBus(MemoryBus):
    """Tells how many subscriptions are open."""

    opened = 0

    async def subscribe(self, subject: str, *arguments: Any, **options: Any) -> Subscription:
        found = await super().subscribe(subject, *arguments, **options)
        self.opened += 1
        close = found.close

        async def closing() -> None:
            self.opened -= 1
            await close()

        found.close = closing  # type: ignore[method-assign]
        return found


async def test_listening_for_states_ends_when_it_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Callable[[Bus], Awaitable[object]]] = []
    monkeypatch.setattr(asking.bridge, "bus_call", lambda ask, _: asked.append(ask))
    asking.states("main")
    bus = CountingBus()
    listening = asyncio.ensure_future(asked[0](bus))
    async with asyncio.timeout(60):
        while not bus.opened:
            await asyncio.sleep(0.01)
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    assert bus.opened == 0
    await bus.close()

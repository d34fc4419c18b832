"""A bus of each engine, for the contract tests of the port `Bus`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from kandelia.ports.bus import Bus, Message, StreamSpec

Connect = Callable[[], Awaitable[Bus]]
WORK = StreamSpec("WORK", ("work.>",), keep="work", bytes_max=10_000_000)
FACTS = StreamSpec("FACTS", ("facts.>",), keep="limits", bytes_max=10_000_000)


async def take(messages: AsyncIterator[Message], count: int) -> list[Message]:
    found = []
    async with asyncio.timeout(60):
        while len(found) < count:
            found.append(await anext(messages))
    return found


async def until(check: Callable[[], Awaitable[bool]], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not await check():
            await asyncio.sleep(0.02)

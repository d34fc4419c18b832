"""The bus for code that blocks: one background thread with an event loop that holds the connection.

Django's views, commands and jobs call in; the loop lives as long as the process. How the bus is opened is set by
boot. The bus is opened at the first need and after it was lost for good; meanwhile calls say Unavailable.
"""

import asyncio
import concurrent.futures
import contextlib
import queue
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeVar

from kandelia.base.errors import Unavailable
from kandelia.ports.bus import Bus

T = TypeVar("T")
Opener = Callable[[], Awaitable[Bus]]
OPEN_TIMEOUT_S = 5.0
CALL_TIMEOUT_S = 10.0
QUEUE_ITEMS_MAX = 4
GRACE_S = 1.0
RETRY_S = 1.0
AWAY_S = 1.0  # how long a failed opening answers for all who ask
_END = object()


class Bridge:
    """A thread, its loop and one bus; the process has one, `bridge.*` functions speak to it."""

    def __init__(self) -> None:
        self._opener: Opener | None = None
        self._bus: Bus | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Lock | None = None
        self._failed_s = -AWAY_S
        self._guard = threading.Lock()

    def configure(self, opener: Opener | None) -> None:
        """Set how the bus is opened; an open one is closed first."""
        self.close()
        self._opener, self._failed_s = opener, -AWAY_S

    def call(self, action: Callable[[Bus], Awaitable[T]], timeout_s: float = CALL_TIMEOUT_S) -> T:
        """Run `action(bus)` in the loop and await its result; Unavailable when the bus is away or time is up."""
        future = asyncio.run_coroutine_threadsafe(self._run(action), self._running())
        try:
            return future.result(timeout_s)
        except concurrent.futures.TimeoutError as error:
            future.cancel()
            raise _away(f"no answer within {timeout_s:g} s") from error
        except concurrent.futures.CancelledError as error:
            raise _away("the connection was closed") from error

    def send(self, subject: str, data: bytes) -> None:
        """Publish when the bus is at hand, without waiting; a message lost here must not matter."""
        if self._opener is None:
            return

        async def publish(bus: Bus) -> None:
            await bus.publish(subject, data)

        async def quietly() -> None:
            with contextlib.suppress(Unavailable, asyncio.TimeoutError):
                await self._run(publish)

        asyncio.run_coroutine_threadsafe(quietly(), self._running())

    def listen(self, subject: str, heard: Callable[[], object]) -> Callable[[], object]:
        """Call `heard` (cheap, from the loop's thread) at each message of a subject; call the answer to stop."""

        async def run() -> None:
            while True:
                with contextlib.suppress(Unavailable):
                    async for _ in await (await self._opened()).subscribe(subject):
                        heard()
                await asyncio.sleep(RETRY_S)

        return asyncio.run_coroutine_threadsafe(run(), self._running()).cancel

    def iterate(self, factory: Callable[[Bus], AsyncIterator[T]]) -> Iterator[T]:
        """Items of `factory(bus)` as they come, at most QUEUE_ITEMS_MAX ahead; leaving early cancels the source."""
        items: queue.Queue[Any] = queue.Queue(QUEUE_ITEMS_MAX + 1)  # one place more for the end mark
        room = asyncio.Semaphore(QUEUE_ITEMS_MAX)
        loop = self._running()
        future = asyncio.run_coroutine_threadsafe(self._pump(factory, items, room), loop)
        try:
            while True:
                item = items.get()
                if item is _END:
                    future.result(GRACE_S)
                    return
                loop.call_soon_threadsafe(room.release)
                yield item
        finally:
            future.cancel()

    async def _pump(
        self, factory: Callable[[Bus], AsyncIterator[T]], items: "queue.Queue[Any]", room: asyncio.Semaphore
    ) -> None:
        try:
            bus = await self._opened()
            source = factory(bus)
            try:
                async for item in source:
                    await room.acquire()
                    items.put_nowait(item)
            finally:
                if hasattr(source, "aclose"):
                    await source.aclose()
        finally:
            items.put_nowait(_END)

    async def _run(self, action: Callable[[Bus], Awaitable[T]]) -> T:
        return await action(await self._opened())

    async def _opened(self) -> Bus:
        if self._opening is None:
            self._opening = asyncio.Lock()
        async with self._opening:
            if self._bus is None:
                if self._opener is None:
                    raise _away("this process was not told how to reach it")
                if time.monotonic() - self._failed_s < AWAY_S:
                    raise _away("it cannot be reached")
                try:
                    self._bus = await asyncio.wait_for(self._opener(), OPEN_TIMEOUT_S)
                except (TimeoutError, OSError, Unavailable) as error:
                    self._failed_s = time.monotonic()
                    raise _away("it cannot be reached") from error
        return self._bus

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._guard:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="bus", daemon=True).start()
            return self._loop

    def close(self) -> None:
        """Leave the bus and end the thread; harmless when done twice."""
        with self._guard:
            loop, self._loop = self._loop, None
        if loop is None:
            return
        with contextlib.suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._leave(), loop).result(GRACE_S * 3)
        loop.call_soon_threadsafe(loop.stop)

    async def _leave(self) -> None:
        bus, self._bus, self._opening = self._bus, None, None
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if bus is not None:
            await bus.close()


def _away(what: str) -> Unavailable:
    return Unavailable(f"the bus is away: {what}", "bus", "try again shortly; see kandelia status", "bus-away")


_bridge = Bridge()
configure = _bridge.configure
bus_call = _bridge.call
bus_iterate = _bridge.iterate
send = _bridge.send
listen = _bridge.listen
close = _bridge.close

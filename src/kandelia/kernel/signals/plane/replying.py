"""One answer's way to its asker: whole where it is small, else in chunks that wait for credit.

The reader thread drives; what touches the bus runs on the loop. So a slow asker slows the read and fills no memory.
"""

import asyncio
import hashlib
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any

import msgspec

from kandelia.base.errors import Unavailable
from kandelia.base.ids import new_id
from kandelia.kernel.signals.contracts import CHUNKS_OUTSTANDING_MAX, End
from kandelia.kernel.signals.plane.wire import ANSWER_HEADER, CHUNK_HEADER, CHUNKS, END, WHOLE, Opening
from kandelia.ports.bus import Bus, Subscription
from kandelia.ports.history import Reading

CREDIT_WAIT_S = 10.0  # an asker that takes no chunk for so long is gone
LOOP_WAIT_S = 20.0  # beyond CREDIT_WAIT_S: the loop itself has stopped


class Reply:
    """Use as an async context manager; `deliver` blocks and is called from a reader thread."""

    def __init__(self, bus: Bus, subject: str, reading: Reading) -> None:
        self._bus, self._subject, self._reading = bus, subject, reading
        self._loop = asyncio.get_running_loop()
        self._credit = asyncio.Semaphore(CHUNKS_OUTSTANDING_MAX)
        self._hash = hashlib.sha256()
        self._sent = 0
        self._open = AsyncExitStack()

    async def __aenter__(self) -> "Reply":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._open.aclose()

    def deliver(self, chunks: Iterator[bytes]) -> None:
        """Send all chunks; Unavailable when the asker cancels or takes none for too long."""
        first = next(chunks)
        second = next(chunks, None)
        if second is None:
            self._call(self._publish(first, WHOLE))
            return
        self._call(self._begin())
        for chunk in (first, second):
            self._call(self._send(chunk))
        for chunk in chunks:
            self._call(self._send(chunk))
        self._call(self._publish(msgspec.json.encode(End(self._sent, self._hash.hexdigest())), END))

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            future.result(LOOP_WAIT_S)
        except TimeoutError:
            future.cancel()
            raise Unavailable(what="the history role is leaving", mend="ask again", code="closing") from None

    async def _publish(self, data: bytes, word: str) -> None:
        await self._bus.publish(self._subject, data, {ANSWER_HEADER: word})

    async def _begin(self) -> None:
        opening = Opening(new_id(), self._bus.inbox(), self._bus.inbox())
        await self._listen(opening.credit_subject, self._credit.release)
        await self._listen(opening.cancel_subject, self.cancel)
        await self._publish(msgspec.json.encode(opening), CHUNKS)

    async def _listen(self, subject: str, heard: Any) -> None:
        subscription = await self._bus.subscribe(subject)
        self._open.push_async_callback(subscription.close)
        task = asyncio.create_task(_hear(subscription, heard))
        self._open.callback(task.cancel)

    def cancel(self) -> None:
        """The asker has gone; also wakes a send that waits for credit."""
        self._reading.cancelled.set()
        self._credit.release()

    async def _send(self, chunk: bytes) -> None:
        try:
            await asyncio.wait_for(self._credit.acquire(), CREDIT_WAIT_S)
        except TimeoutError:
            self._reading.cancelled.set()
            raise Unavailable(
                what=f"no part of the answer was taken for {CREDIT_WAIT_S:g} s", mend="read faster", code="slow-asker"
            ) from None
        if self._reading.cancelled.is_set():
            raise Unavailable(what="the question was cancelled", code="cancelled")
        await self._bus.publish(self._subject, chunk, {CHUNK_HEADER: str(self._sent)})
        self._hash.update(chunk)
        self._sent += 1


async def _hear(subscription: Subscription, heard: Any) -> None:
    async for _ in subscription:
        heard()

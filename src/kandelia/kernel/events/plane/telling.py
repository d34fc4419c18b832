"""Events of roles without records: told in order, kept while the bus is away, each under one id until it is on disk."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kandelia.base.clock import Clock, SystemClock
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.base.ids import new_id
from kandelia.kernel.events.contracts import Event
from kandelia.kernel.events.plane.publishing import publish_async
from kandelia.ports.bus import Bus

WAITING_MAX = 1_000  # while the bus is away; then the oldest goes
RETRY_S = 1.0
log = logging.getLogger("kandelia.events")


@dataclass
class Teller:
    """`tell` never waits and never fails; `run` brings what was told to the bus until it is cancelled."""

    bus: Bus
    source: str
    clock: Clock = field(default_factory=SystemClock)
    dropped: int = 0
    _waiting: "deque[Event]" = field(default_factory=deque)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(
        self, organisation: str, type: str, subject: str, data: Mapping[str, Any] | None = None, *, time_ns: int = 0
    ) -> None:
        """A fact of now, or of `time_ns`."""
        at_ns = time_ns or self.clock.now_ns()
        self._waiting.append(Event(type, organisation, self.source, new_id(), at_ns, subject, dict(data or {})))
        if len(self._waiting) > WAITING_MAX:
            self._waiting.popleft()
            self.dropped += 1
        self._news.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            if not self._waiting:
                self._news.clear()
                await self._news.wait()
            try:
                await self._tell_first()
            except KandeliaError:  # those who store samples tell of a bus that is away
                await asyncio.sleep(RETRY_S)

    async def rest(self, seconds: float) -> None:
        """What still waits when `run` has ended, for a bounded time."""
        with contextlib.suppress(KandeliaError, TimeoutError):
            async with asyncio.timeout(seconds):
                while self._waiting:
                    await self._tell_first()

    async def _tell_first(self) -> None:
        event = self._waiting[0]
        try:
            await publish_async(self.bus, event)
        except InvalidInput:
            log.exception("an event of %s cannot be told", event.subject)
            self.dropped += 1
        if self._waiting and self._waiting[0] is event:
            self._waiting.popleft()

"""Tells as events what happens to connections, so that who was not listening can read it later."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field

from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.base.ids import new_id
from kandelia.kernel.connections.contracts import ConnectionDocument, State
from kandelia.kernel.connections.logic.standing import Standing
from kandelia.kernel.events.contracts import Event
from kandelia.kernel.events.plane.publishing import publish_async
from kandelia.ports.bus import Bus

ESTABLISHED, LOST, REFUSED = (f"kandelia.connection.{word}" for word in ("established", "lost", "refused"))
SOURCE = "/edge"
WAITING_MAX = 1_000  # while the bus is away; then the oldest goes
RETRY_S = 1.0
log = logging.getLogger("kandelia.edge")


@dataclass
class Facts:
    """One event at each turn for the better or worse, kept in order and under one id until the bus has it on disk.

    A connection that is tried again and again without success is lost once.
    """

    bus: Bus
    dropped: int = 0
    _last: dict[str, str] = field(default_factory=dict)
    _waiting: "deque[Event]" = field(default_factory=deque)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, key: str, document: ConnectionDocument, standing: Standing) -> None:
        """How a connection stands now."""
        kind = kind_of(standing)
        if not kind or self._last.get(key) == kind:
            return
        self._last[key] = kind
        data = {"error": standing.error, "mend": standing.mend} if standing.error else {}
        self._waiting.append(Event(kind, document.organisation, SOURCE, new_id(), standing.since_ns, document.id, data))
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
            event = self._waiting[0]
            try:
                await publish_async(self.bus, event)
            except InvalidInput:
                log.exception("an event of %s cannot be told", event.subject)
                self.dropped += 1
            except KandeliaError:  # the outlets tell of a bus that is away
                await asyncio.sleep(RETRY_S)
                continue
            if self._waiting and self._waiting[0] is event:
                self._waiting.popleft()


def kind_of(standing: Standing) -> str:
    """The event type of a state; empty for what says nothing yet."""
    if standing.state is State.RUNNING:
        return ESTABLISHED
    if standing.state is State.REFUSED:
        return REFUSED
    failing = standing.state is State.BACKING_OFF or (standing.state is State.CONNECTING and standing.error)
    return LOST if failing else ""

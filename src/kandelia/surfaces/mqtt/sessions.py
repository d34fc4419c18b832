"""What is kept of a client: its subscriptions, and what waits for it, whether it is there or away."""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Protocol

from kandelia.base.mqtt.packets import Publish, Will
from kandelia.surfaces.mqtt.limits import INFLIGHT_MAX, QUEUED_BYTES_MAX, QUEUED_MESSAGES_MAX

PACKET_IDS = 65_535
NO_LOCAL, AS_PUBLISHED = 4, 8  # subscription options (MQTT 5.0, 3.8.3.1)


class Outlet(Protocol):
    """The connection of a session, while there is one."""

    def ready(self) -> bool:
        """True while it takes more."""
        ...

    def write(self, message: Publish) -> None:
        """Send."""
        ...


@dataclass(eq=False)
class Session:
    """One client of one identity. Bounded: what would go beyond is left out and counted in `dropped`."""

    key: tuple[str, str]  # identity, client id
    expires_s: float = 0.0  # how long it is kept without a connection
    subscriptions: dict[str, int] = field(default_factory=dict)  # filter → options
    outlet: Outlet | None = None
    left_at_s: float = 0.0
    will: Will | None = None
    inflight_max: int = INFLIGHT_MAX
    received: set[int] = field(default_factory=set)  # ids of QoS 2 whose PUBREL has not come
    dropped: int = 0
    _queue: deque[Publish] = field(default_factory=deque)
    _queued_bytes: int = 0
    _inflight: dict[int, Publish] = field(default_factory=dict)
    _next_id: int = 0

    @property
    def waiting(self) -> int:
        """Messages that wait, or are not acknowledged."""
        return len(self._queue) + len(self._inflight)

    def deliver(self, message: Publish) -> None:
        """Send now where that is possible, else keep (QoS 1, or QoS 0 to a client that is only slow)."""
        outlet = self.outlet
        if outlet is not None and not self._queue and self._may_send(outlet, message):
            self._send(outlet, message)
            return
        size = len(message.payload) + len(message.topic)
        full = len(self._queue) >= QUEUED_MESSAGES_MAX or self._queued_bytes + size > QUEUED_BYTES_MAX
        if full or (outlet is None and not message.qos):
            self.dropped += 1
            return
        self._queue.append(message)
        self._queued_bytes += size

    def flush(self) -> None:
        """Send what waits, as far as the connection takes it."""
        outlet = self.outlet
        while outlet is not None and self._queue and self._may_send(outlet, self._queue[0]):
            message = self._queue.popleft()
            self._queued_bytes -= len(message.payload) + len(message.topic)
            self._send(outlet, message)

    def begin(self, outlet: Outlet, inflight_max: int) -> None:
        """The client is (again) there: what it had not acknowledged first (4.4), then what waited."""
        self.outlet, self.inflight_max = outlet, min(inflight_max, INFLIGHT_MAX)
        for message in self._inflight.values():
            outlet.write(replace(message, dup=True))
        self.flush()

    def acknowledged(self, packet_id: int) -> None:
        """The client has it."""
        if self._inflight.pop(packet_id, None) is not None:
            self.flush()

    def _may_send(self, outlet: Outlet, message: Publish) -> bool:
        return outlet.ready() and (not message.qos or len(self._inflight) < self.inflight_max)

    def _send(self, outlet: Outlet, message: Publish) -> None:
        if message.qos:
            self._next_id = self._free_id()
            message = replace(message, packet_id=self._next_id)
            self._inflight[self._next_id] = message
        outlet.write(message)

    def _free_id(self) -> int:
        found = self._next_id % PACKET_IDS + 1
        while found in self._inflight:
            found = found % PACKET_IDS + 1
        return found

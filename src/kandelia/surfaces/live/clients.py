"""One open socket as the hub sees it: what it may see, what it wants, and how far it lags."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.asyncio.server import ServerConnection

from kandelia.kernel.access.tickets import Ticket

BUFFER_BYTES_MAX = 262_144  # unsent bytes above which a socket gets no more until it has read
SLOW_S_MAX = 15.0  # a socket that stays above it so long is dropped
MESSAGES_PER_S_MAX = 20.0  # from a client, on average
MESSAGES_BURST = 60.0


@dataclass(eq=False)
class Client:
    """`owed` marks slots that changed while the socket was slow: it gets their newest value later, once."""

    connection: ServerConnection
    ticket: Ticket
    address: str = ""
    numbers: tuple[int, ...] = ()
    wants_connections: bool = False
    owes_connections: bool = False
    owed: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    blocked_since_s: float | None = None
    allowance: float = MESSAGES_BURST
    counted_s: float = 0.0

    @property
    def names(self) -> tuple[str, str]:
        """By what it may be told to go: its person or token, and its organisation."""
        return self.ticket.subject, f"organisation:{self.ticket.organisation}"

    def may_see(self, states: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of the states of connections that are its own to see."""
        allowed = self.ticket.connections
        return states if allowed is None else [state for state in states if state["id"] in allowed]

    def blocked(self, now_s: float) -> bool:
        """True while its buffer is full; remembers since when."""
        if self.connection.transport.get_write_buffer_size() <= BUFFER_BYTES_MAX:
            self.blocked_since_s = None
            return False
        if self.blocked_since_s is None:
            self.blocked_since_s = now_s
        return True

    def hopeless(self, now_s: float) -> bool:
        """True once it has been blocked for SLOW_S_MAX."""
        return self.blocked_since_s is not None and now_s - self.blocked_since_s > SLOW_S_MAX

    def may_speak(self, now_s: float) -> bool:
        """Counts one message against its allowance; False once it has sent too many."""
        if self.counted_s:
            self.allowance = min(MESSAGES_BURST, self.allowance + (now_s - self.counted_s) * MESSAGES_PER_S_MAX)
        self.counted_s = now_s
        self.allowance -= 1.0
        return self.allowance >= 0.0

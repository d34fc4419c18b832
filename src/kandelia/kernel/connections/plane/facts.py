"""Tells as events what happens to connections, so that who was not listening can read it later."""

from dataclasses import dataclass, field

from kandelia.kernel.connections.contracts import ConnectionDocument, State
from kandelia.kernel.connections.logic.standing import Standing
from kandelia.kernel.events.plane.telling import Teller

ESTABLISHED, LOST, REFUSED = (f"kandelia.connection.{word}" for word in ("established", "lost", "refused"))
SOURCE = "/edge"


@dataclass
class Facts:
    """One event at each turn for the better or worse.

    A connection that is tried again and again without success is lost once.
    """

    teller: Teller
    _last: dict[str, str] = field(default_factory=dict)

    def note(self, key: str, document: ConnectionDocument, standing: Standing) -> None:
        """How a connection stands now."""
        kind = kind_of(standing)
        if not kind or self._last.get(key) == kind:
            return
        self._last[key] = kind
        data = {"error": standing.error, "mend": standing.mend} if standing.error else {}
        self.teller.tell(document.organisation, kind, document.id, data, time_ns=standing.since_ns)


def kind_of(standing: Standing) -> str:
    """The event type of a state; empty for what says nothing yet."""
    if standing.state is State.RUNNING:
        return ESTABLISHED
    if standing.state is State.REFUSED:
        return REFUSED
    failing = standing.state is State.BACKING_OFF or (standing.state is State.CONNECTING and standing.error)
    return LOST if failing else ""

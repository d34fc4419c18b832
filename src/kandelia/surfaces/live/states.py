"""What is known of the connections' states, told when it changes and as proof of life every few seconds."""

from typing import Any

from kandelia.base.clock import NS_PER_MS
from kandelia.kernel.connections.contracts import ConnectionState

PROOF_PERIOD_S = 2.0
CONNECTIONS_MAX = 50_000  # states kept in all; more are not shown


class StateBoard:
    """The newest state of each connection, by organisation."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, ConnectionState]] = {}
        self._changed: dict[str, set[str]] = {}
        self._proven: dict[str, set[str]] = {}
        self._count = 0

    def apply(self, state: ConnectionState) -> None:
        """Take a state heard on the bus; an older one than is held is left aside."""
        held = self._states.setdefault(state.organisation, {})
        before = held.get(state.id)
        if before is None:
            if self._count >= CONNECTIONS_MAX:
                return
            self._count += 1
        elif before.at_ns > state.at_ns:
            return
        held[state.id] = state
        told = before is not None and _told(before) == _told(state)
        (self._proven if told else self._changed).setdefault(state.organisation, set()).add(state.id)

    def all_of(self, organisation: str) -> list[dict[str, Any]]:
        """Every state of an organisation, as it is sent."""
        return [_row(state) for state in self._states.get(organisation, {}).values()]

    def take_news(self, *, proof: bool) -> dict[str, list[dict[str, Any]]]:
        """States to send now, by organisation: the changed ones, and with `proof` those heard of since."""
        news, self._changed = self._changed, {}
        if proof:
            for organisation, ids in self._proven.items():
                news.setdefault(organisation, set()).update(ids)
            self._proven = {}
        return {org: [_row(self._states[org][id_]) for id_ in sorted(ids)] for org, ids in news.items()}


def _told(state: ConnectionState) -> tuple[Any, ...]:
    return state.state, state.since_ns, state.error, state.mend, state.held_s > 0


def _row(state: ConnectionState) -> dict[str, Any]:
    return {
        "id": state.id,
        "state": state.state.value,
        "since_ms": state.since_ns // NS_PER_MS,
        "proof_ms": state.proof_ns // NS_PER_MS,
        "error": state.error,
        "mend": state.mend,
        "rate": round(state.samples_per_s, 2),
        "held_s": round(state.held_s, 1),
    }

"""Who wants which values, and the tick that tells them: sockets with the same wish share one encoded message."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import orjson
from websockets.asyncio.server import broadcast

from kandelia.base.clock import NS_PER_MS, Clock
from kandelia.surfaces.live.clients import Client
from kandelia.surfaces.live.states import PROOF_PERIOD_S, StateBoard
from kandelia.surfaces.live.values import NewestValues

NUMBERS_MAX = 5_000  # of one subscription
ROWS_PER_MESSAGE_MAX = 2_000  # longer answers go in several messages
POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1
TRY_AGAIN_LATER = 1013


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """What a client may say."""

    subscribe: list[int] | None = None
    connections: bool = False
    ping: int | None = None


@dataclass(eq=False)
class Group:
    """Sockets that want the same signals of the same organisation."""

    slots: np.ndarray
    clients: set[Client] = field(default_factory=set)


class Hub:
    """Holds the sockets; nothing in it waits, so that one tick is one moment."""

    def __init__(self, values: NewestValues, states: StateBoard, clock: Clock) -> None:
        self.values = values
        self.states = states
        self.clock = clock
        self.clients: set[Client] = set()
        self.dropped = 0
        self.values_sent = 0
        self._groups: dict[tuple[str, bytes], Group] = {}
        self._group_of: dict[Client, tuple[str, bytes]] = {}
        self._proof_s = 0.0

    def join(self, client: Client) -> None:
        """A socket has opened."""
        self.clients.add(client)

    def leave(self, client: Client) -> None:
        """A socket has gone."""
        self.clients.discard(client)
        self._ungroup(client)

    def _ungroup(self, client: Client) -> None:
        key = self._group_of.pop(client, None)
        if key is not None:
            group = self._groups[key]
            group.clients.discard(client)
            if not group.clients:
                del self._groups[key]

    def hear(self, client: Client, text: str | bytes) -> None:
        """Do what a client's message says; one that cannot be understood is answered, never fatal."""
        try:
            wish = msgspec.json.decode(text, type=Wish)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._send([client], {"error": str(error)[:200]})
            return
        if wish.ping is not None:
            self._send([client], {"pong": wish.ping, "now_ms": self._now_ms()})
        if wish.subscribe is not None:
            self._subscribe(client, wish.subscribe, wish.connections)

    def _subscribe(self, client: Client, numbers: list[int], connections: bool) -> None:
        if len(numbers) > NUMBERS_MAX:
            self._send([client], {"error": f"{len(numbers)} signals; ask for {NUMBERS_MAX} at most"})
            return
        client.numbers = tuple(sorted({number for number in numbers if 0 < number < 2**32}))
        client.wants_connections = connections
        client.owed = np.empty(0, np.int64)
        refused = self._regroup(client)
        if refused:
            self._send([client], {"refused": refused})
        self._snapshot(client)

    def _regroup(self, client: Client) -> list[int]:
        """Put the client with those that want the same; returns the numbers it may not see."""
        self._ungroup(client)
        wanted = np.array(client.numbers, np.uint32)
        slots = self._slots(client, wanted)
        good = slots[slots >= 0]
        key = (client.ticket.organisation, good.tobytes())
        self._groups.setdefault(key, Group(good)).clients.add(client)
        self._group_of[client] = key
        return sorted(set(client.numbers) - set(wanted[slots >= 0].tolist()))

    def _slots(self, client: Client, wanted: np.ndarray) -> np.ndarray:
        """The slot of each number, -1 where it is neither of the ticket's organisation nor shared with it."""
        slots = self.values.slots(wanted, client.ticket.organisation)
        if client.ticket.signals is not None:
            slots = np.where(np.isin(wanted, np.array(client.ticket.signals, np.uint32)), slots, -1)
        for owner, numbers in client.ticket.lent:
            shared = np.isin(wanted, np.array(numbers, np.uint32))
            slots = np.where(shared & (slots < 0), self.values.slots(wanted, owner), slots)
        return slots

    def regroup_all(self) -> None:
        """Signals have come, gone or changed hands: look every subscription up again."""
        for client in list(self._group_of):
            before = self._groups[self._group_of[client]].slots
            self._regroup(client)
            after = self._groups[self._group_of[client]].slots
            client.owed = np.union1d(client.owed, np.setdiff1d(after, before))
            client.owed = client.owed[np.isin(client.owed, after)]

    def _snapshot(self, client: Client) -> None:
        slots = self._groups[self._group_of[client]].slots
        if client.blocked(self.clock.monotonic_s()):  # one that asks again and again without reading fills nothing
            client.owed, client.owes_connections = np.unique(slots), client.wants_connections
            return
        rows = self.values.rows(slots)
        message: dict[str, object] = {"snapshot": rows[:ROWS_PER_MESSAGE_MAX], "now_ms": self._now_ms()}
        if client.wants_connections:
            message["connections"] = client.may_see(self.states.all_of(client.ticket.organisation))
        self._send([client], message)
        self._send_rows([client], rows[ROWS_PER_MESSAGE_MAX:])

    def tick(self) -> None:
        """Tell everyone what has changed since the last one."""
        now_s = self.clock.monotonic_s()
        self._drop_hopeless(now_s)
        changed = self.values.take_changed()
        for group in list(self._groups.values()):
            hit = group.slots[changed[group.slots]]
            self._tell(group, hit, now_s)
        self._tell_states(now_s)

    def _tell(self, group: Group, hit: np.ndarray, now_s: float) -> None:
        ready = []
        for client in group.clients:
            if client.blocked(now_s):
                client.owed = np.union1d(client.owed, hit) if len(hit) else client.owed
            elif len(client.owed):
                self._send_rows([client], self.values.rows(np.union1d(client.owed, hit)))
                client.owed = np.empty(0, np.int64)
            else:
                ready.append(client)
        if len(hit) and ready:
            self._send_rows(ready, self.values.rows(hit))

    def _tell_states(self, now_s: float) -> None:
        proof = now_s - self._proof_s >= PROOF_PERIOD_S
        if proof:
            self._proof_s = now_s
        news = self.states.take_news(proof=proof)
        listeners: dict[str, list[Client]] = {}
        for client in self.clients:
            organisation = client.ticket.organisation
            if not client.wants_connections:
                continue
            if client.blocked(now_s):
                client.owes_connections |= organisation in news
            elif client.owes_connections:
                client.owes_connections = False
                seen = client.may_see(self.states.all_of(organisation))
                self._send([client], {"connections": seen, "now_ms": self._now_ms()})
            elif client.ticket.connections is not None:
                self._tell_seen(client, client.may_see(news.get(organisation, [])), proof)
            else:
                listeners.setdefault(organisation, []).append(client)
        for organisation, clients in listeners.items():
            if rows := news.get(organisation):
                self._send(clients, {"connections": rows, "now_ms": self._now_ms()})
            elif proof:
                self._send(clients, {"now_ms": self._now_ms()})

    def _tell_seen(self, client: Client, rows: list[dict[str, Any]], proof: bool) -> None:
        if rows or proof:
            self._send([client], {**({"connections": rows} if rows else {}), "now_ms": self._now_ms()})

    def _drop_hopeless(self, now_s: float) -> None:
        for client in [client for client in self.clients if client.hopeless(now_s)]:
            self.dropped += 1
            self.leave(client)
            client.connection.transport.abort()

    def revoke(self, subject: str) -> list[Client]:
        """Forget the sockets of a person or token, or of a whole organisation, at once; the caller closes them."""
        gone = [client for client in self.clients if subject in client.names]
        for client in gone:
            self.leave(client)
        return gone

    def of_subject(self, subject: str) -> int:
        """How many sockets a person or token has open."""
        return sum(client.ticket.subject == subject for client in self.clients)

    def _send_rows(self, clients: Iterable[Client], rows: list[list[object]]) -> None:
        for start in range(0, len(rows), ROWS_PER_MESSAGE_MAX):
            part = rows[start : start + ROWS_PER_MESSAGE_MAX]
            self._send(clients, {"values": part, "now_ms": self._now_ms()})

    def _send(self, clients: Iterable[Client], message: dict[str, object]) -> None:
        rows = message.get("values") or message.get("snapshot") or ()
        connections = [client.connection for client in clients]
        self.values_sent += len(rows) * len(connections)  # type: ignore[arg-type]
        broadcast(connections, orjson.dumps(message), text=True)

    def _now_ms(self) -> int:
        return self.clock.now_ns() // NS_PER_MS


def rate(read: Callable[[], float], clock: Clock) -> Callable[[], float]:
    """How fast a count grows a second, measured from one call to the next."""
    last = [read(), clock.monotonic_s()]

    def per_s() -> float:
        count, now_s = read(), clock.monotonic_s()
        grown, passed = count - last[0], now_s - last[1]
        last[:] = [count, now_s]
        return grown / passed if passed > 0 else 0.0

    return per_s

"""The listener: who may enter, one space of topics an organisation, and what is due from time to time."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kandelia.base.ids import new_id
from kandelia.base.mqtt.packets import VERSION_5, BadPacket, Connect, Property, Publish, Reason, Will
from kandelia.kernel.access.identities import DeviceGrant, Seen
from kandelia.surfaces.mqtt import keeping, limits
from kandelia.surfaces.mqtt.connection import Connection
from kandelia.surfaces.mqtt.rights import allowed
from kandelia.surfaces.mqtt.sessions import Session
from kandelia.surfaces.mqtt.space import Space

KEEP_S = 5.0  # retained messages reach the disk this late
CLIENT_ID_CHARACTERS_MAX = 256


class Identities:
    """Who is known, by key, by the digest of the secret and by the fingerprint of the certificate."""

    def __init__(self) -> None:
        self._grants: dict[str, DeviceGrant] = {}
        self._digests: dict[str, DeviceGrant] = {}
        self._fingerprints: dict[str, DeviceGrant] = {}

    def put(self, key: str, grant: DeviceGrant | None) -> None:
        """An identity as it now is, None where it has ended."""
        if (before := self._grants.pop(key, None)) is not None:
            self._digests.pop(before.digest, None)
            self._fingerprints.pop(before.fingerprint, None)
        if grant is not None:
            self._grants[key] = self._digests[grant.digest] = grant
            if grant.fingerprint:
                self._fingerprints[grant.fingerprint] = grant

    def of(self, user: str, digest: str, now_ns: int) -> DeviceGrant | None:
        """The identity of this name and secret, None where there is none or its time is over."""
        grant = self._digests.get(digest)
        return grant if grant is not None and grant.name == user and not grant.over(now_ns) else None

    def of_certificate(self, user: str, fingerprint: str, now_ns: int) -> DeviceGrant | None:
        """The identity of this certificate, None where there is none, its time is over, or `user` names another."""
        grant = self._fingerprints.get(fingerprint) if fingerprint else None
        return grant if grant is not None and user in ("", grant.name) and not grant.over(now_ns) else None

    def holds(self, grant: DeviceGrant, now_ns: int) -> bool:
        """True where an identity is still as it was when it entered."""
        return self._grants.get(grant.key) == grant and not grant.over(now_ns)

    def __len__(self) -> int:
        return len(self._grants)


@dataclass(eq=False)
class Listener:
    """All clients of one address. `digest` makes of a secret what identities hold, `now_ns` is the wall clock."""

    directory: Path
    digest: Callable[[str], str]
    now_ns: Callable[[], int] = time.time_ns
    connections_max: int = limits.CONNECTIONS_MAX
    identities: Identities = field(default_factory=Identities)
    spaces: dict[str, Space] = field(default_factory=dict)
    connections: set[Connection] = field(default_factory=set)
    bad_packets: int = 0
    refused: int = 0
    denied: int = 0
    denied_last: str = ""
    slowed: int = 0
    _failures: dict[str, tuple[float, int]] = field(default_factory=dict)
    _strangers: set[Connection] = field(default_factory=set)  # that have not said CONNECT yet
    _left: dict[str, Seen] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _wills: dict[Session, asyncio.TimerHandle] = field(default_factory=dict)

    def now_s(self) -> float:
        """See `House.now_s`."""
        return time.monotonic()

    def __post_init__(self) -> None:
        self.spaces = {space.organisation: space for space in keeping.load(self.directory)}

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listen; the port. OSError where it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), host, port, ssl=tls, backlog=512)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def run(self) -> None:
        """What is due from time to time, until cancelled."""
        kept_at_s = self.now_s()
        while True:
            await asyncio.sleep(limits.SWEEP_S)
            self._sweep()
            if self.now_s() - kept_at_s >= KEEP_S:
                kept_at_s = self.now_s()
                await self.keep()

    async def close(self) -> None:
        """Let all clients go, with their reason; keep what is retained."""
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.end(Reason.SHUTTING_DOWN)
        for handle in self._wills.values():
            handle.cancel()
        await asyncio.sleep(0)
        for connection in list(self.connections):
            connection.abort()
        await self.keep()

    async def keep(self) -> None:
        """Retained messages to the disk, where they have changed."""
        for space in self.spaces.values():
            if space.changed:
                data, space.changed = keeping.encode(space), False
                with contextlib.suppress(OSError):  # a full disk: they are written again with the next change
                    await asyncio.to_thread(keeping.write, self.directory, space.organisation, data)

    def admit(self, connection: Connection) -> bool:
        """False where there is no room, or where this address has failed too often."""
        full = len(self.connections) >= self.connections_max or len(self._strangers) >= limits.STRANGERS_MAX
        if full or self._failed_often(connection.address):
            self.refused += 1
            return False
        self.connections.add(connection)
        self._strangers.add(connection)
        return True

    def gone(self, connection: Connection, *, polite: bool) -> None:
        """A connection has ended: its will is published unless it left politely (3.1.2.5)."""
        self.connections.discard(connection)
        self._strangers.discard(connection)
        if connection.grant is not None:
            self._left[connection.grant.key] = Seen(self.now_ns(), connection.address)
        session, space = connection.session, connection.space
        if session is None or space is None or session.outlet is not connection:
            return
        session.outlet, session.left_at_s = None, self.now_s()
        will, session.will = session.will, None
        if will is not None and not polite:
            self._publish_will(space, session, will)
        if not session.expires_s:
            space.forget(session)

    def enter(self, connection: Connection, packet: Connect) -> tuple[DeviceGrant, Space, Session, bool]:
        """The identity, its space, its session and whether that was there. BadPacket with the reason otherwise."""
        grant = self._login(connection, packet)
        will = packet.will
        if will is not None and (will.topic.startswith("$") or not allowed(grant.publish, will.topic)):
            self.deny(grant, f"may not leave a will on {will.topic[:80]}")
            raise BadPacket("the will's topic is not granted", Reason.NOT_AUTHORISED)
        if len(packet.client_id) > CLIENT_ID_CHARACTERS_MAX:
            raise BadPacket("a client id that is too long", Reason.CLIENT_ID_INVALID)
        if not packet.client_id and packet.version != VERSION_5 and not packet.clean:
            raise BadPacket("a session to be kept needs a client id", Reason.CLIENT_ID_INVALID)
        space = self.spaces.setdefault(grant.organisation, Space(grant.organisation))
        key = (grant.key, packet.client_id or new_id())
        session, present = self._session(space, key, packet)
        session.will = will
        self._strangers.discard(connection)
        return grant, space, session, present

    def _session(self, space: Space, key: tuple[str, str], packet: Connect) -> tuple[Session, bool]:
        """The session of a client, taken from the connection that held it (3.1.4)."""
        before = space.sessions.get(key)
        if before is not None:
            if (will := self._wills.pop(before, None)) is not None:
                will.cancel()
            if isinstance(before.outlet, Connection):
                holder, before.outlet = before.outlet, None
                before.will = None
                holder.end(Reason.TAKEN_OVER)
            if packet.clean:
                space.forget(before)
                before = None
        session = before or space.session(key)
        session.expires_s = _expiry_s(packet)
        return session, before is not None

    def _login(self, connection: Connection, packet: Connect) -> DeviceGrant:
        try:
            secret = (packet.password or b"").decode()
        except UnicodeDecodeError:
            secret = ""
        user, now_ns = packet.user or "", self.now_ns()
        if secret:
            grant = self.identities.of(user, self.digest(secret), now_ns)
        else:
            grant = self.identities.of_certificate(user, connection.fingerprint, now_ns)
        if grant is None:
            self.refused += 1
            self._note_failure(connection.address)
            raise BadPacket("no such device, or not its secret", Reason.BAD_LOGIN)
        return grant

    def seen(self) -> dict[str, Seen]:
        """Devices by key that are there now, or have left since this was asked before."""
        found, self._left = self._left, {}
        for connection in self.connections:
            if connection.grant is not None:
                found[connection.grant.key] = Seen(self.now_ns(), connection.address, True)
        return found

    def deny(self, grant: DeviceGrant, what: str) -> None:
        """Something that an identity is not granted."""
        self.denied += 1
        self.denied_last = f"{grant.organisation}: device {grant.name} {what}"

    def _failed_often(self, address: str) -> bool:
        at_s, count = self._failures.get(address, (0.0, 0))
        return count >= limits.FAILED_LOGINS_MAX and self.now_s() - at_s < limits.FAILED_LOGINS_S

    def _note_failure(self, address: str) -> None:
        if len(self._failures) >= limits.FAILED_ADDRESSES_MAX:
            self._failures.clear()
        at_s, count = self._failures.get(address, (self.now_s(), 0))
        fresh = self.now_s() - at_s >= limits.FAILED_LOGINS_S
        self._failures[address] = (self.now_s(), 1) if fresh else (at_s, count + 1)

    def _publish_will(self, space: Space, session: Session, will: Will) -> None:
        message = Publish(will.topic, will.payload, will.qos, will.retain, properties=will.properties)
        delay_s = min(float(will.properties.get(Property.WILL_DELAY, 0)), session.expires_s)

        def publish() -> None:
            self._wills.pop(session, None)
            space.publish(message)

        if delay_s <= 0:
            publish()
        else:
            self._wills[session] = asyncio.get_running_loop().call_later(delay_s, publish)

    def _sweep(self) -> None:
        """Connections that are silent, stuck or no longer known; sessions that were kept long enough."""
        now_ns, now_s = self.now_ns(), self.now_s()
        for connection in list(self.connections):
            if connection.stuck or connection.silent:
                connection.end(Reason.KEEP_ALIVE_OVER)
            elif connection.grant is not None and not self.identities.holds(connection.grant, now_ns):
                connection.end(Reason.NOT_AUTHORISED)
        for space in self.spaces.values():
            for session in list(space.sessions.values()):
                if session.outlet is None and now_s - session.left_at_s > session.expires_s:
                    space.forget(session)


def _expiry_s(packet: Connect) -> float:
    """How long a session is kept: as MQTT 5 asks (3.1.2.11.2), in 3.1.1 for SESSION_S_MAX unless it is clean."""
    if packet.version == VERSION_5:
        return float(min(packet.properties.get(Property.SESSION_EXPIRY, 0), limits.SESSION_S_MAX))
    return 0.0 if packet.clean else float(limits.SESSION_S_MAX)

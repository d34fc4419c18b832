"""One client's connection: packets in, packets out, within the bounds of `limits`."""

import asyncio
import hashlib
from typing import Protocol

from kandelia.base.mqtt.decoding import Framer, decode
from kandelia.base.mqtt.encoding import encode
from kandelia.base.mqtt.packets import (
    VERSION_3_1_1,
    VERSION_5,
    Acknowledge,
    BadPacket,
    Connack,
    Connect,
    Disconnect,
    Granted,
    Packet,
    Ping,
    Property,
    Publish,
    Reason,
    Subscribe,
    Type,
    Unsubscribe,
)
from kandelia.kernel.access.identities import DeviceGrant
from kandelia.surfaces.mqtt import limits
from kandelia.surfaces.mqtt.rights import allowed
from kandelia.surfaces.mqtt.sessions import Session
from kandelia.surfaces.mqtt.space import Space

OLD_CODES = {  # reason codes of MQTT 5 as CONNACK return codes of 3.1.1 (3.2.2.3)
    Reason.UNSUPPORTED_VERSION: 1,
    Reason.CLIENT_ID_INVALID: 2,
    Reason.SERVER_BUSY: 3,
    Reason.BAD_LOGIN: 5,
    Reason.NOT_AUTHORISED: 5,
}
REFUSED_OLD = 0x80  # the one code for a refused subscription in 3.1.1
CONNECT_BYTE = 0x10
NOT_NOW = 3  # "server unavailable", for what 3.1.1 has no word for


class House(Protocol):
    """Who lets connections in, and counts."""

    bad_packets: int
    slowed: int

    def now_s(self) -> float:
        """A clock that never runs backwards."""
        ...

    def admit(self, connection: "Connection") -> bool:
        """False where there is no room."""
        ...

    def enter(self, connection: "Connection", packet: Connect) -> tuple[DeviceGrant, Space, Session, bool]:
        """Identity, space, session and whether that was there; BadPacket with the reason otherwise."""
        ...

    def deny(self, grant: DeviceGrant, what: str) -> None:
        """Something that an identity is not granted."""
        ...

    def gone(self, connection: "Connection", *, polite: bool) -> None:
        """A connection has ended."""
        ...


class Connection(asyncio.Protocol):
    """Guarantees: nothing is heard before CONNECT with an identity; what an identity is not granted is refused; a
    client that floods is read more slowly, one that does not read is let go; neither harms another.
    """

    def __init__(self, listener: House) -> None:
        self.listener = listener
        self.transport: asyncio.Transport | None = None
        self.address = ""
        self.fingerprint = ""  # of the certificate the client has shown, which the handshake has checked
        self.grant: DeviceGrant | None = None
        self.session: Session | None = None
        self.space: Space | None = None
        self.heard_at_s = self.blocked_at_s = listener.now_s()
        self.keep_alive_s = 0.0
        self.client_id = ""
        self._version = VERSION_3_1_1
        self._framer = Framer(limits.CONNECT_BYTES_MAX)
        self._aliases: dict[int, str] = {}
        self._begun = -1
        self._paused = False
        self._polite = self._ending = False
        self._credit = limits.MESSAGES_PER_S_MAX * limits.BURST_S
        self._credit_bytes = limits.BYTES_PER_S_MAX * limits.BURST_S
        self._credit_at_s = self.heard_at_s
        self._resting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self.transport = transport  # type: ignore[assignment]
        self.transport.set_write_buffer_limits(high=limits.WRITE_BUFFER_BYTES)  # type: ignore[union-attr]
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else "local"
        tls = transport.get_extra_info("ssl_object")
        shown = tls.getpeercert(binary_form=True) if tls is not None else None
        self.fingerprint = hashlib.sha256(shown).hexdigest() if shown else ""
        if not self.listener.admit(self):
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if self._resting is not None:
            self._resting.cancel()
        self.listener.gone(self, polite=self._polite)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self._closing:
            return
        self.heard_at_s = self.listener.now_s()
        try:
            if self.session is None and self._begun != CONNECT_BYTE:
                self._begin(data)
            for first, body, _ in self._framer.feed(data):
                if self._closing:
                    return
                self._handle(decode(first, body, self._version))
        except BadPacket as error:
            self.listener.bad_packets += 1
            if self.session is None and error.code == Reason.UNSUPPORTED_VERSION:
                self._send(Connack(False, 1))
            self.end(error.code)
            return
        self._rest(len(data))

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`."""
        self._paused, self.blocked_at_s = True, self.listener.now_s()

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        self._paused = False
        if self.session is not None:
            self.session.flush()

    def ready(self) -> bool:
        """See `Outlet.ready`."""
        return not self._paused

    def write(self, message: Publish) -> None:
        """See `Outlet.write`."""
        self._send(message)

    def end(self, code: int = 0) -> None:
        """Hang up; with MQTT 5 the reason is said."""
        if self._closing:
            return
        if code and self.session is not None and self._version == VERSION_5:
            self._send(Disconnect(code))
        transport, self._ending = self.transport, True
        if transport is None or self._paused:
            self.abort()
        elif transport.can_write_eof():  # closed while something is unread, the kernel would reset, and lose the reason
            transport.write_eof()
            asyncio.get_running_loop().call_later(limits.LINGER_S, self.abort)
        else:
            transport.close()

    def abort(self) -> None:
        """Hang up at once; harmless when done twice."""
        if self.transport is not None:
            self.transport.abort()

    @property
    def _closing(self) -> bool:
        return self._ending or self.transport is None or self.transport.is_closing()

    @property
    def silent(self) -> bool:
        """True where a client has not kept its promise to be heard (3.1.2.10), or has not even said CONNECT."""
        allowed_s = self.keep_alive_s * limits.KEEP_ALIVE_SLACK if self.session is not None else limits.CONNECT_S
        return bool(allowed_s) and self.listener.now_s() - self.heard_at_s > allowed_s and self._resting is None

    @property
    def stuck(self) -> bool:
        """True where it takes nothing of what is sent."""
        return self._paused and self.listener.now_s() - self.blocked_at_s > limits.SLOW_S

    def _begin(self, data: bytes) -> None:
        """Whoever does not begin with CONNECT is not waited for."""
        self._begun = data[0]
        if self._begun != CONNECT_BYTE:
            raise BadPacket("the first packet is not CONNECT", Reason.PROTOCOL_ERROR)

    def _handle(self, packet: Packet) -> None:
        if self.session is None:
            if not isinstance(packet, Connect):
                raise BadPacket("the first packet is not CONNECT", Reason.PROTOCOL_ERROR)
            self._connect(packet)
        elif isinstance(packet, Publish):
            self._credit -= 1
            self._publish(packet)
        elif isinstance(packet, Acknowledge):
            self._acknowledge(packet)
        elif isinstance(packet, Subscribe):
            self._subscribe(packet)
        elif isinstance(packet, Unsubscribe):
            self._unsubscribe(packet)
        elif isinstance(packet, Ping) and packet.type is Type.PINGREQ:
            self._send(Ping(Type.PINGRESP))
        elif isinstance(packet, Disconnect):
            self._polite = packet.code != 0x04  # "with will" (3.14.2.1)
            self.end()
        else:
            raise BadPacket("a packet that only a server sends, or a second CONNECT", Reason.PROTOCOL_ERROR)

    def _connect(self, packet: Connect) -> None:
        self._version = packet.version
        try:
            grant, space, session, present = self.listener.enter(self, packet)
        except BadPacket as refusal:
            code = refusal.code if packet.version == VERSION_5 else OLD_CODES.get(Reason(refusal.code), NOT_NOW)
            self._send(Connack(False, code))
            self.end()
            return
        self.grant, self.space, self.session = grant, space, session
        self.client_id, self.keep_alive_s = session.key[1], float(packet.keep_alive_s)
        self._framer.bytes_max = limits.MESSAGE_BYTES_MAX
        self._send(Connack(present, 0, self._offers(packet)))
        session.begin(self, packet.properties.get(Property.RECEIVE_MAXIMUM, limits.INFLIGHT_MAX))

    def _offers(self, packet: Connect) -> dict[int, object]:
        """What a client of MQTT 5 is told (3.2.2.3)."""
        if packet.version != VERSION_5:
            return {}
        offers: dict[int, object] = {
            Property.PACKET_SIZE_MAX: limits.MESSAGE_BYTES_MAX,
            Property.TOPIC_ALIAS_MAXIMUM: limits.TOPIC_ALIASES_MAX,
            Property.SHARED_AVAILABLE: 0,
            Property.SUBSCRIPTION_IDS_AVAILABLE: 0,
        }
        if not packet.client_id:
            offers[Property.ASSIGNED_CLIENT] = self.client_id
        return offers

    def _publish(self, packet: Publish) -> None:
        assert self.session is not None and self.grant is not None and self.space is not None  # noqa: S101
        self._resolve_alias(packet)
        code = 0
        if packet.topic.startswith("$") or not allowed(self.grant.publish, packet.topic):
            code = Reason.NOT_AUTHORISED
            self.listener.deny(self.grant, f"may not send to {packet.topic[:80]}")
        elif packet.qos < 2 or packet.packet_id not in self.session.received:
            self.space.publish(packet, self.session)
        if packet.qos == 1:
            self._send(Acknowledge(Type.PUBACK, packet.packet_id, code))
        elif packet.qos == 2:
            if not code:
                self._receive_twice(packet.packet_id)
            self._send(Acknowledge(Type.PUBREC, packet.packet_id, code))

    def _receive_twice(self, packet_id: int) -> None:
        assert self.session is not None  # noqa: S101
        if len(self.session.received) >= limits.RECEIVED_QOS2_MAX:
            raise BadPacket("too many messages of QoS 2 under way", Reason.RECEIVE_MAXIMUM_OVER)
        self.session.received.add(packet_id)

    def _resolve_alias(self, packet: Publish) -> None:
        alias = packet.properties.pop(Property.TOPIC_ALIAS, None)
        if alias is None:
            return
        if not 0 < alias <= limits.TOPIC_ALIASES_MAX or (not packet.topic and alias not in self._aliases):
            raise BadPacket("a topic alias that stands for nothing", Reason.TOPIC_ALIAS_INVALID)
        if packet.topic:
            self._aliases[alias] = packet.topic
        packet.topic = self._aliases[alias]

    def _acknowledge(self, packet: Acknowledge) -> None:
        assert self.session is not None  # noqa: S101
        if packet.type is Type.PUBACK:
            self.session.acknowledged(packet.packet_id)
        elif packet.type is Type.PUBREL:
            known = packet.packet_id in self.session.received
            self.session.received.discard(packet.packet_id)
            self._send(Acknowledge(Type.PUBCOMP, packet.packet_id, 0 if known else Reason.PACKET_ID_UNKNOWN))
        else:
            raise BadPacket("an acknowledgement of what was not sent", Reason.PROTOCOL_ERROR)

    def _subscribe(self, packet: Subscribe) -> None:
        assert self.session is not None and self.space is not None  # noqa: S101
        if Property.SUBSCRIPTION_ID in packet.properties:
            raise BadPacket("subscription identifiers are not offered", Reason.SUBSCRIPTION_IDS_UNSUPPORTED)
        codes, fresh = [], []
        for wanted, options in packet.filters:
            code = self._refusal(wanted)
            if not code:
                options = options & 0xFC | min(options & 3, 1)
                new = self.space.subscribe(self.session, wanted, options)
                handling = options >> 4 & 3  # retained messages: always, if new, never
                if handling == 0 or (handling == 1 and new):
                    fresh.append((wanted, options & 3))
                code = options & 3
            codes.append(code if self._version == VERSION_5 or code < REFUSED_OLD else REFUSED_OLD)
        self._send(Granted(Type.SUBACK, packet.packet_id, codes))
        for wanted, qos in fresh:
            for message in self.space.recall(wanted):
                properties = message.properties
                self.session.deliver(
                    Publish(message.topic, message.payload, min(qos, message.qos), True, properties=properties)
                )

    def _refusal(self, wanted: str) -> int:
        """Why this may not be subscribed to; 0 where it may. A shared subscription is refused, not granted and dead."""
        assert self.session is not None and self.grant is not None  # noqa: S101
        if wanted.startswith("$share/"):
            return Reason.SHARED_UNSUPPORTED
        if not allowed(self.grant.subscribe, wanted):
            self.listener.deny(self.grant, f"may not hear {wanted[:80]}")
            return Reason.NOT_AUTHORISED
        known = wanted in self.session.subscriptions
        return 0 if known or len(self.session.subscriptions) < limits.SUBSCRIPTIONS_MAX else Reason.QUOTA_OVER

    def _unsubscribe(self, packet: Unsubscribe) -> None:
        assert self.session is not None and self.space is not None  # noqa: S101
        held = [self.space.unsubscribe(self.session, wanted) for wanted in packet.filters]
        codes = [0 if was else int(Reason.NO_SUBSCRIPTION) for was in held]
        self._send(Granted(Type.UNSUBACK, packet.packet_id, codes))

    def _send(self, packet: Packet) -> None:
        if not self._closing and self.transport is not None:
            self.transport.write(encode(packet, self._version))

    def _rest(self, size: int) -> None:
        """Read on only when the client's rate allows."""
        now_s = self.heard_at_s
        passed_s, self._credit_at_s = now_s - self._credit_at_s, now_s
        burst = limits.BURST_S
        most, most_bytes = limits.MESSAGES_PER_S_MAX, limits.BYTES_PER_S_MAX
        self._credit = min(most * burst, self._credit + passed_s * most)
        self._credit_bytes = min(most_bytes * burst, self._credit_bytes + passed_s * most_bytes) - size
        wait_s = max(-self._credit / most, -self._credit_bytes / most_bytes)
        if wait_s > 0 and self._resting is None and self.transport is not None and not self._closing:
            self.listener.slowed += 1
            self.transport.pause_reading()
            self._resting = asyncio.get_running_loop().call_later(wait_s, self._read_on)

    def _read_on(self) -> None:
        self._resting = None
        self.heard_at_s = self.listener.now_s()
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

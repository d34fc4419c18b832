"""From bytes to packets; what is damaged or forbidden raises BadPacket with its reason code."""

from collections.abc import Callable, Iterator

from kandelia.base.mqtt.fields import Fields
from kandelia.base.mqtt.packets import (
    PACKET_BYTES_MAX,
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
    Will,
)
from kandelia.base.mqtt.topics import check_filter, check_name

HEAD_BYTES = 70_000  # of a packet that is cut: its topic has 65,535 at most
_FLAGS_2 = (Type.PUBREL, Type.SUBSCRIBE, Type.UNSUBSCRIBE)  # their fixed header ends in 0b0010 (2.1.3)


class Framer:
    """Cuts a stream of bytes into packets, and never holds more than one of `bytes_max`.

    A longer one raises BadPacket as soon as its length is known; with `cut` it is given cut to its head instead
    (HEAD_BYTES), so that a receiver can say which topic it was and acknowledge it, and the stream goes on behind it.
    """

    def __init__(self, bytes_max: int = PACKET_BYTES_MAX, *, cut: bool = False) -> None:
        self.bytes_max = bytes_max
        self.cut = cut
        self._held = bytearray()
        self._skip = 0  # bytes of a cut packet that are still to come

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes, int]]:
        """(first byte, body, bytes that were cut off) of each packet that is there now."""
        held = self._held
        held += data
        at = 0
        try:
            while True:
                skipped = min(self._skip, len(held) - at)
                self._skip -= skipped
                at += skipped
                found = None if self._skip else self._head(held, at)
                if found is None or found[1] > len(held):
                    return
                body, end, missing = found
                first, whole = held[at], bytes(held[body:end])
                at, self._skip = end, missing
                yield first, whole, missing
        finally:
            del held[:at]

    def _head(self, held: bytearray, at: int) -> tuple[int, int, int] | None:
        """Where the body begins and ends, and what is cut; None where the length is not there yet (2.1.4)."""
        length = 0
        for place in range(1, 5):
            if at + place >= len(held):
                return None
            byte = held[at + place]
            length |= (byte & 0x7F) << (7 * (place - 1))
            if not byte & 0x80:
                body = at + place + 1
                if length <= self.bytes_max:
                    return body, body + length, 0
                if not self.cut:
                    raise BadPacket(f"a packet of {length} bytes", Reason.PACKET_TOO_LARGE)
                kept = min(length, HEAD_BYTES)
                return body, body + kept, length - kept
        raise BadPacket("a length of more than four bytes")


def decode(first: int, body: bytes, version: int = VERSION_3_1_1) -> Packet:
    """The packet; `version` is that of the connection, CONNECT brings its own."""
    kind = first >> 4
    if kind == Type.PUBLISH:
        return _publish(first & 0x0F, body, version)
    if first & 0x0F != (2 if kind in _FLAGS_2 else 0):
        raise BadPacket("the flags of the fixed header are wrong")
    read = _DECODERS.get(kind)
    if read is None:
        raise BadPacket(f"packets of type {kind} are not spoken here", Reason.PROTOCOL_ERROR)
    fields = Fields(body)
    packet = read(fields, Type(kind), version)
    fields.end()
    return packet


def _publish(flags: int, body: bytes, version: int) -> Publish:
    qos = flags >> 1 & 3
    if qos == 3 or (not qos and flags & 8):
        raise BadPacket("a QoS that does not exist, or a repeat of QoS 0")
    fields = Fields(body)
    topic = fields.text()
    packet_id = _packet_id(fields) if qos else 0
    properties = fields.properties() if version == VERSION_5 else {}
    if topic or Property.TOPIC_ALIAS not in properties:
        check_name(topic)
    return Publish(topic, fields.rest(), qos, bool(flags & 1), bool(flags & 8), packet_id, properties)


def _packet_id(fields: Fields) -> int:
    found = fields.word()
    if not found:
        raise BadPacket("a packet id of 0", Reason.PROTOCOL_ERROR)
    return found


def _connect(fields: Fields, _type: Type, _version: int) -> Connect:
    if fields.text() not in ("MQTT", "MQIsdp"):
        raise BadPacket("this is not MQTT", Reason.UNSUPPORTED_VERSION)
    version = fields.byte()
    if version not in (VERSION_3_1_1, VERSION_5):
        raise BadPacket(f"version {version} is not spoken here", Reason.UNSUPPORTED_VERSION)
    flags, keep_alive_s = fields.byte(), fields.word()
    if flags & 1 or (flags & 0x18) == 0x18 or (not flags & 4 and flags & 0x38):
        raise BadPacket("the flags of CONNECT are wrong")
    if version == VERSION_3_1_1 and flags & 0x40 and not flags & 0x80:
        raise BadPacket("a password without a user")  # 3.1.1, 3.1.2.9
    properties = fields.properties() if version == VERSION_5 else {}
    client_id = fields.text()
    will = _will(fields, flags, version) if flags & 4 else None
    user = fields.text() if flags & 0x80 else None
    password = fields.binary() if flags & 0x40 else None
    return Connect(client_id, version, bool(flags & 2), keep_alive_s, user, password, will, properties)


def _will(fields: Fields, flags: int, version: int) -> Will:
    properties = fields.properties() if version == VERSION_5 else {}
    topic = fields.text()
    check_name(topic)
    return Will(topic, fields.binary(), flags >> 3 & 3, bool(flags & 0x20), properties)


def _connack(fields: Fields, _type: Type, version: int) -> Connack:
    flags, code = fields.byte(), fields.byte()
    return Connack(bool(flags & 1), code, fields.properties() if version == VERSION_5 and _more(fields) else {})


def _more(fields: Fields) -> bool:
    return fields.at < len(fields.data)


def _acknowledge(fields: Fields, kind: Type, version: int) -> Acknowledge:
    packet_id, code = _packet_id(fields), 0
    if version == VERSION_5 and _more(fields):
        code = fields.byte()
        if _more(fields):
            fields.properties()
    return Acknowledge(kind, packet_id, code)


def _subscribe(fields: Fields, _type: Type, version: int) -> Subscribe:
    packet_id = _packet_id(fields)
    properties = fields.properties() if version == VERSION_5 else {}
    filters = []
    while _more(fields):
        wanted, options = fields.text(), fields.byte()
        check_filter(wanted)
        if options & 3 == 3 or options & (0xC0 if version == VERSION_5 else 0xFC) or options & 0x30 == 0x30:
            raise BadPacket("the options of a subscription are wrong")
        filters.append((wanted, options))
    if not filters:
        raise BadPacket("a subscription without a topic", Reason.PROTOCOL_ERROR)
    return Subscribe(packet_id, filters, properties)


def _unsubscribe(fields: Fields, _type: Type, version: int) -> Unsubscribe:
    packet_id = _packet_id(fields)
    if version == VERSION_5:
        fields.properties()
    filters = []
    while _more(fields):
        filters.append(fields.text())
        check_filter(filters[-1])
    if not filters:
        raise BadPacket("an end of no subscription", Reason.PROTOCOL_ERROR)
    return Unsubscribe(packet_id, filters)


def _granted(fields: Fields, kind: Type, version: int) -> Granted:
    packet_id = _packet_id(fields)
    if version == VERSION_5:
        fields.properties()
    return Granted(kind, packet_id, list(fields.rest()))


def _ping(_fields: Fields, kind: Type, _version: int) -> Ping:
    return Ping(kind)


def _disconnect(fields: Fields, _type: Type, version: int) -> Disconnect:
    if version != VERSION_5 or not _more(fields):
        return Disconnect()
    code = fields.byte()
    return Disconnect(code, fields.properties() if _more(fields) else {})


_DECODERS: dict[int, Callable[[Fields, Type, int], Packet]] = {
    Type.CONNECT: _connect,
    Type.CONNACK: _connack,
    Type.PUBACK: _acknowledge,
    Type.PUBREC: _acknowledge,
    Type.PUBREL: _acknowledge,
    Type.PUBCOMP: _acknowledge,
    Type.SUBSCRIBE: _subscribe,
    Type.SUBACK: _granted,
    Type.UNSUBSCRIBE: _unsubscribe,
    Type.UNSUBACK: _granted,
    Type.PINGREQ: _ping,
    Type.PINGRESP: _ping,
    Type.DISCONNECT: _disconnect,
}

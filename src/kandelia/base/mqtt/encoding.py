"""From packets to bytes."""

from collections.abc import Callable
from typing import Any

from kandelia.base.mqtt.fields import pack_binary, pack_number, pack_properties, pack_text
from kandelia.base.mqtt.packets import (
    VERSION_3_1_1,
    VERSION_5,
    Acknowledge,
    Connack,
    Connect,
    Disconnect,
    Granted,
    Packet,
    Ping,
    Publish,
    Subscribe,
    Type,
    Unsubscribe,
)

NO_PROPERTIES = b"\0"


def encode(packet: Packet, version: int = VERSION_3_1_1) -> bytes:
    """The bytes of a packet; `version` is that of the connection. BadPacket where it cannot be written."""
    return _ENCODERS[type(packet)](packet, version)


def _frame(kind: int, body: bytes, flags: int = 0) -> bytes:
    return bytes((kind << 4 | flags,)) + pack_number(len(body)) + body


def _properties(properties: dict[int, Any], version: int) -> bytes:
    if version != VERSION_5:
        return b""
    return pack_properties(properties) if properties else NO_PROPERTIES


def _connect(packet: Connect, _version: int) -> bytes:
    will, version = packet.will, packet.version
    flags = 2 if packet.clean else 0
    body = _properties(packet.properties, version) + pack_text(packet.client_id)
    if will is not None:
        flags |= 4 | will.qos << 3 | (0x20 if will.retain else 0)
        body += _properties(will.properties, version) + pack_text(will.topic) + pack_binary(will.payload)
    if packet.user is not None:
        flags |= 0x80
        body += pack_text(packet.user)
    if packet.password is not None:
        flags |= 0x40
        body += pack_binary(packet.password)
    head = pack_text("MQTT") + bytes((version, flags)) + packet.keep_alive_s.to_bytes(2, "big")
    return _frame(Type.CONNECT, head + body)


def _connack(packet: Connack, version: int) -> bytes:
    head = bytes((1 if packet.session_present else 0, packet.code))
    return _frame(Type.CONNACK, head + _properties(packet.properties, version))


def _publish(packet: Publish, version: int) -> bytes:
    flags = packet.qos << 1 | (1 if packet.retain else 0) | (8 if packet.dup else 0)
    head = pack_text(packet.topic) + (packet.packet_id.to_bytes(2, "big") if packet.qos else b"")
    return _frame(Type.PUBLISH, head + _properties(packet.properties, version) + packet.payload, flags)


def _acknowledge(packet: Acknowledge, version: int) -> bytes:
    body = packet.packet_id.to_bytes(2, "big")
    if version == VERSION_5 and packet.code:
        body += bytes((packet.code,))
    return _frame(packet.type, body, 2 if packet.type is Type.PUBREL else 0)


def _subscribe(packet: Subscribe, version: int) -> bytes:
    filters = b"".join(pack_text(name) + bytes((options,)) for name, options in packet.filters)
    head = packet.packet_id.to_bytes(2, "big") + _properties(packet.properties, version)
    return _frame(Type.SUBSCRIBE, head + filters, 2)


def _unsubscribe(packet: Unsubscribe, version: int) -> bytes:
    head = packet.packet_id.to_bytes(2, "big") + _properties({}, version)
    return _frame(Type.UNSUBSCRIBE, head + b"".join(map(pack_text, packet.filters)), 2)


def _granted(packet: Granted, version: int) -> bytes:
    codes = bytes(packet.codes) if version == VERSION_5 or packet.type is Type.SUBACK else b""
    return _frame(packet.type, packet.packet_id.to_bytes(2, "big") + _properties({}, version) + codes)


def _ping(packet: Ping, _version: int) -> bytes:
    return _frame(packet.type, b"")


def _disconnect(packet: Disconnect, version: int) -> bytes:
    if version != VERSION_5 or not (packet.code or packet.properties):
        return _frame(Type.DISCONNECT, b"")
    body = bytes((packet.code,)) + (pack_properties(packet.properties) if packet.properties else b"")
    return _frame(Type.DISCONNECT, body)


_ENCODERS: dict[type, Callable[[Any, int], bytes]] = {
    Connect: _connect,
    Connack: _connack,
    Publish: _publish,
    Acknowledge: _acknowledge,
    Subscribe: _subscribe,
    Unsubscribe: _unsubscribe,
    Granted: _granted,
    Ping: _ping,
    Disconnect: _disconnect,
}

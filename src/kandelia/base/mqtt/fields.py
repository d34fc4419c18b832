"""The data types of MQTT (1.5) and its properties (2.2.2), read from and written to bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kandelia.base.mqtt.packets import BadPacket, Properties, Reason

LENGTH_MAX = 268_435_455  # a variable byte integer of four bytes
BINARY_BYTES_MAX = 65_535
USER_PROPERTY, SUBSCRIPTION_ID = 38, 11
USER_PROPERTIES_MAX = 100


@dataclass(slots=True)
class Fields:
    """Reads one after another; BadPacket at the first that is not whole."""

    data: bytes
    at: int = 0

    def byte(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def word(self) -> int:
        """Two bytes, big-endian (1.5.2)."""
        return int.from_bytes(self.take(2), "big")

    def long(self) -> int:
        """Four bytes, big-endian (1.5.3)."""
        return int.from_bytes(self.take(4), "big")

    def number(self) -> int:
        """A variable byte integer (1.5.5)."""
        value = 0
        for place in range(4):
            byte = self.byte()
            value |= (byte & 0x7F) << (7 * place)
            if not byte & 0x80:
                return value
        raise BadPacket("a length of more than four bytes")

    def binary(self) -> bytes:
        """Bytes behind their length (1.5.6)."""
        return self.take(self.word())

    def text(self) -> str:
        """A UTF-8 text behind its length, without U+0000 (1.5.4)."""
        try:
            text = self.binary().decode()
        except UnicodeDecodeError:
            raise BadPacket("a text that is not UTF-8") from None
        if "\0" in text:
            raise BadPacket("a text that holds U+0000")
        return text

    def take(self, length: int) -> bytes:
        """The next bytes."""
        end = self.at + length
        if end > len(self.data):
            raise BadPacket("the packet ends too early")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self.data) - self.at)

    def end(self) -> None:
        """Nothing may be left."""
        if self.at != len(self.data):
            raise BadPacket("the packet is longer than its fields")

    def properties(self) -> Properties:
        """The properties behind their length; BadPacket for an unknown one or one that comes twice (2.2.2.2)."""
        length = self.number()
        inner = Fields(self.take(length))
        found: Properties = {}
        while inner.at < length:
            identifier = inner.number()
            reader = _READERS.get(identifier)
            if reader is None:
                raise BadPacket(f"there is no property {identifier}")
            value = reader(inner)
            if identifier in (USER_PROPERTY, SUBSCRIPTION_ID):
                several: list[Any] = found.setdefault(identifier, [])
                several.append(value)
                if len(several) > USER_PROPERTIES_MAX:
                    raise BadPacket(f"more than {USER_PROPERTIES_MAX} properties of one kind", Reason.PACKET_TOO_LARGE)
            elif identifier in found:
                raise BadPacket(f"property {identifier} comes twice", Reason.PROTOCOL_ERROR)
            else:
                found[identifier] = value
        return found


def pack_number(value: int) -> bytes:
    """A variable byte integer (1.5.5)."""
    if not 0 <= value <= LENGTH_MAX:
        raise BadPacket(f"{value} bytes are more than a packet may have", Reason.PACKET_TOO_LARGE)
    packed = bytearray()
    while True:
        value, byte = value >> 7, value & 0x7F
        packed.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(packed)


def pack_binary(data: bytes) -> bytes:
    """Bytes behind their length."""
    if len(data) > BINARY_BYTES_MAX:
        raise BadPacket(f"{len(data)} bytes where {BINARY_BYTES_MAX} are the most", Reason.PACKET_TOO_LARGE)
    return len(data).to_bytes(2, "big") + data


def pack_text(text: str) -> bytes:
    """A text behind its length."""
    return pack_binary(text.encode())


def pack_properties(properties: Properties) -> bytes:
    """Properties behind their length."""
    packed = bytearray()
    for identifier, value in properties.items():
        for one in value if identifier in (USER_PROPERTY, SUBSCRIPTION_ID) else (value,):
            packed += pack_number(identifier) + _WRITERS[identifier](one)
    return pack_number(len(packed)) + bytes(packed)


def _pack_pair(pair: tuple[str, str]) -> bytes:
    return pack_text(pair[0]) + pack_text(pair[1])


_BYTES = (1, 23, 25, 36, 37, 40, 41, 42)
_WORDS = (19, 33, 34, 35)
_LONGS = (2, 17, 24, 39)
_TEXTS = (3, 8, 18, 21, 26, 28, 31)
_BINARIES = (9, 22)
_READERS: dict[int, Callable[[Fields], Any]] = {
    **dict.fromkeys(_BYTES, Fields.byte),
    **dict.fromkeys(_WORDS, Fields.word),
    **dict.fromkeys(_LONGS, Fields.long),
    **dict.fromkeys(_TEXTS, Fields.text),
    **dict.fromkeys(_BINARIES, Fields.binary),
    SUBSCRIPTION_ID: Fields.number,
    USER_PROPERTY: lambda fields: (fields.text(), fields.text()),
}
_WRITERS: dict[int, Callable[[Any], bytes]] = {
    **dict.fromkeys(_BYTES, lambda value: int(value).to_bytes(1, "big")),
    **dict.fromkeys(_WORDS, lambda value: int(value).to_bytes(2, "big")),
    **dict.fromkeys(_LONGS, lambda value: int(value).to_bytes(4, "big")),
    **dict.fromkeys(_TEXTS, pack_text),
    **dict.fromkeys(_BINARIES, pack_binary),
    SUBSCRIPTION_ID: pack_number,
    USER_PROPERTY: _pack_pair,
}

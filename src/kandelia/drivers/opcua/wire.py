"""Data changes straight from the bytes of a PublishResponse to columns.

OPC 10000-6, 5.2 (binary encoding) and OPC 10000-4, 5.14.5 (Publish). The general decoder of the client library
makes several objects a value; a plant's changes are one layout repeated, so their fixed part is unpacked at once
and only what is rare goes the long way. That is also why 100 ns ticks and picoseconds survive: the library's own
times end at the microsecond.
"""

import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary, variant_from_binary

GOOD, BAD_TYPE_MISMATCH, BAD_OUT_OF_RANGE, BAD_DECODING = 0x0000, 0x8074, 0x803C, 0x8007
EPOCH_TICKS = 116_444_736_000_000_000  # 1970 in 100 ns since 1601
OVERFLOW = 0x0480  # info type DataValue (10 in bits 10-11) with the overflow bit 7: OPC 10000-4, 7.39.1
INT64_MAX = 2**63 - 1
DATA_CHANGE = 811  # DataChangeNotification_Encoding_DefaultBinary
STATUS_CHANGE = 820  # StatusChangeNotification_Encoding_DefaultBinary
HAS_VALUE, HAS_STATUS, HAS_SOURCE, HAS_SERVER, HAS_SOURCE_PICO, HAS_SERVER_PICO = 1, 2, 4, 8, 16, 32

_HEAD = struct.Struct("<IB")  # client handle, mask of the DataValue
_UINT32, _INT32 = struct.Struct("<I"), struct.Struct("<i")
_FIXED = {1: "?", 2: "b", 3: "B", 4: "h", 5: "H", 6: "i", 7: "I", 8: "q", 9: "Q", 10: "f", 11: "d"}
_TAIL = ((HAS_STATUS, "I"), (HAS_SOURCE, "q"), (HAS_SOURCE_PICO, "H"), (HAS_SERVER, "q"), (HAS_SERVER_PICO, "H"))


@dataclass(slots=True)
class Changes:
    """Columns as `Sink.add` takes them, a row a change in the order of the response."""

    handles: list[int] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    qualities: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    overflows: list[int] = field(default_factory=list)  # rows before which the server's queue had lost some


@dataclass(slots=True)
class Published:
    """One PublishResponse. `status` is a StatusChangeNotification's code, which ends the subscription, or 0."""

    subscription: int
    sequence: int
    changes: Changes
    status: int = 0


class _Layout:
    """Where the parts of a DataValue with this mask (and fixed-size variant type) lie."""

    def __init__(self, mask: int, variant: int | None) -> None:
        form = "<" + (_FIXED[variant] if variant is not None else "")
        names = ["value"] if variant is not None else []
        for bit, code in _TAIL:
            if mask & bit:
                form += code
                names.append(str(bit))
        self.struct = struct.Struct(form)
        self.value = 0 if variant is not None else -1
        self.status = _place(names, HAS_STATUS)
        self.source, self.source_pico = _place(names, HAS_SOURCE), _place(names, HAS_SOURCE_PICO)
        self.server, self.server_pico = _place(names, HAS_SERVER), _place(names, HAS_SERVER_PICO)


def _place(names: list[str], bit: int) -> int:
    return names.index(str(bit)) if str(bit) in names else -1


_LAYOUTS: dict[int, _Layout] = {}


def _layout(mask: int, variant: int | None) -> _Layout:
    key = mask << 8 | (0 if variant is None else variant)
    layout = _LAYOUTS.get(key)
    if layout is None:
        layout = _LAYOUTS[key] = _Layout(mask & 0x3E, variant)
    return layout


def read_publish(data: bytes, received_ns: int) -> Published:
    """Decode a PublishResponse; ValueError or struct.error when it is damaged.

    A value's time is the source's, else the server's, else `received_ns`.
    """
    buffer = Buffer(data)
    nodeid_from_binary(buffer)
    header = struct_from_binary(ua.ResponseHeader, buffer)
    header.ServiceResult.check()
    at = buffer.cur_pos
    subscription, available = struct.unpack_from("<Ii", data, at)
    at += 8 + 4 * max(available, 0) + 1  # the available sequence numbers, MoreNotifications
    sequence, _published, count = struct.unpack_from("<Iqi", data, at)
    at += 16
    published = Published(subscription, sequence, Changes())
    for _ in range(max(count, 0)):
        at = _notification(data, at, published, received_ns)
    return published


def _notification(data: bytes, at: int, published: Published, received_ns: int) -> int:
    """One ExtensionObject of NotificationData; the place behind it."""
    buffer = Buffer(data, at)
    kind = nodeid_from_binary(buffer)
    at = buffer.cur_pos
    body = at + 5
    length: int = _INT32.unpack_from(data, at + 1)[0]
    if data[at] != 1 or length < 0 or body + length > len(data):
        raise ValueError("a notification without a body")
    if kind.Identifier == DATA_CHANGE:
        _data_changes(data, body, published.changes, received_ns)
    elif kind.Identifier == STATUS_CHANGE:
        (published.status,) = _UINT32.unpack_from(data, body)
    return body + length


def _data_changes(data: bytes, at: int, changes: Changes, received_ns: int) -> None:
    (count,) = _INT32.unpack_from(data, at)
    at += 4
    for _ in range(max(count, 0)):
        at = _change(data, at, changes, received_ns)


def _change(data: bytes, at: int, changes: Changes, received_ns: int) -> int:
    handle, mask = _HEAD.unpack_from(data, at)
    at += 5
    value: Any = None
    fault = 0
    variant = data[at] if mask & HAS_VALUE else 0
    if variant in _FIXED:
        layout = _layout(mask, variant)
        parts = layout.struct.unpack_from(data, at + 1)
        at += 1 + layout.struct.size
        value = parts[0]
        if variant == 9 and value > INT64_MAX:
            value, fault = None, BAD_OUT_OF_RANGE
    else:
        if mask & HAS_VALUE:
            value, fault, at = _odd_value(data, at)
        layout = _layout(mask, None)
        parts = layout.struct.unpack_from(data, at)
        at += layout.struct.size
    status = parts[layout.status] if layout.status >= 0 else 0
    quality = status >> 16
    if fault and quality < 0x8000:
        quality = fault
    if status & OVERFLOW == OVERFLOW:
        changes.overflows.append(len(changes.handles))
    changes.handles.append(handle)
    changes.times_ns.append(_time_ns(layout, parts, received_ns))
    changes.qualities.append(quality)
    changes.values.append(value)
    return at


def _time_ns(layout: _Layout, parts: tuple[Any, ...], received_ns: int) -> int:
    for ticks, pico in ((layout.source, layout.source_pico), (layout.server, layout.server_pico)):
        if ticks >= 0 and parts[ticks] > 0:
            extra: int = parts[pico] // 100 if pico >= 0 else 0  # the field counts 10 ps
            since_1970: int = (parts[ticks] - EPOCH_TICKS) * 100
            return since_1970 + min(extra, 99)
    return received_ns


def _odd_value(data: bytes, at: int) -> tuple[Any, int, int]:
    """A value that is no plain number: (value, fault quality, place behind it)."""
    reader = _READERS.get(data[at])
    if reader is not None:
        value, at = reader(data, at + 1)
        return value, 0, at
    buffer = Buffer(data, at)
    variant_from_binary(buffer)  # an array or a structure: skipped whole
    return None, BAD_TYPE_MISMATCH, buffer.cur_pos


def _null(_data: bytes, at: int) -> tuple[None, int]:
    return None, at


def _bytes(data: bytes, at: int) -> tuple[bytes | None, int]:
    (length,) = _INT32.unpack_from(data, at)
    at += 4
    if length < 0:
        return None, at
    if at + length > len(data):
        raise ValueError("a text beyond the end of the message")
    return data[at : at + length], at + length


def _text(data: bytes, at: int) -> tuple[str | None, int]:
    raw, at = _bytes(data, at)
    return (None if raw is None else raw.decode("utf-8", "surrogateescape")), at


def _octets(data: bytes, at: int) -> tuple[str | None, int]:
    raw, at = _bytes(data, at)
    return (None if raw is None else raw.hex()), at


def _moment(data: bytes, at: int) -> tuple[str | None, int]:
    (ticks,) = struct.unpack_from("<q", data, at)
    return moment_text(ticks), at + 8


def _guid(data: bytes, at: int) -> tuple[str, int]:
    return str(uuid.UUID(bytes_le=data[at : at + 16])), at + 16


def _status(data: bytes, at: int) -> tuple[str, int]:
    (code,) = _UINT32.unpack_from(data, at)
    return str(ua.StatusCode(code).name), at + 4


def _qualified(data: bytes, at: int) -> tuple[str | None, int]:
    return _text(data, at + 2)


def _localized(data: bytes, at: int) -> tuple[str | None, int]:
    mask, text = data[at], None
    at += 1
    if mask & 1:
        _, at = _text(data, at)
    if mask & 2:
        text, at = _text(data, at)
    return text, at


def moment_text(ticks: int) -> str | None:
    """An OPC UA DateTime as ISO 8601 with its 100 ns; None for "no time" (0) and for the end of time."""
    if not 0 < ticks < 2_650_467_743_990_000_000:
        return None
    second, rest = divmod(ticks, 10_000_000)
    moment = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:07d}Z"


_READERS: dict[int, Callable[[bytes, int], tuple[Any, int]]] = {
    0: _null,
    12: _text,
    13: _moment,
    14: _guid,
    15: _octets,
    16: _text,  # XmlElement
    19: _status,
    20: _qualified,
    21: _localized,
}

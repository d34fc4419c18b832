"""Sparkplug B payloads as bytes: what an edge node sends (Sparkplug 3.0.0, 6.4), written field by field in protobuf."""

import struct
from dataclasses import dataclass
from typing import Any

INT32, INT64, DOUBLE, BOOLEAN, STRING = 3, 4, 10, 11, 12  # metric data types
VARINT, FIXED64, BYTES = 0, 1, 2  # protobuf wire types
BAD_QUALITY = 0  # of the property Quality: 192 is good
_VALUE_FIELDS = {INT64: 11, DOUBLE: 13, BOOLEAN: 14, STRING: 15}


@dataclass(frozen=True, slots=True)
class Metric:
    """One value; `name` only in births, `alias` where a birth gave it."""

    datatype: int
    value: Any
    name: str = ""
    alias: int = -1
    bad: bool = False


def payload(metrics: list[Metric], at_ms: int, seq: int | None) -> bytes:
    """Timestamp, metrics and sequence; a death has no sequence."""
    body = _number(1, at_ms) + b"".join(_field(2, _metric(metric, at_ms)) for metric in metrics)
    return body if seq is None else body + _number(3, seq)


def _metric(metric: Metric, at_ms: int) -> bytes:
    made = _field(1, metric.name.encode()) if metric.name else b""
    made += _number(2, metric.alias) if metric.alias >= 0 else b""
    made += _number(3, at_ms) + _number(4, metric.datatype)
    if metric.bad:
        quality = _number(1, INT32) + _number(3, BAD_QUALITY)
        return made + _number(7, 1) + _field(9, _field(1, b"Quality") + _field(2, quality))
    place = _VALUE_FIELDS[metric.datatype]
    if metric.datatype == DOUBLE:
        return made + _key(place, FIXED64) + struct.pack("<d", metric.value)
    if metric.datatype == STRING:
        return made + _field(place, str(metric.value).encode())
    return made + _number(place, int(metric.value) & (1 << 64) - 1)


def _key(place: int, wire: int) -> bytes:
    return _varint(place << 3 | wire)


def _number(place: int, value: int) -> bytes:
    return _key(place, VARINT) + _varint(value)


def _field(place: int, data: bytes) -> bytes:
    return _key(place, BYTES) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    made = bytearray()
    while True:
        value, byte = value >> 7, value & 0x7F
        made.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(made)

"""Metric data types (Sparkplug 3.0.0, 6.4.16), their values on the wire, and which of them can be a signal."""

import struct
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

from kandelia.sdk.drivers import InvalidInput, Kind, Value


class DataType(IntEnum):
    """Indexes as DataType of the specification."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19


_SIGNED_BITS = {DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64}
_UNSIGNED_BITS = {DataType.UINT8: 8, DataType.UINT16: 16, DataType.UINT32: 32, DataType.UINT64: 64}
_TEXTS = (DataType.STRING, DataType.TEXT, DataType.UUID)
_REASONS = {
    DataType.DATASET: "a data set (a table) cannot be a signal",
    DataType.FILE: "a file cannot be a signal",
    DataType.TEMPLATE: "a template cannot be a signal; let the node send its members as metrics",
}
_MILLISECONDS_MAX = 253_402_300_799_999  # the end of the year 9999


def reason_against(datatype: int) -> str:
    """Why a metric of this type cannot be a signal; empty where it can."""
    if datatype in _REASONS:
        return _REASONS[DataType(datatype)]
    if datatype > DataType.TEMPLATE:
        return "an array or property set cannot be a signal"
    return ""


_PLAIN = {
    DataType.FLOAT: "float_value",
    DataType.DOUBLE: "double_value",
    DataType.BOOLEAN: "boolean_value",
    DataType.UINT8: "int_value",
    DataType.UINT16: "int_value",
    DataType.UINT32: "int_value",
    DataType.UINT64: "long_value",
    **dict.fromkeys(_TEXTS, "string_value"),
}


def plain_field(datatype: int) -> str:
    """The field of a metric whose content is the value as it is; empty where `read_value` must turn it."""
    return _PLAIN.get(datatype, "")  # type: ignore[call-overload, no-any-return]


def kind_of(datatype: int) -> Kind | None:
    """What a signal of such a metric holds; None where it cannot be one."""
    if datatype in _SIGNED_BITS or datatype in _UNSIGNED_BITS:
        return Kind.INTEGER
    if datatype in (DataType.FLOAT, DataType.DOUBLE):
        return Kind.FLOAT
    if datatype == DataType.BOOLEAN:
        return Kind.BOOLEAN
    return Kind.TEXT if datatype in (*_TEXTS, DataType.DATETIME, DataType.BYTES) else None


def name_of(datatype: int) -> str:
    """For people."""
    return DataType(datatype).name.title() if datatype in set(DataType) else f"type {datatype}"


def read_value(metric: Any, datatype: int, kind: Kind) -> Any:
    """The value for a signal of `kind`; None where the metric says null or holds none that can be told.

    Signed integers come as two's complement in an unsigned field (6.4.16); a DateTime is milliseconds for a numeric
    signal and ISO 8601 for a text; bytes are hexadecimal.
    """
    if metric.is_null:
        return None
    held = metric.WhichOneof("value")
    if held is None or held in ("dataset_value", "template_value"):
        return None
    value = getattr(metric, held)
    bits = _SIGNED_BITS.get(datatype)  # type: ignore[call-overload]
    if bits is not None and isinstance(value, int):
        value &= (1 << bits) - 1
        return value - (1 << bits) if value >> (bits - 1) else value
    if datatype == DataType.DATETIME and kind is Kind.TEXT and isinstance(value, int):
        return _iso(value)
    return value.hex() if isinstance(value, bytes) else value


def _iso(milliseconds: int) -> str | None:
    if milliseconds > _MILLISECONDS_MAX:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def write_value(metric: Any, datatype: int, value: Value) -> None:
    """Put a value into a metric; InvalidInput where it does not fit the type."""
    metric.datatype = datatype
    bits = _SIGNED_BITS.get(datatype) or _UNSIGNED_BITS.get(datatype)  # type: ignore[call-overload]
    if datatype == DataType.BOOLEAN and isinstance(value, bool):
        metric.boolean_value = value
    elif bits is not None and isinstance(value, int | float) and not isinstance(value, bool):
        _write_integer(metric, datatype, bits, value)
    elif datatype == DataType.FLOAT and _is_number(value) and abs(value) <= struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]:  # type: ignore[arg-type]
        metric.float_value = float(value)
    elif datatype == DataType.DOUBLE and _is_number(value):
        metric.double_value = float(value)
    elif datatype in _TEXTS and isinstance(value, str):
        metric.string_value = value
    else:
        raise InvalidInput(
            f"{value!r:.60} does not fit a metric of {name_of(datatype)}", mend="give a value of its type", code="value"
        )


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _write_integer(metric: Any, datatype: int, bits: int, value: int | float) -> None:
    low = -(1 << (bits - 1)) if datatype in _SIGNED_BITS else 0
    high = low + (1 << bits) - 1
    if int(value) != value or not low <= value <= high:
        raise InvalidInput(
            f"{value} is not within {low} and {high}", mend=f"the metric is {name_of(datatype)}", code="value"
        )
    if bits == 64:
        metric.long_value = int(value) & (1 << 64) - 1
    else:
        metric.int_value = int(value) & 0xFFFFFFFF

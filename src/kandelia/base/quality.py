"""Quality of a sample after OPC UA (OPC 10000-4, 7.39 StatusCode; OPC 10000-8, Annex A).

A quality is the upper 16 bits of an OPC UA StatusCode as UInt16: two bits of severity (00 good, 01 uncertain,
10 bad), then the sub-code. So every OPC UA code is kept, and other protocols borrow its words.
"""

from enum import IntEnum

GOOD = 0x0000
UNCERTAIN = 0x4000
BAD = 0x8000

UNCERTAIN_LAST_USABLE = 0x4090
UNCERTAIN_SENSOR_NOT_ACCURATE = 0x4093
UNCERTAIN_ENGINEERING_UNITS_EXCEEDED = 0x4094
UNCERTAIN_SUB_NORMAL = 0x4095
BAD_COMMUNICATION = 0x8005
BAD_TYPE_MISMATCH = 0x8074
BAD_NOT_CONNECTED = 0x808A
BAD_DEVICE_FAILURE = 0x808B
BAD_SENSOR_FAILURE = 0x808C
BAD_NO_COMMUNICATION = 0x8031
BAD_NODE_UNKNOWN = 0x8034
BAD_OUT_OF_RANGE = 0x803C
BAD_NO_DATA = 0x809B
BAD_DATA_LOST = 0x809D


class Severity(IntEnum):
    """The first two bits of a quality."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


DETAILS: dict[int, str] = {
    GOOD: "Good",
    UNCERTAIN: "Uncertain",
    BAD: "Bad",
    UNCERTAIN_LAST_USABLE: "UncertainLastUsableValue",
    UNCERTAIN_SENSOR_NOT_ACCURATE: "UncertainSensorNotAccurate",
    UNCERTAIN_ENGINEERING_UNITS_EXCEEDED: "UncertainEngineeringUnitsExceeded",
    UNCERTAIN_SUB_NORMAL: "UncertainSubNormal",
    BAD_COMMUNICATION: "BadCommunicationError",
    BAD_TYPE_MISMATCH: "BadTypeMismatch",
    BAD_NOT_CONNECTED: "BadNotConnected",
    BAD_DEVICE_FAILURE: "BadDeviceFailure",
    BAD_SENSOR_FAILURE: "BadSensorFailure",
    BAD_NO_COMMUNICATION: "BadNoCommunication",
    BAD_NODE_UNKNOWN: "BadNodeIdUnknown",
    BAD_OUT_OF_RANGE: "BadOutOfRange",
    BAD_NO_DATA: "BadNoData",
    BAD_DATA_LOST: "BadDataLost",
}


def severity(quality: int) -> Severity:
    """The severity of a quality; the reserved pattern 11 counts as bad."""
    return Severity(min(quality >> 14, 2))


def from_status_code(code: int) -> int:
    """A 32-bit OPC UA StatusCode as quality (its info bits are dropped)."""
    return (code >> 16) & 0xFFFF


def detail(quality: int) -> str:
    """The symbolic name, or severity and code where the table has none."""
    return DETAILS.get(quality) or f"{severity(quality).name.title()}(0x{quality:04X})"

"""The packets of MQTT as plain data (chapter 3), and the words for what can be wrong with one."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

VERSION_3_1_1, VERSION_5 = 4, 5  # the protocol level in CONNECT
PACKET_BYTES_MAX = 1_000_000  # of one packet, where nobody says otherwise
Properties = dict[int, Any]  # by identifier (2.2.2.2); user properties and subscription identifiers are lists


class Type(IntEnum):
    """Control packet types (2.1.2)."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14
    AUTH = 15


class Property(IntEnum):
    """Property identifiers (2.2.2.2) that this platform reads or writes."""

    SESSION_EXPIRY = 17
    ASSIGNED_CLIENT = 18
    SERVER_KEEP_ALIVE = 19
    WILL_DELAY = 24
    MESSAGE_EXPIRY = 2
    REASON = 31
    RECEIVE_MAXIMUM = 33
    TOPIC_ALIAS_MAXIMUM = 34
    TOPIC_ALIAS = 35
    MAXIMUM_QOS = 36
    SUBSCRIPTION_ID = 11
    SUBSCRIPTION_IDS_AVAILABLE = 41
    SHARED_AVAILABLE = 42
    PACKET_SIZE_MAX = 39


class Reason(IntEnum):
    """Reason codes (2.4) that this platform gives."""

    SUCCESS = 0x00
    NO_SUBSCRIPTION = 0x11
    UNSPECIFIED = 0x80
    MALFORMED = 0x81
    PROTOCOL_ERROR = 0x82
    UNSUPPORTED_VERSION = 0x84
    CLIENT_ID_INVALID = 0x85
    BAD_LOGIN = 0x86
    NOT_AUTHORISED = 0x87
    SERVER_BUSY = 0x89
    SHUTTING_DOWN = 0x8B
    KEEP_ALIVE_OVER = 0x8D
    TAKEN_OVER = 0x8E
    TOPIC_FILTER_INVALID = 0x8F
    TOPIC_NAME_INVALID = 0x90
    PACKET_ID_IN_USE = 0x91
    PACKET_ID_UNKNOWN = 0x92
    RECEIVE_MAXIMUM_OVER = 0x93
    TOPIC_ALIAS_INVALID = 0x94
    PACKET_TOO_LARGE = 0x95
    RATE_TOO_HIGH = 0x96
    QUOTA_OVER = 0x97
    SHARED_UNSUPPORTED = 0x9E
    SUBSCRIPTION_IDS_UNSUPPORTED = 0xA1


class BadPacket(ValueError):
    """Bytes that are no MQTT, or a packet the standard forbids; `code` is its reason code (2.4)."""

    def __init__(self, what: str, code: int = Reason.MALFORMED) -> None:
        super().__init__(what)
        self.code = int(code)


@dataclass(slots=True)
class Will:
    """What the server publishes for a client that is lost (3.1.2.5)."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = field(default_factory=dict)


@dataclass(slots=True)
class Connect:
    """3.1; `clean` is Clean Session (3.1.1) or Clean Start (5)."""

    client_id: str
    version: int = VERSION_3_1_1
    clean: bool = True
    keep_alive_s: int = 60
    user: str | None = None
    password: bytes | None = None
    will: Will | None = None
    properties: Properties = field(default_factory=dict)


@dataclass(slots=True)
class Connack:
    """3.2; `code` is a return code (3.1.1, 3.2.2.3) or a reason code (5)."""

    session_present: bool
    code: int
    properties: Properties = field(default_factory=dict)


@dataclass(slots=True)
class Publish:
    """3.3; `packet_id` 0 with QoS 0."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    dup: bool = False
    packet_id: int = 0
    properties: Properties = field(default_factory=dict)


@dataclass(slots=True)
class Acknowledge:
    """PUBACK, PUBREC, PUBREL or PUBCOMP (3.4 to 3.7)."""

    type: Type
    packet_id: int
    code: int = 0


@dataclass(slots=True)
class Subscribe:
    """3.8; a filter comes with its options byte (3.8.3.1), whose two lowest bits are the QoS."""

    packet_id: int
    filters: list[tuple[str, int]]
    properties: Properties = field(default_factory=dict)


@dataclass(slots=True)
class Unsubscribe:
    """3.10."""

    packet_id: int
    filters: list[str]


@dataclass(slots=True)
class Granted:
    """SUBACK or UNSUBACK (3.9, 3.11): a code for each filter asked for; none in a 3.1.1 UNSUBACK."""

    type: Type
    packet_id: int
    codes: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Ping:
    """PINGREQ or PINGRESP (3.12, 3.13)."""

    type: Type


@dataclass(slots=True)
class Disconnect:
    """3.14."""

    code: int = 0
    properties: Properties = field(default_factory=dict)


Packet = Connect | Connack | Publish | Acknowledge | Subscribe | Unsubscribe | Granted | Ping | Disconnect

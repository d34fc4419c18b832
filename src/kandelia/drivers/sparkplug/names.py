"""Topics and addresses (Sparkplug 3.0.0, chapter 4): who a message is from, and how a signal names a metric.

An id may hold any UTF-8 but +, / and # (4.1), also blanks and Chinese, so an address is
`group/node#metric` or `group/node/device#metric`, and a metric's name may hold anything, also / and #.
"""

from dataclasses import dataclass
from functools import lru_cache

from kandelia.sdk.drivers import InvalidInput

NAMESPACE = "spBv1.0"
NODE_TYPES = ("NBIRTH", "NDATA", "NDEATH")
DEVICE_TYPES = ("DBIRTH", "DDATA", "DDEATH")
SOURCES_KNOWN = 20_000
ADDRESS_CHARACTERS_MAX = 4_096
BD_SEQ = "bdSeq"
REBIRTH = "Node Control/Rebirth"
_MEND = "write it like group/node#metric or group/node/device#metric"


@dataclass(frozen=True, slots=True)
class NodeId:
    """An edge node of network."""

    group: str
    node: str

    def __str__(self) -> str:
        return f"{self.group}/{self.node}"

    def command_topic(self, device: str = "") -> str:
        """Where NCMD, or DCMD for a device, goes."""
        kind, tail = ("DCMD", f"/{device}") if device else ("NCMD", "")
        return f"{NAMESPACE}/{self.group}/{kind}/{self.node}{tail}"


@dataclass(frozen=True, slots=True)
class Source:
    """Who a message is from and of which type it is; `device` is empty for the node itself."""

    type: str
    id: NodeId
    device: str = ""


@dataclass(frozen=True, slots=True)
class MetricName:
    """What a signal's address names."""

    id: NodeId
    device: str
    metric: str

    def __str__(self) -> str:
        return f"{self.id}{'/' + self.device if self.device else ''}#{self.metric}"


@lru_cache(SOURCES_KNOWN)
def read_topic(topic: str) -> Source | None:
    """The source of a message; None for a topic that is no node's or device's."""
    parts = topic.split("/")
    if len(parts) == 4 and parts[0] == NAMESPACE and parts[2] in NODE_TYPES:
        return Source(parts[2], NodeId(parts[1], parts[3]))
    if len(parts) == 5 and parts[0] == NAMESPACE and parts[2] in DEVICE_TYPES and parts[4]:
        return Source(parts[2], NodeId(parts[1], parts[3]), parts[4])
    return None


def state_topic(host: str) -> str:
    """Where a host application says whether it is online (4.2.5)."""
    return f"{NAMESPACE}/STATE/{host}"


def read_address(address: str) -> MetricName:
    """What an address names; InvalidInput says what is wrong with it."""
    place, mark, metric = address.partition("#")
    parts = place.split("/")
    if not mark or not metric or len(parts) not in (2, 3) or not all(parts) or "+" in place:
        raise InvalidInput("this is no address of a metric", where=address[:80], mend=_MEND, code="invalid-address")
    if len(address) > ADDRESS_CHARACTERS_MAX:
        raise InvalidInput("this is too long for an address", where=address[:80], mend=_MEND, code="invalid-address")
    return MetricName(NodeId(parts[0], parts[1]), parts[2] if len(parts) == 3 else "", metric)


def check_id(value: str) -> str:
    """What is wrong with an id (4.1); empty where nothing is."""
    return "" if value and not set(value) & set("+/#") else "an id is a text without +, / and #"

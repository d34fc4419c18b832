"""What a host application sends: requests for a birth, and values (Sparkplug 3.0.0, 6.4.22 and 6.4.25)."""

from dataclasses import dataclass, field

from kandelia.drivers.sparkplug.datatypes import DataType, write_value
from kandelia.drivers.sparkplug.names import REBIRTH, NodeId
from kandelia.drivers.sparkplug.schema import Payload
from kandelia.sdk.drivers import Value

REBIRTHS_PER_S = 20.0  # over all nodes, so that a start of ours is no storm
UNANSWERED_DOUBLES_MAX = 5
NODES_ASKED_MAX = 20_000


def command(name: str, datatype: int, value: Value, now_ms: int) -> bytes:
    """The payload of an NCMD or DCMD with one metric; InvalidInput where the value does not fit."""
    payload = Payload(timestamp=now_ms)
    metric = payload.metrics.add(name=name, timestamp=now_ms)
    write_value(metric, datatype, value)
    return bytes(payload.SerializeToString())


def rebirth(now_ms: int) -> bytes:
    """The payload of an NCMD that asks a node to be born again."""
    return command(REBIRTH, DataType.BOOLEAN, True, now_ms)


@dataclass
class RebirthLimits:
    """When a node may be asked again: each `every_s`, twice as long after each time it did not answer."""

    every_s: float
    _asked: dict[NodeId, tuple[float, int]] = field(default_factory=dict)
    _free_s: float = 0.0

    def may(self, id: NodeId, now_s: float) -> bool:
        """True where a node may be asked now; it then counts as asked."""
        at_s, times = self._asked.get(id, (-1e9, 0))
        wait_s = self.every_s * 2 ** min(max(times - 1, 0), UNANSWERED_DOUBLES_MAX)
        if now_s - at_s < wait_s or now_s < self._free_s:
            return False
        if id not in self._asked and len(self._asked) >= NODES_ASKED_MAX:
            self._asked.clear()
        self._asked[id] = (now_s, times + 1)
        self._free_s = max(self._free_s, now_s - 1.0) + 1.0 / REBIRTHS_PER_S
        return True

    def answered(self, id: NodeId) -> None:
        """The node was born; the next time it is asked counts as the first, but not before `every_s`."""
        if id in self._asked:
            self._asked[id] = (self._asked[id][0], 1)

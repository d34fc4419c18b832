"""What is known of the edge nodes of a network: births, aliases, sequence, deaths. Pure; clocks are given.

Clauses are those of Sparkplug 3.0.0. Strict where we send, lenient where we receive: a first sequence other than 0 is
taken, for chapters 4 and 6 contradict one another.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kandelia.base.quality import BAD, BAD_NO_COMMUNICATION, GOOD, UNCERTAIN, UNCERTAIN_LAST_USABLE
from kandelia.drivers.sparkplug.datatypes import DataType, plain_field, read_value, reason_against
from kandelia.drivers.sparkplug.names import BD_SEQ, MetricName, NodeId, Source
from kandelia.sdk.drivers import Kind

NS_PER_MS = 1_000_000
SEQUENCE = 256
AHEAD_MAX = 128  # a sequence further ahead is one that was there already
NODES_MAX = 10_000
METRICS_OF_A_NODE_MAX = 100_000
QUALITY, UNIT = "Quality", "engUnit"  # property keys (6.4.17; the second is a habit of nodes, not of the specification)
STALE = 500
Place = tuple[str, str]  # device (empty: the node itself), metric


@dataclass(slots=True, eq=False)
class Taker:
    """A signal that takes a metric; `marked_ns` is when its source was told dead, 0 while it lives."""

    number: int
    kind: Kind
    marked_ns: int = 0


@dataclass(slots=True, eq=False)
class Metric:
    """A metric as a birth has told it."""

    place: Place
    datatype: int
    takers: list[Taker]
    unit: str = ""
    reason: str = ""  # why it cannot be a signal
    plain: str = ""  # the field that holds its value as it is; empty where the value must be turned


@dataclass(slots=True)
class Rows:
    """Columns as `Sink.add` takes them."""

    numbers: list[int] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    qualities: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, number: int, time_ns: int, quality: int, value: Any) -> None:
        """One sample."""
        self.numbers.append(number)
        self.times_ns.append(time_ns)
        self.qualities.append(quality)
        self.values.append(value)


@dataclass(slots=True)
class Now:
    """One instant by both clocks."""

    ns: int
    s: float


@dataclass(slots=True, eq=False)
class Node:
    """One edge node in its present session."""

    id: NodeId
    online: bool = False
    bd_seq: int | None = None
    next_seq: int | None = None
    metrics: dict[Place, Metric] = field(default_factory=dict)
    aliases: dict[int, Metric] = field(default_factory=dict)
    devices: set[str] = field(default_factory=set)  # that are born
    awaited: set[str] = field(default_factory=set)  # that were before the node's own birth
    pending: dict[int, tuple[Source, Any]] = field(default_factory=dict)
    pending_until_s: float = 0.0
    awaited_until_s: float = 0.0


class Nodes:
    """Takes the messages of all nodes; what comes of them is in `rows`, `faults` and `unclear` until it is taken."""

    def __init__(self, reorder_s: float) -> None:
        self.reorder_s = reorder_s
        self.nodes: dict[NodeId, Node] = {}
        self.wanted: dict[NodeId, dict[Place, list[Taker]]] = {}
        self.rows = Rows()
        self.faults: list[str] = []
        self.unclear: dict[NodeId, None] = {}  # nodes whose birth must be asked for

    def want(self, wanted: Iterable[tuple[MetricName, Taker]]) -> None:
        """Read exactly these from now on; nodes with something new are unclear until they are born again."""
        before = {
            (id, place, taker.number): taker
            for id, places in self.wanted.items()
            for place, takers in places.items()
            for taker in takers
        }
        self.wanted = {}
        for name, taker in wanted:
            known = before.get((name.id, (name.device, name.metric), taker.number))
            if known is None or known.kind is not taker.kind:
                self.unclear[name.id] = None
                known = taker
            self.wanted.setdefault(name.id, {}).setdefault((name.device, name.metric), []).append(known)
        for node in self.nodes.values():
            places = self.wanted.get(node.id, {})
            for metric in node.metrics.values():
                metric.takers = places.get(metric.place, [])

    def message(self, source: Source, payload: Any, now: Now) -> None:
        """One message, in its turn."""
        if source.type == "NBIRTH":
            self._node_birth(source, payload, now)
        elif source.type == "NDEATH":
            self._node_death(source, payload, now)
        else:
            node = self.nodes.get(source.id)
            if node is None or not node.online:
                self.unclear[source.id] = None  # we came later than its birth
            else:
                self._in_sequence(node, source, payload, now)

    def tick(self, now: Now) -> None:
        """What is due: gaps that no late message has filled, devices that were not born again."""
        for node in self.nodes.values():
            if node.pending and now.s >= node.pending_until_s:
                self._give_up_gap(node, now)
            if node.awaited and now.s >= node.awaited_until_s:
                for device in node.awaited - node.devices:
                    self._mark(node.id, now.ns, device)
                node.awaited = set()

    def _node_birth(self, source: Source, payload: Any, now: Now) -> None:
        node = self.nodes.get(source.id)
        if node is None:
            if len(self.nodes) >= NODES_MAX:
                self.faults.append(f"{source.id}: {NODES_MAX} nodes are known already, this one is left out")
                return
            node = self.nodes[source.id] = Node(source.id)
        node.awaited, node.awaited_until_s = node.devices, now.s + self.reorder_s
        node.devices = set()
        node.metrics, node.aliases, node.pending = {}, {}, {}
        node.online = True
        node.next_seq = (payload.seq + 1) % SEQUENCE if payload.HasField("seq") else None
        node.bd_seq = _bd_seq(payload)
        self.unclear.pop(source.id, None)
        self._take_birth(node, source, payload, now)

    def _node_death(self, source: Source, payload: Any, now: Now) -> None:
        """By the will of a session that is over or of the present one: bdSeq tells (6.4.21)."""
        node = self.nodes.get(source.id)
        told = _bd_seq(payload)
        if node is not None and node.bd_seq is not None and told is not None and told != node.bd_seq:
            return
        if node is not None:
            node.online, node.pending, node.awaited = False, {}, set()
            node.devices = set()
        self._mark(source.id, now.ns)

    def _in_sequence(self, node: Node, source: Source, payload: Any, now: Now) -> None:
        if node.next_seq is None or not payload.HasField("seq"):
            self._process(node, source, payload, now)
            return
        ahead = (payload.seq - node.next_seq) % SEQUENCE
        if not ahead:
            self._process(node, source, payload, now)
            node.next_seq = (node.next_seq + 1) % SEQUENCE
            self._drain(node, now)
        elif ahead < AHEAD_MAX:
            if not node.pending:
                node.pending_until_s = now.s + self.reorder_s
            node.pending[payload.seq] = (source, payload)

    def _drain(self, node: Node, now: Now) -> None:
        """What had come too early and is in its turn now."""
        while node.next_seq in node.pending:
            source, payload = node.pending.pop(node.next_seq)
            self._process(node, source, payload, now)
            node.next_seq = (node.next_seq + 1) % SEQUENCE
        node.pending_until_s = now.s + self.reorder_s

    def _give_up_gap(self, node: Node, now: Now) -> None:
        """Go on behind the gap, and ask for a birth: what was missed may have changed anything (6.4.20)."""
        first = node.next_seq or 0
        order = sorted(node.pending, key=lambda seq: (seq - first) % SEQUENCE)
        missing = (order[0] - first) % SEQUENCE
        self.faults.append(f"{node.id}: {missing} messages are missing before sequence {order[0]}")
        self.unclear[node.id] = None
        node.next_seq = order[0]
        self._drain(node, now)

    def _process(self, node: Node, source: Source, payload: Any, now: Now) -> None:
        if source.type == "DBIRTH":
            node.devices.add(source.device)
            self._take_birth(node, source, payload, now)
        elif source.type == "DDEATH":
            node.devices.discard(source.device)
            told_ns = payload.timestamp * NS_PER_MS
            self._mark(node.id, min(told_ns, now.ns) or now.ns, source.device)
        else:
            self._take_data(node, source, payload, now)

    def _take_birth(self, node: Node, source: Source, payload: Any, now: Now) -> None:
        """Names, aliases and types, with the values that hold now."""
        places = self.wanted.get(node.id, {})
        base_ns = payload.timestamp * NS_PER_MS or now.ns
        for told in payload.metrics:
            place = (source.device, told.name)
            if not told.name or len(node.metrics) >= METRICS_OF_A_NODE_MAX:
                continue
            metric = node.metrics[place] = _metric(place, told, places.get(place, []))
            if told.HasField("alias"):
                node.aliases[told.alias] = metric
            self._take(metric, told, base_ns, birth=True)
        lacking = [place for place in places if place[0] == source.device and place not in node.metrics]
        if lacking:
            shown = ", ".join(name for _, name in lacking[:5])
            self.faults.append(f"{MetricName(node.id, source.device, shown)}: the birth tells of no such metric")

    def _take_data(self, node: Node, source: Source, payload: Any, now: Now) -> None:
        """Each look at a field of protobuf costs as much as ten of our own lines: no more of them than must be."""
        base_ns = payload.timestamp * NS_PER_MS or now.ns
        metrics, aliases, device, rows = node.metrics, node.aliases, source.device, self.rows
        for told in payload.metrics:
            alias = told.alias
            metric = aliases.get(alias) if alias else None
            if metric is None:
                name = told.name
                metric = metrics.get((device, name)) if name else aliases.get(alias)
                if metric is None:
                    self.unclear[node.id] = None  # alias-only data would stay nameless for ever
                    continue
            takers = metric.takers
            if len(takers) != 1 or takers[0].marked_ns or told.WhichOneof("value") != metric.plain:
                self._take(metric, told, base_ns)
                continue
            rows.numbers.append(takers[0].number)
            rows.times_ns.append(told.timestamp * NS_PER_MS or base_ns)
            rows.qualities.append(_quality(told) if told.HasField("properties") else GOOD)
            rows.values.append(getattr(told, metric.plain))

    def _take(self, metric: Metric, told: Any, base_ns: int, *, birth: bool = False) -> None:
        if not metric.takers:
            return
        if metric.reason:
            if birth:
                self.faults.append(f"metric {metric.place[1]}: {metric.reason}")
            return
        time_ns = told.timestamp * NS_PER_MS or base_ns
        quality = _quality(told) if told.HasField("properties") else GOOD
        for taker in metric.takers:
            value = read_value(told, metric.datatype, taker.kind)
            self.rows.add(taker.number, time_ns, quality, value)
            if not taker.marked_ns or told.is_historical:
                continue
            if time_ns <= taker.marked_ns and birth:  # it holds again, though it has not changed since before the death
                self.rows.add(taker.number, max(base_ns, taker.marked_ns + 1), quality, value)
            taker.marked_ns = 0

    def _mark(self, id: NodeId, at_ns: int, device: str | None = None) -> None:
        """A bad row for each signal of a node, or of one device, that is not marked yet (6.4.21, 6.4.24)."""
        for place, takers in self.wanted.get(id, {}).items():
            if device is not None and place[0] != device:
                continue
            for taker in takers:
                if not taker.marked_ns:
                    taker.marked_ns = at_ns
                    self.rows.add(taker.number, at_ns, BAD_NO_COMMUNICATION, None)

    def metric(self, name: MetricName) -> Metric | None:
        """A metric of a node that lives; None where none is known."""
        node = self.nodes.get(name.id)
        return node.metrics.get((name.device, name.metric)) if node is not None and node.online else None

    def take_rows(self) -> Rows:
        """What came since the last time."""
        rows, self.rows = self.rows, Rows()
        return rows

    def take_faults(self) -> Iterator[str]:
        """What went wrong since the last time."""
        faults, self.faults = self.faults, []
        return iter(faults)


def _metric(place: Place, told: Any, takers: list[Taker]) -> Metric:
    """As a birth tells of it: the type holds until the next one (6.4.18)."""
    reason = reason_against(told.datatype) or ("its node asks not to keep it" if told.is_transient else "")
    plain = "" if reason else plain_field(told.datatype)
    return Metric(place, told.datatype, takers, _property(told, UNIT), reason, plain)


def _bd_seq(payload: Any) -> int | None:
    for told in payload.metrics:
        if told.name == BD_SEQ and told.WhichOneof("value") in ("long_value", "int_value"):
            value = read_value(told, told.datatype or DataType.INT64, Kind.INTEGER)
            return value if isinstance(value, int) else None
    return None


def _property(told: Any, key: str) -> str:
    if not told.HasField("properties"):
        return ""
    for name, value in zip(told.properties.keys, told.properties.values, strict=False):
        if name == key and value.WhichOneof("value") == "string_value":
            return str(value.string_value)[:40]
    return ""


_QUALITIES: Mapping[int, int] = {0: BAD, 192: GOOD, STALE: UNCERTAIN_LAST_USABLE}
_CLASSIC = {0xC0: GOOD, 0x40: UNCERTAIN}  # nodes in front of OPC DA pass its codes on


def _quality(told: Any) -> int:
    """The property Quality (6.4.17.2): 0 bad, 192 good, 500 stale; a metric without it is good."""
    for name, value in zip(told.properties.keys, told.properties.values, strict=False):
        if name == QUALITY and value.WhichOneof("value") in ("int_value", "long_value"):
            code = value.int_value or value.long_value
            return _QUALITIES.get(code, _CLASSIC.get(code & 0xC0, BAD))
    return GOOD

"""The session that the frame holds: a host application (Sparkplug 3.0.0, 5.4 to 5.6) on one link to one broker."""

import asyncio
import contextlib
import json
import time
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from kandelia.drivers.sparkplug.browsing import children
from kandelia.drivers.sparkplug.commands import RebirthLimits, command, rebirth
from kandelia.drivers.sparkplug.config import SparkplugConfig
from kandelia.drivers.sparkplug.names import (
    BD_SEQ,
    DEVICE_TYPES,
    NAMESPACE,
    NODE_TYPES,
    MetricName,
    NodeId,
    read_address,
    read_topic,
    state_topic,
)
from kandelia.drivers.sparkplug.nodes import Metric, Nodes, Now, Taker
from kandelia.drivers.sparkplug.payloads import BadPayload, read_payload
from kandelia.drivers.sparkplug.reading_back import ReadingBack
from kandelia.sdk.drivers import InvalidInput, Item, KandeliaError, Node, NotFound, Sink, Unavailable, Value
from kandelia.sdk.mqtt import Link, Publish

TICK_S = 0.1
BROWSE_WAIT_S = 3.0  # for births that were asked for
STATE_BYTES_MAX = 1_000


def state(*, online: bool, now_ms: int) -> bytes:
    """The payload of STATE (4.2.5.1)."""
    return json.dumps({"online": online, "timestamp": now_ms}).encode()


def _now() -> Now:
    return Now(time.time_ns(), time.monotonic())


class SparkplugSession:
    """Guarantees: our STATE is online from the first `collect` to `close`, and said again at once where another says
    it is not; a node's death marks its signals, and those of its devices, at the time of death; what is unclear of a
    node is made clear by a birth that is asked for, within the limits of `RebirthLimits`.
    """

    def __init__(self, config: SparkplugConfig, link: Link, began_ms: int) -> None:
        self._config = config
        self._link = link
        self._began_ms = began_ms  # the will's timestamp, which the birth's must equal (5.4)
        self._state_topic = state_topic(config.host_id)
        self._nodes = Nodes(config.reorder_s)
        self._limits = RebirthLimits(config.rebirth_s)
        self._back = ReadingBack()
        self._sink: Sink | None = None
        self._listening = self._online = False
        self._sending: set[asyncio.Task[None]] = set()
        self._ticking = asyncio.create_task(self._tick())

    async def collect(self, items: Sequence[Item], sink: Sink) -> Mapping[int, str]:
        """See `Session.collect`."""
        wanted: list[tuple[MetricName, Taker]] = []
        refused: dict[int, str] = {}
        for item in items:
            try:
                wanted.append((read_address(item.address), Taker(item.number, item.kind)))
            except InvalidInput as error:
                refused[item.number] = str(error)
        self._sink = sink
        self._nodes.want(wanted)
        denied = await self._listen()
        if not self._online:
            self._online = True
            await self._say_state(online=True)
        sink.alive()
        refused |= {taker.number: reason for reason in denied[:1] for _, taker in wanted}
        return refused

    async def _listen(self) -> list[str]:
        """Subscribe, STATE first (5.6); reasons for what the broker refuses."""
        if self._listening:
            return []
        self._link.start(self)
        groups = self._config.groups or ("+",)
        filters = [(self._state_topic, 1)]
        filters += [(f"{NAMESPACE}/{group}/{kind}/+", 1) for group in groups for kind in NODE_TYPES]
        filters += [(f"{NAMESPACE}/{group}/{kind}/+/+", 1) for group in groups for kind in DEVICE_TYPES]
        denied = await self._link.subscribe(filters)
        self._listening = True
        return [f"{wanted}: {reason}" for wanted, reason in denied.items()]

    async def _say_state(self, *, online: bool) -> None:
        payload = state(online=online, now_ms=self._began_ms if online else time.time_ns() // 1_000_000)
        await self._link.publish(self._state_topic, payload, qos=1, retain=True)

    def message(self, message: Publish) -> None:
        """See `Receiver.message`."""
        if message.topic == self._state_topic:
            self._hear_state(message)
            return
        source = read_topic(message.topic)
        if source is None or message.retain:
            return  # a birth that was kept for later is no birth (a broker that is aware keeps them elsewhere)
        try:
            payload = read_payload(message.payload)
        except BadPayload as error:
            self._fault(f"{message.topic}: {error}")
            return
        if source.type == "NBIRTH":
            self._limits.answered(source.id)
        self._nodes.message(source, payload, _now())
        self._back.heard(source, payload, self._nodes)
        self._hand_on()

    def _hear_state(self, message: Publish) -> None:
        """Another says in our name that we are not there: say at once that we are (5.6)."""
        if not self._online or message.retain or len(message.payload) > STATE_BYTES_MAX:
            return
        try:
            told = json.loads(message.payload)
        except ValueError:
            return
        if isinstance(told, dict) and told.get("online") is False:
            self._spawn_send(self._say_state(online=True))

    def too_large(self, topic: str, size: int) -> None:
        """See `Receiver.too_large`."""
        most = self._config.broker.message_bytes_max
        self._fault(f"{topic}: a message of {size} bytes was left out; message_bytes_max is {most}")
        if source := read_topic(topic):
            self._nodes.unclear[source.id] = None

    def _fault(self, what: str) -> None:
        if self._sink is not None:
            self._sink.fault(what)

    def _hand_on(self) -> None:
        rows, sink = self._nodes.take_rows(), self._sink
        for fault in self._nodes.take_faults():
            self._fault(fault)
        if sink is None:
            return
        if rows.numbers:
            sink.add(rows.numbers, rows.times_ns, rows.qualities, rows.values)
        else:
            sink.alive()

    async def _tick(self) -> None:
        """Timers of the nodes, births to ask for, and the broker's signs of life."""
        seen_s = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            now = _now()
            self._nodes.tick(now)
            if self._nodes.rows.numbers or self._nodes.faults or self._link.alive_at_s > seen_s:
                seen_s = self._link.alive_at_s
                self._hand_on()
            if self._listening:
                for id in list(self._nodes.unclear):
                    if self._limits.may(id, now.s):
                        self._ask_rebirth(id, now)

    def _ask_rebirth(self, id: NodeId, now: Now) -> None:
        payload = rebirth(now.ns // 1_000_000)
        self._spawn_send(self._link.publish(id.command_topic(), payload))

    def _spawn_send(self, sending: Coroutine[Any, Any, None]) -> None:
        async def send() -> None:
            with contextlib.suppress(KandeliaError):
                await sending

        task = asyncio.create_task(send())
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def write(self, address: str, value: Value) -> Value | None:
        """See `Writes.write`: an NCMD or DCMD, and what the node then tells of the metric."""
        name = read_address(address)
        if name.metric == BD_SEQ:
            mend = "it counts the node's sessions; command another metric"
            raise InvalidInput("this metric takes no commands", where=address[:80], mend=mend, code="not-writable")
        await self._listen()
        metric = await self._known(name)
        if metric is None:
            node = self._nodes.nodes.get(name.id)
            if node is not None and node.online:
                raise NotFound("the node tells of no such metric", where=address[:80], mend="browse the node")
            mend = "see whether the node runs; nothing was sent"
            raise InvalidInput("the node is not there", where=address[:80], mend=mend, code="offline")
        payload = command(name.metric, metric.datatype, value, time.time_ns() // 1_000_000)
        topic = name.id.command_topic(name.device)
        return await self._back.write(name, metric.datatype, value, lambda: self._link.publish(topic, payload))

    async def _known(self, name: MetricName) -> Metric | None:
        """The metric of a node that lives, after its birth was asked for where none is known."""
        if name.id not in self._nodes.nodes:
            self._nodes.unclear[name.id] = None
        for _ in range(int(BROWSE_WAIT_S / TICK_S)):
            if name.id not in self._nodes.unclear:
                break
            await asyncio.sleep(TICK_S)
        return self._nodes.metric(name)

    async def browse(self, address: str) -> Sequence[Node]:
        """See `Session.browse`."""
        fresh = not self._listening
        await self._listen()
        for _ in range(int(BROWSE_WAIT_S / TICK_S)):
            if self._nodes.nodes and not self._nodes.unclear and not fresh:
                break
            await asyncio.sleep(TICK_S)
        return children(self._nodes, address)

    async def wait_lost(self) -> str:
        """See `Session.wait_lost`."""
        return await self._link.wait_lost()

    async def close(self) -> None:
        """See `Session.close`; says that we leave before we do (5.4)."""
        self._ticking.cancel()
        if self._online:
            self._online = False
            with contextlib.suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._say_state(online=False)
        await asyncio.gather(self._ticking, *self._sending, return_exceptions=True)
        await self._link.close()

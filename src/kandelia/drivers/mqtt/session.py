"""The session that the frame holds: topics to samples, and the watch that the broker lives."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from kandelia.drivers.mqtt.browsing import Browser
from kandelia.drivers.mqtt.config import MqttConfig
from kandelia.drivers.mqtt.payloads import BadPayload, Plan, Wanted, read_message
from kandelia.drivers.mqtt.rules import Rules
from kandelia.drivers.mqtt.writing import Writing
from kandelia.sdk.drivers import InvalidInput, Item, Node, Sink, Value
from kandelia.sdk.mqtt import Link, Publish


class MqttSession:
    """Guarantee: a message that cannot be read is counted and told with its text; the others go on."""

    def __init__(self, config: MqttConfig, link: Link, browser: Browser) -> None:
        self._config = config
        self._link = link
        self._browser = browser
        self._rules = Rules(config.rules)
        self._plans: dict[str, Plan] = {}
        self._subscribed: set[str] = set()
        self._sink: Sink | None = None
        self._writing = Writing(link)
        self._watch = asyncio.create_task(self._watch_broker())

    async def collect(self, items: Sequence[Item], sink: Sink) -> Mapping[int, str]:
        """See `Session.collect`."""
        plans, refused = self._plan(items)
        self._plans, self._sink = plans, sink
        self._link.start(self)
        gone = sorted(self._subscribed - plans.keys())
        fresh = sorted(plans.keys() - self._subscribed)
        self._subscribed = set(plans)
        await self._link.unsubscribe(gone)
        denied = await self._link.subscribe([(topic, self._config.qos) for topic in fresh])
        for topic, reason in denied.items():
            self._subscribed.discard(topic)
            refused |= {one.number: f"{topic}: {reason}" for one in plans[topic].wanted}
        sink.alive()
        return refused

    def _plan(self, items: Sequence[Item]) -> tuple[dict[str, Plan], dict[int, str]]:
        plans: dict[str, Plan] = {}
        refused: dict[int, str] = {}
        for item in items:
            try:
                place = self._rules.place(item.address)
            except InvalidInput as error:
                refused[item.number] = str(error)
                continue
            plan = plans.setdefault(place.topic, Plan(place.rule))
            if plan.rule.format != place.rule.format:
                refused[item.number] = f"{item.address}: another signal reads this topic as {plan.rule.format}"
                continue
            plan.wanted.append(Wanted(item.number, item.kind, place.pointer))
        return plans, refused

    def message(self, message: Publish) -> None:
        """See `Receiver.message`."""
        self._writing.heard(message)
        plan, sink = self._plans.get(message.topic), self._sink
        if sink is None:
            return
        sink.alive()
        if plan is None or (message.retain and plan.rule.retained == "ignore"):
            return
        try:
            rows = read_message(plan, message.payload, time.time_ns(), retained=message.retain)
        except BadPayload as error:
            sink.fault(f"{message.topic}: {error}")
            return
        sink.add(rows.numbers, rows.times_ns, rows.qualities, rows.values)

    def too_large(self, topic: str, size: int) -> None:
        """See `Receiver.too_large`."""
        if self._sink is not None:
            most = self._config.broker.message_bytes_max
            self._sink.fault(f"{topic}: a message of {size} bytes was left out; message_bytes_max is {most}")

    async def write(self, address: str, value: Value) -> Value | None:
        """See `Writes.write`."""
        place = self._rules.place(address)
        self._link.start(self)
        return await self._writing.write(place, value, subscribed=place.topic in self._subscribed)

    async def wait_lost(self) -> str:
        """See `Session.wait_lost`."""
        return await self._link.wait_lost()

    async def browse(self, address: str) -> Sequence[Node]:
        """See `Session.browse`."""
        return await self._browser.children(address)

    async def close(self) -> None:
        """See `Session.close`."""
        self._watch.cancel()
        await self._link.close()

    async def _watch_broker(self) -> None:
        """Each answer of the broker is proof of life."""
        seen_s = 0.0
        while True:
            await asyncio.sleep(self._config.broker.alive_s)
            if self._sink is not None and self._link.alive_at_s > seen_s:
                seen_s = self._link.alive_at_s
                self._sink.alive()

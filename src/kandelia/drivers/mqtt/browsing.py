"""The topics that messages were seen on, as a tree: a broker keeps no list of them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from kandelia.drivers.mqtt.config import MqttConfig
from kandelia.drivers.mqtt.pointers import Pointer, leaves, write_pointer
from kandelia.sdk.drivers import Kind, Node, NotFound
from kandelia.sdk.mqtt import Publish, open_link

LISTEN_S = 2.0  # retained messages come at once, others as they are sent
QUIET_S = 0.3  # no new topic for so long ends the listening early, once there is one
REMEMBER_S = 60.0  # what was seen is shown again for so long without listening anew
TOPICS_MAX = 5_000
PAYLOAD_BYTES_MAX = 64_000
LEAVES_MAX = 1_000
SHOWN_CHARACTERS = 80


class Browser:
    """Listens with a link of its own, so that neither the session nor what a broker keeps for it is touched."""

    def __init__(self, config: MqttConfig, secrets: Mapping[str, str]) -> None:
        self._config = config
        self._secrets = secrets
        self._seen: dict[str, bytes] = {}
        self._seen_at_s = -REMEMBER_S
        self._grown = asyncio.Event()

    async def children(self, address: str) -> Sequence[Node]:
        """Topics below a branch ("a/b/"), values in a topic's JSON ("a/b#"), or everything for ""."""
        if time.monotonic() - self._seen_at_s >= REMEMBER_S or not address:
            await self._listen()
        if address.endswith("#"):
            return self._values(address[:-1])
        if address and not address.endswith("/"):
            raise NotFound("this has nothing below it", where=address[:80], mend="browse from the top")
        return self._branch(address)

    def message(self, message: Publish) -> None:
        """See `Receiver.message`."""
        if message.topic not in self._seen:
            self._grown.set()
        if len(self._seen) < TOPICS_MAX or message.topic in self._seen:
            self._seen[message.topic] = message.payload[:PAYLOAD_BYTES_MAX]

    def too_large(self, topic: str, size: int) -> None:
        """See `Receiver.too_large`."""
        self._seen.setdefault(topic, b"")

    async def _listen(self) -> None:
        link = await open_link(self._config.broker, self._secrets, clean=True)
        try:
            link.start(self)
            await link.subscribe([(wanted, 0) for wanted in self._config.browse])
            began_s = time.monotonic()
            while (left_s := LISTEN_S - (time.monotonic() - began_s)) > 0:
                self._grown.clear()
                quiet_s = QUIET_S * 3 if self._seen else LISTEN_S
                try:
                    await asyncio.wait_for(self._grown.wait(), min(left_s, quiet_s))
                except TimeoutError:
                    break
            self._seen_at_s = time.monotonic()
        finally:
            await link.close()

    def _branch(self, prefix: str) -> Sequence[Node]:
        nodes: dict[str, Node] = {}
        for topic in sorted(self._seen):
            if not topic.startswith(prefix):
                continue
            name, deeper, _ = topic[len(prefix) :].partition("/")
            if deeper:
                address = f"{prefix}{name}/"
                nodes.setdefault(address, Node(address, name or "(empty)", has_children=True))
            else:
                nodes[topic] = self._topic(topic, name)
        return list(nodes.values())

    def _topic(self, topic: str, name: str) -> Node:
        payload = self._seen[topic]
        document = _document(payload)
        if isinstance(document, dict | list):
            return Node(f"{topic}#", name or topic, has_children=True, details=_details(payload))
        kind = _kind(document) or Kind.TEXT
        return Node(topic, name or topic, has_children=False, kind=kind, details=_details(payload))

    def _values(self, topic: str) -> Sequence[Node]:
        if topic not in self._seen:
            raise NotFound("no message was seen on this topic", where=topic[:80], mend="browse from the top again")
        document = _document(self._seen[topic])
        found = leaves(document, LEAVES_MAX) if isinstance(document, dict | list) else ()
        return [_value(topic, pointer, value) for pointer, value in found]


def _value(topic: str, pointer: Pointer, value: Any) -> Node:
    text = write_pointer(pointer)
    return Node(
        f"{topic}#{text}",
        text[1:],
        has_children=False,
        kind=_kind(value),
        details={"seen": str(value)[:SHOWN_CHARACTERS]},
    )


def _document(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None


def _kind(value: Any) -> Kind | None:
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int | float):
        return Kind.FLOAT
    return Kind.TEXT if isinstance(value, str) else None


def _details(payload: bytes) -> dict[str, str]:
    return {"seen": payload[: SHOWN_CHARACTERS * 4].decode(errors="replace")[:SHOWN_CHARACTERS]}

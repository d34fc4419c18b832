"""A link to a broker: opened once, never reopened; after a loss the frame asks for a fresh one."""

import asyncio
import contextlib
import secrets as chance
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from kandelia.base.errors import InvalidInput, Unavailable
from kandelia.base.mqtt.decoding import Framer, decode
from kandelia.base.mqtt.encoding import encode
from kandelia.base.mqtt.packets import (
    VERSION_5,
    Acknowledge,
    BadPacket,
    Connack,
    Connect,
    Disconnect,
    Granted,
    Packet,
    Ping,
    Property,
    Publish,
    Subscribe,
    Type,
    Unsubscribe,
    Will,
)
from kandelia.sdk.mqtt.broker import Broker
from kandelia.sdk.mqtt.reasons import connecting_error, reason_words, refusal

ALIVE_PERIODS = 3  # a broker that is silent for so many `alive_s` is lost
KEEP_ALIVE_S = 15  # after one and a half of these without a sign of us the broker lets us go
SESSION_S = 3_600  # how long a broker keeps our session while we are away (5; in 3.1.1 the broker decides)
HELD_MESSAGES_MAX = 10_000  # that come before anybody receives
FILTERS_PER_PACKET = 500
PACKET_IDS = 65_535
CLOSE_S = 1.0  # for TLS to end in order
REFUSED = 0x80  # codes from here on (2.4)


class Receiver(Protocol):
    """Who takes what comes. Cheap, never blocks; a message of QoS 1 is acknowledged when it returns."""

    def message(self, message: Publish) -> None:
        """One message."""
        ...

    def too_large(self, topic: str, size: int) -> None:
        """A message of so many bytes was left out."""
        ...


class Link(asyncio.Protocol):
    """Guarantee: whatever way the broker goes (killed, frozen, unreachable without a reset), `wait_lost` returns
    within ALIVE_PERIODS × `alive_s`, for the broker is asked for a sign of life each `alive_s`.
    """

    def __init__(self, broker: Broker) -> None:
        loop = asyncio.get_running_loop()
        self.broker = broker
        self.session_present = False
        self.alive_at_s = loop.time()  # by the loop's clock
        self._version = broker.version
        self._framer = Framer(broker.message_bytes_max, cut=True)
        self._transport: asyncio.Transport | None = None
        self._receiver: Receiver | None = None
        self._held: list[tuple[Publish, int]] = []
        self._connack: asyncio.Future[Connack] = loop.create_future()
        self._lost: asyncio.Future[str] = loop.create_future()
        self._answers: dict[tuple[Type, int], asyncio.Future[Packet]] = {}
        self._next_id = 0
        self._unreleased: set[int] = set()  # ids of QoS 2 whose PUBREL has not come
        self._watch: asyncio.Task[None] | None = None

    async def connect(self, packet: Connect) -> None:
        """Say CONNECT and wait for the answer. Raises what `Driver.open` may raise."""
        self._send(packet)
        await _first(self._connack, self._lost)
        if not self._connack.done():
            raise Unavailable(f"the broker hung up: {self._lost.result()}", where=self.broker.address, code="refused")
        answer = self._connack.result()
        if answer.code:
            raise refusal(answer.code, self.broker)
        self.session_present = answer.session_present
        self._watch = asyncio.create_task(self._keep_alive())

    def start(self, receiver: Receiver) -> None:
        """From now on `receiver` takes what comes, beginning with what has come already."""
        self._receiver = receiver
        held, self._held = self._held, []
        for message, size in held:
            self._take(message, size)

    async def subscribe(self, filters: Sequence[tuple[str, int]]) -> dict[str, str]:
        """Subscribe with a QoS each; filter → reason for those that the broker refuses. Unavailable when it is lost."""
        refused: dict[str, str] = {}
        for start in range(0, len(filters), FILTERS_PER_PACKET):
            some = list(filters[start : start + FILTERS_PER_PACKET])
            packet_id = self._take_id()
            answer = await self._ask(Subscribe(packet_id, some), Type.SUBACK, packet_id)
            codes = answer.codes if isinstance(answer, Granted) else []
            for (wanted, _qos), code in zip(some, codes, strict=False):
                if code >= REFUSED:
                    refused[wanted] = f"the broker refuses this topic ({reason_words(code)})"
        return refused

    async def unsubscribe(self, filters: Sequence[str]) -> None:
        """End subscriptions."""
        for start in range(0, len(filters), FILTERS_PER_PACKET):
            packet_id = self._take_id()
            some = list(filters[start : start + FILTERS_PER_PACKET])
            await self._ask(Unsubscribe(packet_id, some), Type.UNSUBACK, packet_id)

    async def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """Send; with QoS 1 returns once the broker has it. Unavailable when it is lost or refuses."""
        packet_id = self._take_id() if qos else 0
        message = Publish(topic, payload, qos, retain, False, packet_id)
        if not qos:
            self._send(message)
            return
        answer = await self._ask(message, Type.PUBACK, packet_id)
        if isinstance(answer, Acknowledge) and answer.code >= REFUSED:
            raise Unavailable(
                f"the broker refuses the message ({reason_words(answer.code)})", where=topic[:80], code="refused"
            )

    async def wait_lost(self) -> str:
        """Returns the reason once the link is gone."""
        return await asyncio.shield(self._lost)

    async def close(self, *, polite: bool = True) -> None:
        """Leave; politely the broker publishes no will of ours."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        if self._transport is None:
            return
        if polite and not self._lost.done():
            self._send(Disconnect())
            self._transport.close()
        else:
            self._transport.abort()
        self._lose("closed")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._lose(f"the broker is gone ({exc})" if exc else "the broker hung up")

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self.alive_at_s = asyncio.get_running_loop().time()
        try:
            for first, body, missing in self._framer.feed(data):
                size = len(body) + missing
                large = size if size > self._framer.bytes_max else 0
                self._handle(decode(first, body, self._version), large)
        except BadPacket as error:
            self._lose(f"the broker does not speak MQTT as it should: {error}")
            if self._transport is not None:
                self._transport.abort()

    def _handle(self, packet: Packet, size: int) -> None:
        """`size` is that of a message that is too large, else 0."""
        if isinstance(packet, Publish):
            if self._receiver is not None:
                self._take(packet, size)
            elif len(self._held) < HELD_MESSAGES_MAX:
                self._held.append((packet, size))
        elif isinstance(packet, Acknowledge) and packet.type is Type.PUBREL:
            self._unreleased.discard(packet.packet_id)
            self._send(Acknowledge(Type.PUBCOMP, packet.packet_id))
        elif isinstance(packet, Acknowledge | Granted):
            waiting = self._answers.pop((packet.type, packet.packet_id), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(packet)
        elif isinstance(packet, Connack) and not self._connack.done():
            self._connack.set_result(packet)
        elif isinstance(packet, Disconnect):
            self._lose(f"the broker ended the link ({reason_words(packet.code)})")

    def _take(self, message: Publish, size: int) -> None:
        """To the receiver once, then the acknowledgement."""
        receiver = self._receiver
        if receiver is None or self._lost.done():
            return
        repeated = message.qos == 2 and message.packet_id in self._unreleased
        if size:
            receiver.too_large(message.topic, size)
        elif not repeated:
            receiver.message(message)
        if message.qos == 1:
            self._send(Acknowledge(Type.PUBACK, message.packet_id))
        elif message.qos == 2:
            self._unreleased.add(message.packet_id)
            self._send(Acknowledge(Type.PUBREC, message.packet_id))

    async def _ask(self, packet: Packet, answer: Type, packet_id: int) -> Packet:
        future: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self._answers[answer, packet_id] = future
        try:
            self._send(packet)
            async with asyncio.timeout(self.broker.timeout_s):
                await _first(future, self._lost)
        except TimeoutError:
            pass
        finally:
            self._answers.pop((answer, packet_id), None)
        if future.done():
            return future.result()
        why = self._lost.result() if self._lost.done() else f"no answer within {self.broker.timeout_s:g} s"
        raise Unavailable(why, where=self.broker.address, code="connection-lost")

    def _take_id(self) -> int:
        self._next_id = self._next_id % PACKET_IDS + 1
        return self._next_id

    def _send(self, packet: Packet) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(encode(packet, self._version))

    def _lose(self, reason: str) -> None:
        if not self._lost.done():
            self._lost.set_result(reason)

    async def _keep_alive(self) -> None:
        loop, period_s = asyncio.get_running_loop(), self.broker.alive_s
        while not self._lost.done():
            self._send(Ping(Type.PINGREQ))
            asked_s = loop.time()
            await asyncio.sleep(period_s)
            late_s = loop.time() - asked_s - period_s  # our own: what has come meanwhile is not read yet
            if loop.time() - self.alive_at_s > period_s * (ALIVE_PERIODS - 1) + late_s:
                self._lose(f"the broker gave no sign of life for {loop.time() - self.alive_at_s:.1f} s")


async def open_link(
    broker: Broker, secrets: Mapping[str, str], *, clean: bool | None = None, will: Will | None = None
) -> Link:
    """A link that is connected. `clean` True or False overrides what the broker's `client_id` says of the session.

    Raises the errors that `Driver.open` names.
    """
    clean = not broker.client_id if clean is None else clean
    properties = {int(Property.PACKET_SIZE_MAX): broker.message_bytes_max, int(Property.SESSION_EXPIRY): SESSION_S}
    if clean:
        del properties[Property.SESSION_EXPIRY]
    named = broker.client_id if broker.client_id and not clean else f"kandelia-{chance.token_hex(6)}"
    packet = Connect(
        named,
        broker.version,
        clean,
        KEEP_ALIVE_S,
        broker.user or None,
        _password(broker, secrets),
        will,
        dict(properties) if broker.version == VERSION_5 else {},
    )
    link = Link(broker)
    try:
        async with asyncio.timeout(broker.timeout_s):
            name = broker.host if broker.tls else None
            trust = broker.trust() if broker.tls else None
            await asyncio.get_running_loop().create_connection(
                lambda: link,
                broker.host,
                broker.port,
                ssl=trust,
                server_hostname=name,
                ssl_shutdown_timeout=CLOSE_S if broker.tls else None,
            )
            await link.connect(packet)
    except BaseException as error:
        with contextlib.suppress(Exception):
            await link.close(polite=False)
        if isinstance(error, OSError | TimeoutError):
            raise connecting_error(error, broker) from error
        raise
    return link


async def _first(*futures: asyncio.Future[Any]) -> None:
    await asyncio.wait(set(futures), return_when=asyncio.FIRST_COMPLETED)


def _password(broker: Broker, secrets: Mapping[str, str]) -> bytes | None:
    if not broker.password:
        return None
    try:
        return secrets[broker.password].encode()
    except KeyError:
        raise InvalidInput(
            f'there is no secret "{broker.password}"',
            where="settings.password",
            mend="set the password of the connection again",
            code="no-secret",
        ) from None

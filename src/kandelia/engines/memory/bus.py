"""The port `Bus` within one process: for tools, small installations' imports and tests that need no durability.

Connections that share a MemoryBroker speak to one another. Nothing outlives the broker.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kandelia.base.errors import InvalidInput, NotFound, TooMuch, Unavailable
from kandelia.engines.memory.keys import MemoryKeyValue
from kandelia.engines.memory.streams import MemoryConsumer, MemoryStream, matches
from kandelia.ports.bus import Consumer, KeyValue, Message, Stored, StreamSpec, StreamState, Subscription

PAYLOAD_BYTES_MAX = 8_000_000


@dataclass(eq=False)
class MemorySubscription:
    """The port `Subscription`: a bounded queue that drops its oldest."""

    subject: str
    group: str
    pending_bytes_max: int
    forget: Callable[["MemorySubscription"], None]
    dropped: int = 0
    _queue: deque[Message] = field(default_factory=deque)
    _bytes: int = 0
    _closed: bool = False

    def __post_init__(self) -> None:
        self._news = asyncio.Event()

    def arrived(self, message: Message) -> None:
        """Take a message."""
        self._queue.append(message)
        self._bytes += len(message.data)
        while self._bytes > self.pending_bytes_max and len(self._queue) > 1:
            self._bytes -= len(self._queue.popleft().data)
            self.dropped += 1
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Ends when the subscription or the bus is closed."""
        while True:
            while self._queue:
                message = self._queue.popleft()
                self._bytes -= len(message.data)
                yield message
            if self._closed:
                return
            self._news.clear()
            await self._news.wait()

    async def close(self) -> None:
        """Stop; harmless when done twice."""
        self._closed = True
        self.forget(self)
        self._news.set()


class MemoryBroker:
    """What connections share: who listens, streams, buckets."""

    def __init__(self) -> None:
        self.listeners: list[MemorySubscription] = []
        self.streams: dict[str, MemoryStream] = {}
        self.consumers: dict[tuple[str, str], MemoryConsumer] = {}
        self.buckets: dict[str, MemoryKeyValue] = {}
        self.inboxes = 0
        self._turn = 0

    def deliver(self, message: Message) -> int:
        """Hand to whoever listens, in a group to one in turn; how many took it."""
        taken, groups = 0, dict[str, list[MemorySubscription]]()
        for listener in self.listeners:
            if not matches(listener.subject, message.subject):
                continue
            if listener.group:
                groups.setdefault(f"{listener.subject} {listener.group}", []).append(listener)
            else:
                listener.arrived(message)
                taken += 1
        self._turn += 1
        for members in groups.values():
            members[self._turn % len(members)].arrived(message)
            taken += 1
        return taken

    def stream_of(self, subject: str) -> MemoryStream | None:
        """The stream that takes a subject."""
        return next((stream for stream in self.streams.values() if stream.takes(subject)), None)

    def stream(self, name: str) -> MemoryStream:
        """A stream by name; NotFound."""
        if name not in self.streams:
            raise NotFound("stream not found", where=name, code="not-found")
        return self.streams[name]


@dataclass
class MemoryBus:
    """One connection to a broker."""

    broker: MemoryBroker = field(default_factory=MemoryBroker)
    connected: bool = True
    _own: list[MemorySubscription] = field(default_factory=list)

    async def publish(
        self, subject: str, data: bytes, headers: Mapping[str, str] | None = None, reply: str = ""
    ) -> None:
        """Send to whoever listens now; at most once. A stream that takes the subject keeps it, if it has room."""
        self._pass_on(subject, data, headers, reply)

    async def store(
        self,
        subject: str,
        data: bytes,
        *,
        message_id: str = "",
        timeout_s: float = 5.0,
        headers: Mapping[str, str] | None = None,
    ) -> Stored:
        """Send into the stream that takes `subject`."""
        self._check(subject, data)
        stream = self.broker.stream_of(subject)
        if stream is None:
            raise NotFound(
                "no stream takes this subject", where=subject, mend="make the stream first", code="no-stream"
            )
        message = Message(subject, data, dict(headers or {}))
        stored = stream.append(message, message_id)
        if not stored.repeated:
            self.broker.deliver(message)
        return stored

    async def subscribe(self, subject: str, *, group: str = "", pending_bytes_max: int = 64_000_000) -> Subscription:
        """Listen; within a group each message reaches one member."""
        self._standing()
        if not subject or any(not word or " " in word for word in subject.split(".")):
            raise InvalidInput("this is not a subject", where=subject, mend="use words and dots")
        subscription = MemorySubscription(subject, group, pending_bytes_max, self._forget)
        self.broker.listeners.append(subscription)
        self._own.append(subscription)
        return subscription

    async def request(
        self, subject: str, data: bytes, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0
    ) -> Message:
        """Ask and await one answer; Unavailable when nobody listens or none came in time."""
        inbox = self.inbox()
        answers = await self.subscribe(inbox)
        try:
            if not self._pass_on(subject, data, headers, inbox):
                raise Unavailable("nobody answers", where=subject, mend="see what runs: kandelia status", code="nobody")
            async with asyncio.timeout(timeout_s):
                return await anext(aiter(answers))
        except (TimeoutError, StopAsyncIteration):
            raise Unavailable(f"no answer in {timeout_s:g} s", where=subject, code="no-answer") from None
        finally:
            await answers.close()

    def inbox(self) -> str:
        """A fresh subject that only this connection is told of, for answers."""
        self.broker.inboxes += 1
        return f"_INBOX.{self.broker.inboxes}"

    async def ensure_stream(self, spec: StreamSpec) -> None:
        """Create the stream or bring it to `spec`; never deletes messages that fit."""
        self._standing()
        if spec.name in self.broker.streams:
            self.broker.streams[spec.name].reshape(spec)
        else:
            self.broker.streams[spec.name] = MemoryStream(spec)

    async def consumer(
        self,
        stream: str,
        name: str,
        *,
        subject: str = ">",
        ack_wait_s: float = 60.0,
        unacknowledged_max: int = 20_000,
    ) -> Consumer:
        """The durable consumer `name` of a stream, made where it is missing (from the stream's start)."""
        self._standing()
        key = (stream, name)
        if key not in self.broker.consumers:
            self.broker.consumers[key] = MemoryConsumer(self.broker.stream(stream), subject)
        consumer = self.broker.consumers[key]
        consumer.ack_wait_s, consumer.unacknowledged_max = ack_wait_s, unacknowledged_max
        return consumer

    async def replay(
        self, stream: str, *, subject: str = ">", from_sequence: int = 1, from_ns: int = 0
    ) -> AsyncGenerator[Message]:
        """What the stream holds from a place or time up to its end at the call, in order; then it ends."""
        self._standing()
        held: Sequence[Message] = [
            message
            for message in self.broker.stream(stream).messages.values()
            if message.sequence >= from_sequence and message.stored_ns >= from_ns and matches(subject, message.subject)
        ]
        for message in held:
            yield message

    async def stream_state(self, stream: str) -> StreamState:
        """Counts of a stream; NotFound when it does not exist."""
        self._standing()
        return self.broker.stream(stream).state()

    async def key_value(self, bucket: str) -> KeyValue:
        """The bucket, made where it is missing."""
        self._standing()
        return self.broker.buckets.setdefault(bucket, MemoryKeyValue(bucket))

    async def close(self) -> None:
        """End this connection's subscriptions; harmless when done twice."""
        self.connected = False
        for subscription in list(self._own):
            await subscription.close()

    def _pass_on(self, subject: str, data: bytes, headers: Mapping[str, str] | None, reply: str) -> int:
        self._check(subject, data)
        message = Message(subject, data, dict(headers or {}), reply)
        taken = self.broker.deliver(message)
        stream = self.broker.stream_of(subject)
        if stream is not None and stream.has_room(len(data)):
            stream.append(replace(message, stored_ns=time.time_ns()), message.headers.get("Nats-Msg-Id", ""))
            taken += 1
        return taken

    def _check(self, subject: str, data: bytes) -> None:
        self._standing()
        if not subject or any(letter in subject for letter in " \t\r\n"):
            raise InvalidInput("the bus refuses this subject", where=subject, mend="use words and dots")
        if len(data) > PAYLOAD_BYTES_MAX:
            raise TooMuch(
                f"a message of {len(data):,} bytes is larger than the bus takes ({PAYLOAD_BYTES_MAX:,})",
                where=subject,
                mend="cut it into smaller ones",
                code="message-too-large",
            )

    def _standing(self) -> None:
        if not self.connected:
            raise Unavailable("the message bus cannot be reached", code="bus-cut")

    def _forget(self, subscription: MemorySubscription) -> None:
        for known in (self._own, self.broker.listeners):
            if subscription in known:
                known.remove(subscription)

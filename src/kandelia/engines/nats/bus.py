"""The port `Bus` on a NATS server with JetStream."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from nats.aio.msg import Msg

from kandelia.base.errors import NotFound, Unavailable
from kandelia.engines.nats.consumer import Follower, NatsConsumer, durable_config
from kandelia.engines.nats.keys import NatsKeyValue
from kandelia.engines.nats.link import Link, Login, cut, status_of, to_message
from kandelia.engines.nats.streams import bucket_config, call, ensure, error_of, stream_config
from kandelia.ports.bus import Consumer, KeyValue, Message, Stored, StreamSpec, StreamState, Subscription

MESSAGE_ID = "Nats-Msg-Id"


@dataclass
class NatsSubscription:
    """The port `Subscription`: a bounded queue that drops its oldest."""

    link: Link
    pending_bytes_max: int
    dropped: int = 0
    number: int = 0
    _queue: deque[Msg] = field(default_factory=deque)
    _bytes: int = 0
    _closed: bool = False

    def __post_init__(self) -> None:
        self._news = asyncio.Event()

    def arrived(self, raw: Msg) -> None:
        """Take a message from the link."""
        self._queue.append(raw)
        self._bytes += len(raw.data)
        while self._bytes > self.pending_bytes_max and len(self._queue) > 1:
            self._bytes -= len(self._queue.popleft().data)
            self.dropped += 1
        self._news.set()

    def end(self) -> None:
        """No more will come."""
        self._closed = True
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Ends when the subscription or the bus is closed."""
        while True:
            while self._queue:
                raw = self._queue.popleft()
                self._bytes -= len(raw.data)
                yield to_message(raw)
            if self._closed:
                return
            self._news.clear()
            await self._news.wait()

    async def close(self) -> None:
        """Stop; harmless when done twice."""
        self.end()
        await self.link.unlisten(self.number)


@dataclass
class NatsBus:
    """One connection; make it with `open_bus`. Its streams are kept by `replicas` servers."""

    link: Link
    replicas: int = 1

    @property
    def connected(self) -> bool:
        """True while the link stands."""
        return self.link.connected

    async def wait_connected(self, timeout_s: float) -> None:
        """Unavailable, naming the addresses and the reason, when the link does not stand in time."""
        await self.link.wait_connected(timeout_s)

    async def publish(
        self, subject: str, data: bytes, headers: Mapping[str, str] | None = None, reply: str = ""
    ) -> None:
        """Send to whoever listens now; at most once."""
        await self.link.send(subject, data, headers, reply)

    async def store(
        self,
        subject: str,
        data: bytes,
        *,
        message_id: str = "",
        timeout_s: float = 5.0,
        headers: Mapping[str, str] | None = None,
    ) -> Stored:
        """Send into the stream that takes `subject`; returns when it is on disk there (fsync)."""
        sent = {**(headers or {}), **({MESSAGE_ID: message_id} if message_id else {})}
        answer = await self.link.ask(subject, data, sent or None, timeout_s)
        if status_of(answer) == "503":
            await self._explain_no_stream(subject)
        try:
            said = json.loads(answer.data)
        except ValueError:
            raise NotFound("someone else than a stream answers here", where=subject) from None
        if "error" in said:
            raise error_of(said["error"], subject)
        return Stored(said["stream"], int(said["seq"]), bool(said.get("duplicate", False)))

    async def _explain_no_stream(self, subject: str) -> None:
        """While a server starts, its streams are not there yet: only a list that lacks ours proves it missing."""
        found = await call(self.link, "STREAM.NAMES", {"subject": subject})
        if found.get("streams"):
            raise Unavailable("the stream is not ready", where=subject, mend="try again", code="bus-cut")
        raise NotFound("no stream takes this subject", where=subject, mend="make the stream first", code="no-stream")

    async def subscribe(self, subject: str, *, group: str = "", pending_bytes_max: int = 64_000_000) -> Subscription:
        """Listen; within a group each message reaches one member."""
        subscription = NatsSubscription(self.link, pending_bytes_max)
        subscription.number = await self.link.listen(subject, subscription.arrived, group, subscription.end)
        return subscription

    async def request(
        self, subject: str, data: bytes, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0
    ) -> Message:
        """Ask and await one answer; Unavailable when nobody listens or none came in time."""
        answer = await self.link.ask(subject, data, headers, timeout_s)
        if status_of(answer) == "503" and not answer.data:
            raise Unavailable("nobody answers", where=subject, mend="see what runs: kandelia status", code="nobody")
        return to_message(answer)

    def inbox(self) -> str:
        """A fresh subject that only this connection is told of, for answers."""
        return self.link.inbox()

    async def ensure_stream(self, spec: StreamSpec) -> None:
        """Create the stream or bring it to `spec`; never deletes messages that fit."""
        await ensure(self.link, stream_config(spec, self.replicas))

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
        config = durable_config(name, subject, ack_wait_s, unacknowledged_max)
        consumer = NatsConsumer(self.link, stream, name, config)
        await consumer.open()
        return consumer

    async def replay(
        self, stream: str, *, subject: str = ">", from_sequence: int = 1, from_ns: int = 0
    ) -> AsyncGenerator[Message]:
        """What the stream holds from a place or time up to its end at the call, in order; then it ends."""
        end = (await self.stream_state(stream)).last_sequence
        follower = Follower(self.link, stream, subject, max(from_sequence, 1), from_ns)
        if follower.next_sequence > end:
            return
        async with aclosing(follower.run(False)) as messages:
            async for message in messages:
                if message is None or message.sequence > end:
                    return
                yield message
                if message.sequence == end:
                    return

    async def stream_state(self, stream: str) -> StreamState:
        """Counts of a stream; NotFound when it does not exist."""
        state = (await call(self.link, f"STREAM.INFO.{stream}"))["state"]
        return StreamState(state["messages"], state["bytes"], state["first_seq"], state["last_seq"])

    async def key_value(self, bucket: str) -> KeyValue:
        """The bucket, made where it is missing."""
        await ensure(self.link, bucket_config(bucket, self.replicas))
        return NatsKeyValue(self.link, bucket)

    async def streams_work(self) -> bool:
        """True if the server keeps streams: it switches them off by itself when its disk is full."""
        with contextlib.suppress(Unavailable):
            return bool(await call(self.link, "INFO"))
        return False

    async def close(self) -> None:
        """Flush and leave; harmless when done twice."""
        await self.link.close()


async def open_bus(
    urls: tuple[str, ...],
    login: Login | None = None,
    *,
    name: str = "kandelia",
    wait_s: float = 10.0,
    replicas: int = 1,
) -> NatsBus:
    """A bus that connects in the background; Unavailable when it does not stand within `wait_s` (0: do not wait)."""
    if not urls:
        raise cut()
    bus = NatsBus(Link(urls, login or Login(), name), replicas)
    bus.link.open()
    if wait_s > 0:
        try:
            await bus.wait_connected(wait_s)
        except BaseException:
            await bus.close()
            raise
    return bus

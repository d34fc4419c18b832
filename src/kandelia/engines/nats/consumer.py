"""Durable consumers, and followers of a stream that keep their own place."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nats.aio.msg import Msg

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import KandeliaError, NotFound, Unavailable
from kandelia.engines.nats.fetching import Pull
from kandelia.engines.nats.link import Link
from kandelia.engines.nats.streams import call, pending_after, stored_message
from kandelia.ports.bus import Message

FOLLOW_BATCH = 256
FOLLOW_WAIT_S = 10.0
FOLLOW_IDLE_S = 60.0  # a follower that is gone is forgotten by the server after this
RETRY_S = 0.5


@dataclass
class NatsConsumer:
    """The port `Consumer` on a JetStream pull consumer with explicit acknowledgement."""

    link: Link
    stream: str
    name: str
    config: dict[str, Any]

    def __post_init__(self) -> None:
        self._pull = Pull(self.link, self.stream, self.name)
        self._one_at_a_time = asyncio.Lock()

    async def open(self) -> None:
        """Make or find it, and listen."""
        await self._make()
        await self._pull.open()

    async def fetch(self, count_max: int, wait_s: float) -> Sequence[Message]:
        """Up to `count_max` messages; as soon as some are there, empty after `wait_s`. Unavailable when cut."""
        async with self._one_at_a_time:
            try:
                raw = await self._pull.fetch(count_max, wait_s)
            except NotFound:
                await self._make()
                raw = await self._pull.fetch(count_max, wait_s)
        return [stored_message(one) for one in raw]

    async def acknowledge(self, messages: Sequence[Message]) -> None:
        """One round trip for all of them: the answer to the last ping says that the server has read them."""
        await self._answer(messages, b"+ACK")

    async def refuse(self, messages: Sequence[Message], delay_s: float) -> None:
        """These come again, not before `delay_s`."""
        await self._answer(messages, b'-NAK {"delay": %d}' % int(delay_s * NS_PER_S) if delay_s > 0 else b"-NAK")

    async def pending(self) -> int:
        """Messages that wait or are out without acknowledgement."""
        info = await call(self.link, f"CONSUMER.INFO.{self.stream}.{self.name}")
        return int(info["num_pending"]) + int(info["num_ack_pending"])

    async def _answer(self, messages: Sequence[Message], word: bytes) -> None:
        for message in messages:
            await self.link.send(message.reply, word)
        if messages:
            await self.link.flush()

    async def _make(self) -> None:
        body = {"stream_name": self.stream, "config": self.config}
        await call(self.link, f"CONSUMER.CREATE.{self.stream}.{self.name}", body)


def durable_config(name: str, subject: str, ack_wait_s: float, unacknowledged_max: int) -> dict[str, Any]:
    """What JetStream is asked for by `Bus.consumer`."""
    config: dict[str, Any] = {
        "name": name,
        "durable_name": name,
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "ack_wait": int(ack_wait_s * NS_PER_S),
        "max_ack_pending": unacknowledged_max,
        "max_deliver": -1,
        "replay_policy": "instant",
    }
    return config if subject == ">" else {**config, "filter_subject": subject}


@dataclass
class Follower:
    """Reads a stream in order and remembers where it is, whatever happens to link and server.

    Yields messages, and None each time everything that the stream held has been given.
    """

    link: Link
    stream: str
    subject: str
    next_sequence: int = 1
    from_ns: int = 0

    async def run(self, forever: bool) -> AsyncGenerator[Message | None]:
        """For ever, over every loss; or up to the first None, then losses are raised."""
        while not self.link.closed:
            try:
                async for message in self._session():
                    yield message
            except KandeliaError as error:
                if not forever or not isinstance(error, Unavailable | NotFound):
                    raise
                await asyncio.sleep(RETRY_S)
                await self.link.wait_change(RETRY_S)

    async def _session(self) -> AsyncGenerator[Message | None]:
        await self._check_place()
        name, waiting = await self._make()
        pull = Pull(self.link, self.stream, name)
        await pull.open()
        try:
            if waiting == 0:
                yield None
            while True:
                for raw in await pull.fetch(FOLLOW_BATCH, FOLLOW_WAIT_S):
                    yield self._step(raw)
                    if pending_after(raw) == 0:
                        yield None
        finally:
            await pull.close()
            with contextlib.suppress(KandeliaError):
                await self.link.send(f"$JS.API.CONSUMER.DELETE.{self.stream}.{name}", b"")

    async def _check_place(self) -> None:
        """A stream that was lost and made anew counts from one: then everything it holds is new."""
        state = (await call(self.link, f"STREAM.INFO.{self.stream}"))["state"]
        if self.next_sequence > int(state["last_seq"]) + 1:
            self.next_sequence = 1

    def _step(self, raw: Msg) -> Message:
        message = stored_message(raw)
        self.next_sequence = message.sequence + 1
        return message

    async def _make(self) -> tuple[str, int]:
        name = self.link.inbox().replace(".", "-")
        config: dict[str, Any] = {
            "name": name,
            "ack_policy": "none",
            "mem_storage": True,
            "replay_policy": "instant",
            "inactive_threshold": int(FOLLOW_IDLE_S * NS_PER_S),
            **self._start(),
        }
        if self.subject != ">":
            config["filter_subject"] = self.subject
        body = {"stream_name": self.stream, "config": config}
        made = await call(self.link, f"CONSUMER.CREATE.{self.stream}.{name}", body)
        return name, int(made["num_pending"])

    def _start(self) -> dict[str, Any]:
        if self.from_ns and self.next_sequence == 1:
            at = datetime.fromtimestamp(self.from_ns // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            return {
                "deliver_policy": "by_start_time",
                "opt_start_time": f"{at}.{self.from_ns % NS_PER_S:09d}Z",
            }
        return {"deliver_policy": "by_start_sequence", "opt_start_seq": max(self.next_sequence, 1)}

"""Streams and their consumers within one process."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import TooMuch
from kandelia.ports.bus import Message, Stored, StreamSpec, StreamState

POLL_S_MAX = 0.5
OVERHEAD_BYTES = 32  # what a message costs beyond subject and data


def matches(pattern: str, subject: str) -> bool:
    """`*` stands for one word, `>` for one or more at the end."""
    wanted, words = pattern.split("."), subject.split(".")
    for at, want in enumerate(wanted):
        if want == ">":
            return len(words) > at
        if at >= len(words) or want not in ("*", words[at]):
            return False
    return len(wanted) == len(words)


@dataclass
class MemoryStream:
    """What a StreamSpec describes, in a dictionary by sequence."""

    spec: StreamSpec
    messages: dict[int, Message] = field(default_factory=dict)
    bytes: int = 0
    last_sequence: int = 0
    _ids: dict[str, tuple[float, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.waiters: set[asyncio.Event] = set()

    def takes(self, subject: str) -> bool:
        """True if messages on this subject are kept here."""
        return any(matches(pattern, subject) for pattern in self.spec.subjects)

    def has_room(self, size: int) -> bool:
        """True unless full and told to refuse."""
        spec = self.spec
        return not spec.bytes_max or spec.when_full == "drop-oldest" or self.bytes + size <= spec.bytes_max

    def append(self, message: Message, message_id: str) -> Stored:
        """Keep a message; TooMuch when full, a repeat when its id is known."""
        self._forget_old()
        if message_id in self._ids:
            return Stored(self.spec.name, self._ids[message_id][1], repeated=True)
        size = _size(message)
        if not self.has_room(size):
            raise TooMuch(
                "the stream is full (maximum bytes exceeded)",
                where=message.subject,
                mend="wait until it is drained",
                code="stream-full",
            )
        self.last_sequence += 1
        place = {"stream": self.spec.name, "sequence": self.last_sequence, "stored_ns": time.time_ns()}
        self.messages[self.last_sequence] = replace(message, **place)  # type: ignore[arg-type]
        self.bytes += size
        if message_id:
            self._ids[message_id] = (time.monotonic(), self.last_sequence)
        while self.spec.bytes_max and self.bytes > self.spec.bytes_max and len(self.messages) > 1:
            self.remove(next(iter(self.messages)))
        for waiter in self.waiters:
            waiter.set()
        return Stored(self.spec.name, self.last_sequence)

    def remove(self, sequence: int) -> None:
        """Let go of a message."""
        gone = self.messages.pop(sequence, None)
        if gone is not None:
            self.bytes -= _size(gone)

    def reshape(self, spec: StreamSpec) -> None:
        """Take another form; what does not fit goes, oldest first."""
        self.spec = spec
        while spec.bytes_max and self.bytes > spec.bytes_max and self.messages:
            self.remove(next(iter(self.messages)))

    def state(self) -> StreamState:
        """What it holds now."""
        self._forget_old()
        first = next(iter(self.messages), self.last_sequence + 1 if self.last_sequence else 0)
        return StreamState(len(self.messages), self.bytes, first, self.last_sequence)

    def _forget_old(self) -> None:
        now_s = time.monotonic()
        while self._ids and now_s - next(iter(self._ids.values()))[0] > self.spec.repeat_window_s:
            self._ids.pop(next(iter(self._ids)))
        oldest_ns = time.time_ns() - int(self.spec.age_max_s * NS_PER_S)
        while self.spec.age_max_s and self.messages and next(iter(self.messages.values())).stored_ns < oldest_ns:
            self.remove(next(iter(self.messages)))


def _size(message: Message) -> int:
    return len(message.data) + len(message.subject) + OVERHEAD_BYTES


@dataclass
class MemoryConsumer:
    """The port `Consumer` on a MemoryStream; all who hold it share the work."""

    stream: MemoryStream
    subject: str
    ack_wait_s: float = 60.0
    unacknowledged_max: int = 20_000
    _next: int = 1
    _out: dict[int, float] = field(default_factory=dict)  # sequence → when it comes again
    _times: dict[int, int] = field(default_factory=dict)

    async def fetch(self, count_max: int, wait_s: float) -> Sequence[Message]:
        """Up to `count_max` messages; as soon as some are there, empty after `wait_s`."""
        deadline_s = time.monotonic() + wait_s
        news = asyncio.Event()
        self.stream.waiters.add(news)
        try:
            while True:
                news.clear()
                found = self._take(count_max)
                left_s = deadline_s - time.monotonic()
                if found or left_s <= 0:
                    return found
                await self._wait(news, left_s)
        finally:
            self.stream.waiters.discard(news)

    async def acknowledge(self, messages: Sequence[Message]) -> None:
        """These are done and never come again."""
        for message in messages:
            if self._out.pop(message.sequence, None) is not None and self.stream.spec.keep == "work":
                self.stream.remove(message.sequence)
            self._times.pop(message.sequence, None)

    async def refuse(self, messages: Sequence[Message], delay_s: float) -> None:
        """These come again, not before `delay_s`."""
        for message in messages:
            if message.sequence in self._out:
                self._out[message.sequence] = time.monotonic() + delay_s
        for waiter in self.stream.waiters:
            waiter.set()

    async def pending(self) -> int:
        """Messages that wait or are out without acknowledgement."""
        waiting = [
            sequence
            for sequence, message in self.stream.messages.items()
            if sequence >= self._next and matches(self.subject, message.subject)
        ]
        return len(waiting) + sum(sequence in self.stream.messages for sequence in self._out)

    async def _wait(self, news: asyncio.Event, left_s: float) -> None:
        try:
            async with asyncio.timeout(min(left_s, self._due_s(), POLL_S_MAX)):
                await news.wait()
        except TimeoutError:
            return

    def _due_s(self) -> float:
        return max(0.001, min(self._out.values(), default=float("inf")) - time.monotonic())

    def _take(self, count_max: int) -> list[Message]:
        now_s = time.monotonic()
        again = sorted(sequence for sequence, due_s in self._out.items() if due_s <= now_s)
        found = [self._hand_out(sequence) for sequence in again[:count_max] if self._still_there(sequence)]
        while len(found) < count_max and len(self._out) < self.unacknowledged_max:
            if self._next > self.stream.last_sequence:
                break
            sequence, self._next = self._next, self._next + 1
            message = self.stream.messages.get(sequence)
            if message is not None and matches(self.subject, message.subject):
                found.append(self._hand_out(sequence))
        return found

    def _still_there(self, sequence: int) -> bool:
        if sequence in self.stream.messages:
            return True
        self._out.pop(sequence, None)
        return False

    def _hand_out(self, sequence: int) -> Message:
        self._out[sequence] = time.monotonic() + self.ack_wait_s
        self._times[sequence] = self._times.get(sequence, 0) + 1
        return replace(self.stream.messages[sequence], deliveries=self._times[sequence])

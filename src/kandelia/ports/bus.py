"""What we ask of a message bus: fire-and-forget, durable streams, work consumers, replay, keyed documents.

Subjects are dot-separated plain words; `*` matches one word, `>` the rest. Engines: nats (default), memory.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `stream`, `sequence`, `stored_ns` and `deliveries` are set only when read from a stream."""

    subject: str
    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    reply: str = ""
    stream: str = ""
    sequence: int = 0
    stored_ns: int = 0
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """A stream's word that it holds a message on disk; `repeated` when the message id was known already."""

    stream: str
    sequence: int
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A durable stream: first in, kept until its one consumer has acknowledged ("work") or by limits.

    When full, `when_full` either refuses what is new (nothing acknowledged is lost; the writer knows) or drops
    the oldest.
    """

    name: str
    subjects: tuple[str, ...]
    keep: Literal["limits", "work"] = "limits"
    bytes_max: int = 0
    age_max_s: float = 0.0
    when_full: Literal["refuse", "drop-oldest"] = "refuse"
    repeat_window_s: float = 120.0


@dataclass(frozen=True, slots=True)
class StreamState:
    """What a stream holds now."""

    messages: int
    bytes: int
    first_sequence: int
    last_sequence: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A keyed document; `data` is None when the key has been deleted."""

    key: str
    data: bytes | None
    revision: int


class Subscription(Protocol):
    """Messages as they pass; a reader slower than `pending_bytes_max` loses the oldest, counted in `dropped`."""

    dropped: int

    def __aiter__(self) -> AsyncIterator[Message]:
        """Ends when the subscription or the bus is closed."""
        ...

    async def close(self) -> None:
        """Stop; harmless when done twice."""
        ...


class Consumer(Protocol):
    """A named place in a stream that survives restarts of reader and server."""

    async def fetch(self, count_max: int, wait_s: float) -> Sequence[Message]:
        """Up to `count_max` messages; as soon as some are there, empty after `wait_s`. Unavailable when cut."""
        ...

    async def acknowledge(self, messages: Sequence[Message]) -> None:
        """These are done and never come again (a lost acknowledgement brings a repeat: be idempotent)."""
        ...

    async def refuse(self, messages: Sequence[Message], delay_s: float) -> None:
        """These come again, not before `delay_s`."""
        ...

    async def pending(self) -> int:
        """Messages that wait or are out without acknowledgement."""
        ...


class KeyValue(Protocol):
    """Small documents by plain key (letters, digits, `-`, `_`, `.`: JetStream keys refuse the rest)."""

    async def get(self, key: str) -> Entry | None:
        """The current document, or None."""
        ...

    async def put(self, key: str, data: bytes) -> int:
        """Store and return its revision once on disk."""
        ...

    async def delete(self, key: str) -> None:
        """Mark deleted; watchers see data None."""
        ...

    async def keys(self) -> Sequence[str]:
        """Keys that hold a document, sorted."""
        ...

    def watch(self) -> AsyncIterator[Entry | None]:
        """Every current document, then None once ("that was all"), then each change. Survives reconnects."""
        ...


class Bus(Protocol):
    """A connection to the bus. Methods raise Unavailable while it is cut; it reconnects by itself."""

    @property
    def connected(self) -> bool:
        """True while the link stands."""
        ...

    async def publish(
        self, subject: str, data: bytes, headers: Mapping[str, str] | None = None, reply: str = ""
    ) -> None:
        """Send to whoever listens now; at most once."""
        ...

    async def store(
        self,
        subject: str,
        data: bytes,
        *,
        message_id: str = "",
        timeout_s: float = 5.0,
        headers: Mapping[str, str] | None = None,
    ) -> Stored:
        """Send into the stream that takes `subject`; returns when it is on disk there (fsync).

        Unavailable when cut or timed out (it may be stored all the same: repeat with the same id),
        TooMuch when the stream is full, NotFound when no stream takes the subject.
        """
        ...

    async def subscribe(self, subject: str, *, group: str = "", pending_bytes_max: int = 64_000_000) -> Subscription:
        """Listen; within a group each message reaches one member."""
        ...

    async def request(
        self, subject: str, data: bytes, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0
    ) -> Message:
        """Ask and await one answer; Unavailable when nobody listens or none came in time."""
        ...

    def inbox(self) -> str:
        """A fresh subject that only this connection is told of, for answers."""
        ...

    async def ensure_stream(self, spec: StreamSpec) -> None:
        """Create the stream or bring it to `spec`; never deletes messages that fit."""
        ...

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
        ...

    def replay(
        self, stream: str, *, subject: str = ">", from_sequence: int = 1, from_ns: int = 0
    ) -> AsyncIterator[Message]:
        """What the stream holds from a place or time up to its end at the call, in order; then it ends."""
        ...

    async def stream_state(self, stream: str) -> StreamState:
        """Counts of a stream; NotFound when it does not exist."""
        ...

    async def key_value(self, bucket: str) -> KeyValue:
        """The bucket, made where it is missing."""
        ...

    async def close(self) -> None:
        """Flush and leave; harmless when done twice."""
        ...

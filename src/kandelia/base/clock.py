"""Time as a thing one passes in, so that tests can turn it by hand."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class Clock(Protocol):
    """Wall time for stamps, monotonic time for waiting."""

    def now_ns(self) -> int:
        """UTC nanoseconds since 1970."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that never run backwards."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ns(self) -> int:
        """UTC nanoseconds since 1970."""
        return time.time_ns()

    def monotonic_s(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()


@dataclass
class ManualClock:
    """A clock that moves only when told."""

    ns: int = 1_700_000_000 * NS_PER_S
    monotonic: float = 0.0

    def now_ns(self) -> int:
        """UTC nanoseconds since 1970."""
        return self.ns

    def monotonic_s(self) -> float:
        """Seconds that never run backwards."""
        return self.monotonic

    def advance(self, seconds: float) -> None:
        """Move both clocks on."""
        self.ns += int(seconds * NS_PER_S)
        self.monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Move the wall clock alone, as an operator or NTP does."""
        self.ns += int(seconds * NS_PER_S)


def to_ns(at: datetime) -> int:
    """An aware datetime as UTC nanoseconds, exact to the microsecond; ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone is ambiguous; give it one")
    delta = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * NS_PER_S + delta.microseconds * 1_000


def from_ns(ns: int) -> datetime:
    """UTC nanoseconds as an aware datetime, cut to the microsecond."""
    return datetime.fromtimestamp(ns // NS_PER_S, tz=UTC).replace(microsecond=ns % NS_PER_S // 1_000)

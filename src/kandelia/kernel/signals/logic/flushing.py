"""When what has been fetched goes to the store: large appends from a backlog, short waits when little comes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FlushRule:
    """A flush is due at `rows` or `bytes`, or when the first message has waited `wait_s`."""

    rows: int
    bytes: int
    wait_s: float

    def wait_left_s(self, rows: int, size: int, waited_s: float) -> float:
        """Seconds until the flush is due; 0 when it is."""
        if rows >= self.rows or size >= self.bytes:
            return 0.0
        return max(0.0, self.wait_s - waited_s)


@dataclass(frozen=True, slots=True)
class FetchRule:
    """How many messages to ask for, so that what may arrive fits the memory that is free."""

    bytes_max: int
    count_max: int
    message_bytes_max: int

    def count(self, held_bytes: int, typical_bytes: float) -> int:
        """0 when nothing more fits; cautious while `typical_bytes` (0: unknown) says little."""
        free = self.bytes_max - held_bytes
        if free <= 0:
            return 0
        expected = typical_bytes * 2 if typical_bytes else self.message_bytes_max
        return max(1, min(self.count_max, int(free // max(expected, 1.0))))


@dataclass(frozen=True, slots=True)
class BackOff:
    """Waits that grow from `first_s` by factors of two up to `max_s`."""

    first_s: float
    max_s: float

    def delay_s(self, failures: int) -> float:
        """After so many failures in a row (1, 2, …)."""
        return min(self.max_s, self.first_s * 2.0 ** min(failures - 1, 30))

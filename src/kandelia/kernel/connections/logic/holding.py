"""Batches on their way to the bus: kept in order until it has them, within bounds of seconds and bytes."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from kandelia.base.quality import BAD_DATA_LOST
from kandelia.base.samples import Kind, decode, encode, make_batch, times_ns

MESSAGE_BYTES_MAX = 900_000  # a NATS server's own default takes 1 MB


@dataclass(frozen=True, slots=True)
class Held:
    """One message; `id` stays the same however often it is sent. `cut_s` is monotonic."""

    id: str
    data: bytes
    rows: int
    cut_s: float


@dataclass
class HoldQueue:
    """What waits. Dropping takes the oldest that is not on its way, and remembers where each signal's loss began."""

    waiting: deque[Held] = field(default_factory=deque)
    bytes: int = 0
    lost: int = 0
    _lost_from: dict[int, int] = field(default_factory=dict)  # signal → source time of the first row lost

    def push(self, held: Held) -> None:
        """Add at the end."""
        self.waiting.append(held)
        self.bytes += len(held.data)

    def front(self, count: int) -> list[Held]:
        """The oldest, in order; they stay until `done`."""
        return [self.waiting[place] for place in range(min(count, len(self.waiting)))]

    def done(self, ids: set[str]) -> None:
        """The bus has these; only those at or near the front may be named."""
        kept = []
        while ids and self.waiting:
            held = self.waiting.popleft()
            if held.id in ids:
                ids = ids - {held.id}
                self.bytes -= len(held.data)
            else:
                kept.append(held)
        self.waiting.extendleft(reversed(kept))

    def age_s(self, now_s: float) -> float:
        """How long the oldest has waited."""
        return now_s - self.waiting[0].cut_s if self.waiting else 0.0

    def shed(self, now_s: float, hold_s: float, bytes_max: int) -> int:
        """Drop the oldest until both bounds hold; how many rows went. Call only while none is on its way."""
        before = self.lost
        while self.waiting and (self.age_s(now_s) > hold_s or self.bytes > bytes_max):
            held = self.waiting.popleft()
            self.bytes -= len(held.data)
            self.lost += held.rows
            self._remember(held)
        return self.lost - before

    def _remember(self, held: Held) -> None:
        batch = decode(held.data)
        for number, time in zip(batch.column("signal").to_pylist(), times_ns(batch).tolist(), strict=True):
            self._lost_from[number] = min(time, self._lost_from.get(number, time))

    def loss_marks(self) -> pa.RecordBatch | None:
        """A bad row (BadDataLost) per signal at the first time lost, once; None when nothing was lost."""
        if not self._lost_from:
            return None
        marks = mark_batch(list(self._lost_from), list(self._lost_from.values()), BAD_DATA_LOST)
        self._lost_from = {}
        return marks


def mark_batch(numbers: list[int] | np.ndarray, times: list[int] | np.ndarray, quality: int) -> pa.RecordBatch:
    """Rows without a value that say: from here on nothing is known of these signals."""
    return make_batch(numbers, times, quality=quality, kind=Kind.MISSING)


def messages_of(batch: pa.RecordBatch) -> list[tuple[bytes, int]]:
    """The batch as messages of at most MESSAGE_BYTES_MAX, with the rows of each."""
    data = encode(batch)
    if len(data) <= MESSAGE_BYTES_MAX or batch.num_rows == 1:
        return [(data, batch.num_rows)]
    half = batch.num_rows // 2
    return messages_of(batch.slice(0, half)) + messages_of(batch.slice(half))

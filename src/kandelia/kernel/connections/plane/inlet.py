"""What a session sees of the frame: a sink that collects rows and cuts them into batches by time and size."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from kandelia.base.clock import Clock
from kandelia.base.quality import Severity, severity
from kandelia.kernel.connections.logic.conversion import Added, Counts, convert
from kandelia.kernel.connections.logic.roster import Roster

log = logging.getLogger("kandelia.edge")
Column = Sequence[int] | np.ndarray


@dataclass
class Inlet:
    """The `Sink` of one connection. `hand_on` gets batches of at most `batch_rows` rows, at least each `batch_s`."""

    name: str
    clock: Clock
    batch_s: float
    batch_rows: int
    hand_on: Callable[[pa.RecordBatch], None]
    roster: Roster = field(default_factory=lambda: Roster.of(()))
    counts: Counts = field(default_factory=Counts)
    proof_ns: int = 0
    received: int = 0
    source_dropped: int = 0
    faults: int = 0
    source_faults: int = 0
    fault_text: str = ""  # the last of them
    fault_ns: int = 0
    newest: dict[int, tuple[object, int]] = field(default_factory=dict)  # of the signals in `watched`
    watched: frozenset[int] = frozenset()  # numbers whose newest value is wanted here
    _added: Added = field(default_factory=Added)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(
        self,
        numbers: Column,
        times_ns: Column,
        qualities: Column,
        values: Sequence[object],
        lost_before: Sequence[int] = (),
    ) -> None:
        """See `Sink.add`. ValueError when the columns differ in length."""
        rows = len(numbers)
        if not rows == len(times_ns) == len(qualities) == len(values):
            raise ValueError(f"columns of {rows}, {len(times_ns)}, {len(qualities)} and {len(values)} rows")
        self.alive()
        added = self._added
        added.lost_before.extend(len(added) + row for row in lost_before)
        added.numbers.extend(_list(numbers))
        added.times_ns.extend(_list(times_ns))
        added.qualities.extend(_list(qualities))
        added.values.extend(values)
        added.received_ns.extend([self.proof_ns] * rows)
        self.received += rows
        if self.watched:
            self._watch(numbers, qualities, values)
        self.source_dropped += len(lost_before)
        while len(added) >= self.batch_rows:
            self._cut(self.batch_rows)
        if len(added):
            self._news.set()

    def watch(self, numbers: Iterable[int]) -> None:
        """Keep the newest value of these signals from now on."""
        self.watched = frozenset(numbers)
        self.newest = {number: self.newest[number] for number in self.watched & self.newest.keys()}

    def present(self, number: int) -> float | int | str | None:
        """The newest good value of a watched signal."""
        value, quality = self.newest.get(number, (None, 0))
        value = value.item() if isinstance(value, np.generic) else value
        return value if isinstance(value, float | int | str) and severity(quality) is Severity.GOOD else None

    def _watch(self, numbers: Column, qualities: Column, values: Sequence[object]) -> None:
        for row, number in enumerate(numbers):
            if number in self.watched:
                self.newest[int(number)] = (values[row], int(qualities[row]))

    def alive(self) -> None:
        """The source lives, now."""
        self.proof_ns = self.clock.now_ns()

    def dropped(self, count: int) -> None:
        """The source threw samples away."""
        self.source_dropped += count

    def fault(self, what: str) -> None:
        """See `Sink.fault`."""
        self.source_faults += 1
        self.fault_text, self.fault_ns = what, self.clock.now_ns()

    def waiting(self) -> set[int]:
        """The signals of the rows that are not handed on yet."""
        return set(self._added.numbers)

    def flush(self) -> None:
        """Hand on what waits."""
        if len(self._added):
            self._cut(len(self._added))
        self._news.clear()

    async def run(self) -> None:
        """Cut by time (monotonic), until cancelled."""
        while True:
            await self._news.wait()
            await asyncio.sleep(self.batch_s)
            self.flush()

    def _cut(self, rows: int) -> None:
        """One batch; rows that no conversion can take are dropped whole, and counted, not carried along for ever."""
        taken = self._added.take(rows)
        try:
            batch = convert(taken, self.roster, self.counts)
        except (ValueError, OverflowError, TypeError, pa.ArrowException):
            self.faults += 1
            self.source_dropped += len(taken)
            log.exception("%s: the driver gave columns that are no samples", self.name)
            return
        if batch.num_rows:
            self.hand_on(batch)


def _list(column: Column) -> Sequence[int]:
    return column.tolist() if isinstance(column, np.ndarray) else column

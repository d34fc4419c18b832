"""What we ask of a store of samples. Engines: chdb (embedded default), memory; a distributed one can follow.

Methods block (the history role calls them from its own threads) and may be called from several threads at once,
`append` from one thread. All windows are half-open [start, end) in UTC nanoseconds of source time.

Identity of a row is (signal, time, sequence, kind, value, integer, text, quality): what is appended twice is there
once, whatever the order, now or after a restart. Rows of one (signal, time) that differ are a clash: `raw` gives
all, everything else takes the last by (sequence, kind, value, integer, text, quality).

How quality counts: good and uncertain rows enter min, max, avg, first, last, count and the time-weighted mean;
bad rows and rows without a value enter only `bad`, and end the interval of the value before them.
Non-numeric text enters only count, first/last times and `bad`.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from kandelia.base.samples import SCHEMA

STORED_SCHEMA = SCHEMA.append(pa.field("sequence", pa.uint64(), nullable=False)).append(
    pa.field("retention", pa.uint8(), nullable=False)  # retention class, the first part of the partition
)
RAW_SCHEMA = SCHEMA.append(pa.field("sequence", pa.uint64(), nullable=False))
AGGREGATE_SCHEMA = pa.schema(
    [
        pa.field("signal", pa.uint32(), nullable=False),
        pa.field("time", pa.timestamp("ns", "UTC"), nullable=False),  # start of the bucket
        pa.field("count", pa.uint64(), nullable=False),  # good and uncertain rows
        pa.field("bad", pa.uint64(), nullable=False),  # bad or missing rows
        pa.field("uncertain", pa.uint64(), nullable=False),  # of `count`
        pa.field("min", pa.float64()),
        pa.field("max", pa.float64()),
        pa.field("avg", pa.float64()),
        pa.field("first", pa.float64()),
        pa.field("last", pa.float64()),
        pa.field("first_time", pa.timestamp("ns", "UTC")),
        pa.field("last_time", pa.timestamp("ns", "UTC")),
    ]
)
# The time-weighted mean asks for the value before each bucket, so it is paid for only when asked.
WEIGHTED_SCHEMA = AGGREGATE_SCHEMA.append(
    pa.field("mean", pa.float64())  # time-weighted, step interpolation, over `covered_s`; null when 0
).append(pa.field("covered_s", pa.float64(), nullable=False))  # seconds of the bucket with a usable value


@dataclass(frozen=True, slots=True)
class Window:
    """[start_ns, end_ns)."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Bounds of one read: rows, seconds and memory; `cancelled` may be set from any thread, it ends within 1 s."""

    rows_max: int = 20_000_000
    seconds_max: float = 30.0
    memory_bytes_max: int = 1_000_000_000
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class HistorySize:
    """Rows (before repeats are merged away) and bytes on disk, in all and by retention class."""

    rows: int
    bytes: int
    by_retention: dict[int, tuple[int, int]]


class History(Protocol):
    """A store of samples. Reads raise TooMuch past a bound, Unavailable when cancelled or closing.

    A read that failed never shows in another read. Reads yield batches in the stated order, each at most
    65,536 rows.
    """

    def append(self, rows: pa.Table) -> None:
        """Store rows of STORED_SCHEMA (any order, any signals, any months); on disk (fsync) when it returns.

        The caller has validated times (1970 … 2262) and finite values. InvalidInput names a column that does
        not fit; then nothing is stored.
        """
        ...

    def raw(
        self,
        signals: Sequence[int],
        window: Window,
        reading: Reading,
        *,
        rows_max: int = 0,
        newest_first: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """RAW_SCHEMA by (signal, time, sequence, …); `rows_max` rows of each signal where given."""
        ...

    def aggregate(
        self,
        signals: Sequence[int],
        window: Window,
        bucket_ns: int,
        reading: Reading,
        *,
        weighted: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """AGGREGATE_SCHEMA (WEIGHTED_SCHEMA when `weighted`) by (signal, time); buckets start at window.start_ns.

        Buckets without rows are absent, except that `weighted` gives each bucket that a value carries into.
        """
        ...

    def last(self, signals: Sequence[int] | None, reading: Reading, *, before_ns: int = 0) -> Iterator[pa.RecordBatch]:
        """The newest row by source time of each signal (None: all), before an instant where given; RAW_SCHEMA."""
        ...

    def as_of(self, signals: Sequence[int], window: Window, step_ns: int, reading: Reading) -> Iterator[pa.RecordBatch]:
        """RAW_SCHEMA with one row per signal and grid instant, `time` the instant: the newest row at or before it.

        lag_ms then says how old that row was at the instant. Absent where nothing was known yet.
        """
        ...

    def delete(self, signals: Sequence[int], window: Window) -> None:
        """Remove rows for good; done when it returns."""
        ...

    def retain(self, retention: int, before_ns: int) -> int:
        """Drop whole months of a retention class that end at or before an instant; how many were dropped."""
        ...

    def size(self) -> HistorySize:
        """How much is kept."""
        ...

    def close(self) -> None:
        """Cancel reads, finish the append, leave; harmless when done twice."""
        ...

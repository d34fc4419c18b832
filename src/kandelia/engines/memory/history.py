"""A history in memory: for small tools and tests, and the plain statement of what every history answers.

One sorted Arrow table behind a lock; reads work on the table that stood when they began. Clarity before speed.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kandelia.base.errors import InvalidInput, TooMuch, Unavailable
from kandelia.base.quality import BAD, UNCERTAIN
from kandelia.base.samples import Kind
from kandelia.ports.history import (
    AGGREGATE_SCHEMA,
    RAW_SCHEMA,
    STORED_SCHEMA,
    WEIGHTED_SCHEMA,
    HistorySize,
    Reading,
    Window,
)
from kandelia.ports.history_rows import check_rows

BATCH_ROWS_MAX = 65_536
IDENTITY = ("signal", "time", "sequence", "kind", "value", "integer", "text", "quality")
_NUMERIC = (Kind.FLOAT, Kind.INTEGER, Kind.BOOLEAN, Kind.ENUMERATION)
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Point:
    """One row as aggregates see it: `number` is None for text, for bad rows and for missing values."""

    time_ns: int
    usable: bool
    uncertain: bool
    number: float | None


class MemoryHistory:
    """Everything is gone when the process ends."""

    def __init__(self) -> None:
        self._rows = STORED_SCHEMA.empty_table()
        self._lock = threading.Lock()
        self._closed = False

    def append(self, rows: pa.Table) -> None:
        """See ports.history."""
        rows = check_rows(rows)
        with self._lock:
            if self._closed:
                raise Unavailable(what="the history is closed", code="closed")
            self._rows = _unique(pa.concat_tables([self._rows, rows]))

    def raw(
        self,
        signals: Sequence[int],
        window: Window,
        reading: Reading,
        *,
        rows_max: int = 0,
        newest_first: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """RAW_SCHEMA; see ports.history."""
        tables = []
        for signal in _ascending(signals):
            rows = self._window(signal, window)
            rows = rows.take(np.arange(rows.num_rows)[::-1]) if newest_first else rows
            tables.append(rows.slice(0, rows_max or rows.num_rows))
        yield from self._answer(tables, RAW_SCHEMA, reading)

    def aggregate(
        self,
        signals: Sequence[int],
        window: Window,
        bucket_ns: int,
        reading: Reading,
        *,
        weighted: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """AGGREGATE_SCHEMA or WEIGHTED_SCHEMA; see ports.history."""
        _check_step(bucket_ns)
        rows = []
        for signal in _ascending(signals):
            points = _points(self._window(signal, window))
            held = self._number_before(signal, window.start_ns) if weighted else None
            for start_ns in range(window.start_ns, window.end_ns, bucket_ns):
                end_ns = min(start_ns + bucket_ns, window.end_ns)
                inside = [point for point in points if start_ns <= point.time_ns < end_ns]
                row = {"signal": signal, "time": start_ns} | _summary(inside)
                area, covered_ns = _area(inside, held, start_ns, end_ns)
                row |= {"mean": area / (covered_ns / _NS) if covered_ns else None, "covered_s": covered_ns / _NS}
                if inside or (weighted and covered_ns):
                    rows.append(row)
                held = inside[-1].number if inside else held
        schema = WEIGHTED_SCHEMA if weighted else AGGREGATE_SCHEMA
        yield from self._answer([pa.Table.from_pylist(rows, schema=schema)], schema, reading)

    def _number_before(self, signal: int, before_ns: int) -> float | None:
        points = _points(self._window(signal, Window(0, before_ns)))
        return points[-1].number if points else None

    def last(self, signals: Sequence[int] | None, reading: Reading, *, before_ns: int = 0) -> Iterator[pa.RecordBatch]:
        """RAW_SCHEMA; see ports.history."""
        wanted = pc.unique(self._rows["signal"]).to_pylist() if signals is None else signals
        tables = [self._newest(signal, before_ns) for signal in _ascending(wanted)]
        yield from self._answer(tables, RAW_SCHEMA, reading)

    def _newest(self, signal: int, before_ns: int = 0) -> pa.Table:
        rows = self._window(signal, Window(0, before_ns or 2**63 - 1))
        return rows.slice(max(0, rows.num_rows - 1))

    def as_of(self, signals: Sequence[int], window: Window, step_ns: int, reading: Reading) -> Iterator[pa.RecordBatch]:
        """RAW_SCHEMA, one row per signal and instant; see ports.history."""
        _check_step(step_ns)
        rows = []
        for signal in _ascending(signals):
            for instant in range(window.start_ns, window.end_ns, step_ns):
                for row in _plain(self._newest(signal, instant + 1)):
                    age_ms = (instant - row["time"]) // 1_000_000
                    rows.append(row | {"time": instant, "lag_ms": age_ms})
        yield from self._answer([pa.Table.from_pylist(rows, schema=RAW_SCHEMA)], RAW_SCHEMA, reading)

    def _window(self, signal: int, window: Window) -> pa.Table:
        """Rows of one signal in the stated order."""
        rows = self._rows
        times = rows["time"].cast(pa.int64())
        within = pc.and_(pc.greater_equal(times, window.start_ns), pc.less(times, window.end_ns))
        return rows.filter(pc.and_(pc.equal(rows["signal"], pa.scalar(signal, pa.uint32())), within))

    def _answer(self, tables: Sequence[pa.Table], schema: pa.Schema, reading: Reading) -> Iterator[pa.RecordBatch]:
        deadline = time.monotonic() + reading.seconds_max
        sent = 0
        for table in tables:
            for batch in table.select(schema.names).cast(schema).combine_chunks().to_batches(BATCH_ROWS_MAX):
                sent += batch.num_rows
                self._check(reading, sent, deadline)
                yield batch

    def _check(self, reading: Reading, rows: int, deadline: float) -> None:
        if reading.cancelled.is_set() or self._closed:
            raise Unavailable(what="the question was cancelled", code="cancelled")
        mend = "ask for a shorter time, fewer signals or wider buckets"
        if rows > reading.rows_max:
            raise TooMuch(what=f"the answer has more than {reading.rows_max} rows", mend=mend, code="too-much-rows")
        if time.monotonic() > deadline:
            raise TooMuch(
                what=f"the question needs more than {reading.seconds_max:g} s", mend=mend, code="too-much-time"
            )

    def delete(self, signals: Sequence[int], window: Window) -> None:
        """See ports.history."""
        with self._lock:
            times = self._rows["time"].cast(pa.int64())
            within = pc.and_(pc.greater_equal(times, window.start_ns), pc.less(times, window.end_ns))
            of_signals = pc.is_in(self._rows["signal"], pa.array(_ascending(signals), pa.uint32()))
            self._rows = self._rows.filter(pc.invert(pc.and_(within, of_signals)))

    def retain(self, retention: int, before_ns: int) -> int:
        """See ports.history."""
        with self._lock:
            months = self._rows["time"].to_numpy().astype("datetime64[M]")
            over = (months + 1).astype("datetime64[ns]").astype(np.int64) <= before_ns
            drop = over & (self._rows["retention"].to_numpy() == retention)
            self._rows = self._rows.filter(pa.array(~drop))
            return len(np.unique(months[drop]))

    def size(self) -> HistorySize:
        """Rows and bytes in memory; see ports.history."""
        rows = self._rows
        each = rows.nbytes / rows.num_rows if rows.num_rows else 0.0
        counts = {c["values"]: c["counts"] for c in pc.value_counts(rows["retention"]).to_pylist()}
        by_retention = {key: (count, round(count * each)) for key, count in sorted(counts.items())}
        return HistorySize(rows=rows.num_rows, bytes=rows.nbytes, by_retention=by_retention)

    def close(self) -> None:
        """See ports.history."""
        self._closed = True


def _unique(rows: pa.Table) -> pa.Table:
    """In the stated order, the last appended of rows that are equal by identity."""
    position = pa.array(np.arange(rows.num_rows))
    newest = rows.append_column("position", position).group_by(list(IDENTITY)).aggregate([("position", "max")])
    kept = rows.take(newest["position_max"])
    return kept.sort_by([(name, "ascending") for name in IDENTITY]).combine_chunks()


def _plain(rows: pa.Table) -> list[dict[str, Any]]:
    """Rows as dicts with times as whole nanoseconds."""
    index = rows.schema.get_field_index("time")
    return rows.set_column(index, "time", rows["time"].cast(pa.int64())).to_pylist()  # type: ignore[no-any-return]


def _points(rows: pa.Table) -> list[Point]:
    """One point per time, the last by the stated order."""
    return list({row["time"]: _point(row) for row in _plain(rows)}.values())


def _point(row: dict[str, Any]) -> Point:
    usable = row["quality"] < BAD and row["kind"] != Kind.MISSING
    number = None
    if usable and row["kind"] in _NUMERIC:
        number = row["value"] if row["kind"] == Kind.FLOAT else float(row["integer"])
    return Point(row["time"], usable, usable and row["quality"] >= UNCERTAIN, number)


def _summary(points: Sequence[Point]) -> dict[str, Any]:
    usable = [point for point in points if point.usable]
    numbers = [point.number for point in usable if point.number is not None]
    return {
        "count": len(usable),
        "bad": len(points) - len(usable),
        "uncertain": sum(point.uncertain for point in usable),
        "min": min(numbers, default=None),
        "max": max(numbers, default=None),
        "avg": sum(numbers) / len(numbers) if numbers else None,
        "first": numbers[0] if numbers else None,
        "last": numbers[-1] if numbers else None,
        "first_time": usable[0].time_ns if usable else None,
        "last_time": usable[-1].time_ns if usable else None,
    }


def _area(points: Sequence[Point], held: float | None, start_ns: int, end_ns: int) -> tuple[float, int]:
    """Value × seconds under the steps, and the nanoseconds that have a value; `held` comes from before."""
    area, covered_ns, since_ns = 0.0, 0, start_ns
    for until_ns, number in [*((point.time_ns, point.number) for point in points), (end_ns, None)]:
        if held is not None:
            area += held * ((until_ns - since_ns) / _NS)
            covered_ns += until_ns - since_ns
        held, since_ns = number, until_ns
    return area, covered_ns


def _ascending(signals: Sequence[int]) -> list[int]:
    return sorted({int(signal) for signal in signals})


def _check_step(step_ns: int) -> None:
    if step_ns <= 0:
        raise InvalidInput(what=f"a step of {step_ns} ns", mend="give a positive step", code="invalid-step")

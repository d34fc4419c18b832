"""The embedded history: chDB in this process, one directory, one process (port: ports.history)."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kandelia.base.errors import InvalidInput, Unavailable
from kandelia.base.quality import BAD
from kandelia.base.samples import Kind
from kandelia.engines.chdb import questions, tables
from kandelia.engines.chdb.filling import (
    CELL_SCHEMA,
    SPARSE_SCHEMA,
    SUMS_SCHEMA,
    Grid,
    align,
    clashing,
    finished,
    replaced,
    weigh,
)
from kandelia.engines.chdb.library import Directory, give_memory_back, in_our_words
from kandelia.engines.chdb.reads import BATCH_ROWS_MAX, Asking, Readers
from kandelia.ports.history import RAW_SCHEMA, HistorySize, Reading, Window
from kandelia.ports.history_rows import TIME_MAX_NS, check_rows

READERS = 3
READER_MEMORY_BYTES_MAX = 1_000_000_000
SERVER_MEMORY_BYTES_MAX = 4_000_000_000
GRID_CELLS_MAX = 500_000  # filled at a time; larger grids are filled in parts
_MINUTE_NS = 60_000_000_000
# How far back the newest row before an instant is looked for, wider at each step: a row is usually near.
LOOK_BACK_NS = (10 * _MINUTE_NS, 360 * _MINUTE_NS, 14_400 * _MINUTE_NS, 525_600 * _MINUTE_NS, TIME_MAX_NS)
APPEND_CLOSE_S = 10.0
TIDY_ROWS = 2_000_000  # appended between two returns of memory to the system
WIDE_SIGNALS = 256  # an aggregate of so many signals is a report over most of the table, not a screen
WIDE_THREADS = 2


class ChdbHistory:
    """History in one directory, which this process alone may have open.

    Conflict (code "owned") when another history has the directory, SettingsError where the library is missing.
    """

    def __init__(
        self,
        directory: Path,
        *,
        readers: int = READERS,
        reader_memory_bytes_max: int = READER_MEMORY_BYTES_MAX,
        server_memory_bytes_max: int = SERVER_MEMORY_BYTES_MAX,
    ) -> None:
        self._directory = Directory(Path(directory), server_memory_bytes_max)
        try:
            self._writer: Any = self._directory.connect()
            tables.create(self._writer)
            self._directory.sync_folders()
        except BaseException:
            self._directory.release()
            raise
        self._writing = threading.Lock()
        self._leaving = threading.Lock()
        self._closed = False
        self._untidy_rows = 0
        self._readers = Readers(self._directory.connect, readers, reader_memory_bytes_max)

    def append(self, rows: pa.Table) -> None:
        """On disk (fsync) when it returns; see ports.history."""
        rows = check_rows(rows)
        if rows.num_rows:
            self._write(tables.INSERT, rows)
            self._write(tables.INSERT_LATEST, tables.newest_of(rows))
            self._tidy(rows.num_rows)

    def _tidy(self, rows: int) -> None:
        self._untidy_rows += rows
        if self._untidy_rows >= TIDY_ROWS:
            self._untidy_rows = 0
            give_memory_back()

    def _write(self, statement: str, rows: pa.Table | None = None, values: Mapping[str, Any] | None = None) -> None:
        with self._writing:
            if self._closed:
                raise Unavailable(what="the history is closed", code="closed")
            if self._writer is None:
                self._writer = self._directory.connect()
            try:
                _run(self._writer, statement, rows, values)
            except RuntimeError as error:
                self._forget_writer()
                raise in_our_words(error) from error

    def _forget_writer(self) -> None:
        writer, self._writer = self._writer, None
        with suppress(RuntimeError):
            writer.close()

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
        if rows_max:
            sql = questions.RAW_NEWEST_FIRST if newest_first else questions.RAW_FIRST
        else:
            sql = questions.RAW_NEWEST if newest_first else questions.RAW
        values = _values(signals, window) | ({"limit": rows_max} if rows_max else {})
        yield from self._answer(reading, signals, sql, values, RAW_SCHEMA)

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
        ask = self._weighted if weighted else self._summed
        with self._readers.read(reading) as asking:
            for grid in _grids(signals, window, bucket_ns):
                yield from _counted(asking, ask(asking, grid))

    def _summed(self, asking: Asking, grid: Grid) -> pa.Table:
        threads = WIDE_THREADS if len(grid.signals) >= WIDE_SIGNALS else 1
        sums = _table(asking.ask(questions.AGGREGATE, grid.values(), SUMS_SCHEMA, threads), SUMS_SCHEMA)
        twice = sums.filter(clashing(sums))
        if twice.num_rows:
            exact = _table(asking.ask(questions.AGGREGATE_EXACT, grid.around(twice), SUMS_SCHEMA), SUMS_SCHEMA)
            sums = replaced(sums, exact)
        return finished(sums, grid)

    def _weighted(self, asking: Asking, grid: Grid) -> pa.Table:
        sparse = _table(asking.ask(questions.WEIGHTED, grid.values(), SPARSE_SCHEMA), SPARSE_SCHEMA)
        return weigh(sparse, _numbers(self._newest_before(asking, grid.signals, grid.window.start_ns)), grid)

    def last(self, signals: Sequence[int] | None, reading: Reading, *, before_ns: int = 0) -> Iterator[pa.RecordBatch]:
        """RAW_SCHEMA; see ports.history."""
        with self._readers.read(reading) as asking:
            wanted = None if signals is None else np.unique(np.asarray(signals, dtype=np.int64))
            yield from _counted(asking, self._newest_before(asking, wanted, before_ns or TIME_MAX_NS))

    def as_of(self, signals: Sequence[int], window: Window, step_ns: int, reading: Reading) -> Iterator[pa.RecordBatch]:
        """RAW_SCHEMA, one row per signal and instant; see ports.history."""
        _check_step(step_ns)
        with self._readers.read(reading) as asking:
            for grid in _grids(signals, window, step_ns):
                yield from _counted(asking, self._aligned(asking, grid))

    def _aligned(self, asking: Asking, grid: Grid) -> pa.Table:
        start_ns = grid.window.start_ns
        last_ns = start_ns + (grid.cells - 1) * grid.step_ns
        values = _values(grid.signals, Window(start_ns + 1, last_ns + 1))
        values |= {"origin": start_ns, "step": grid.step_ns}
        cells = _table(asking.ask(questions.AS_OF, values, CELL_SCHEMA), CELL_SCHEMA)
        return align(cells, self._newest_before(asking, grid.signals, start_ns + 1), grid)

    def _newest_before(self, asking: Asking, signals: np.ndarray | None, before_ns: int) -> pa.Table:
        """RAW_SCHEMA by signal: the newest row of each before an instant.

        The latest table answers for signals that were silent since; only for the others rows are read.
        """
        if signals is not None and not len(signals):
            return RAW_SCHEMA.empty_table()
        if signals is None:
            latest = _table(asking.ask(questions.LATEST_ALL, {}, RAW_SCHEMA), RAW_SCHEMA)
        else:
            latest = _table(asking.ask(questions.LATEST, {"signals": _list(signals)}, RAW_SCHEMA), RAW_SCHEMA)
        times = latest["time"].cast(pa.int64()).to_numpy()
        found = [latest.filter(pa.array(times < before_ns))]
        missing = latest["signal"].to_numpy()[times >= before_ns]
        end_ns = before_ns
        for back_ns in LOOK_BACK_NS:
            if not len(missing) or end_ns <= 0:
                break
            start_ns = max(0, before_ns - back_ns)
            values = _values(missing, Window(start_ns, end_ns))
            rows = _table(asking.ask(questions.NEWEST_IN_WINDOW, values, RAW_SCHEMA), RAW_SCHEMA)
            found.append(rows)
            missing, end_ns = np.setdiff1d(missing, rows["signal"].to_numpy()), start_ns
        return pa.concat_tables(found).sort_by("signal")

    def _answer(
        self, reading: Reading, signals: Sequence[int], sql: str, values: Mapping[str, Any], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        if not len(signals):
            return
        with self._readers.read(reading) as asking:
            for batch in asking.ask(sql, values, schema):
                asking.count(batch.num_rows)
                yield batch

    def delete(self, signals: Sequence[int], window: Window) -> None:
        """Remove rows for good; see ports.history."""
        if not len(signals) or window.end_ns <= window.start_ns:
            return
        self._write(questions.DELETE, values=_values(signals, window))
        self._renew_latest(signals)

    def _renew_latest(self, signals: Sequence[int]) -> None:
        for statement in (questions.FORGET_LATEST, questions.RENEW_LATEST):
            self._write(statement, values={"signals": _list(signals)})

    def retain(self, retention: int, before_ns: int) -> int:
        """Drop whole months; see ports.history."""
        months = self._ask_all(questions.MONTHS, {"retention": retention}, _MONTHS_SCHEMA)
        dropped = 0
        for partition, month in zip(months["id"].to_pylist(), months["month"].to_pylist(), strict=True):
            if _month_end_ns(month) > before_ns:
                continue
            touched = self._ask_all(questions.SIGNALS_OF_PARTITION, {"id": partition}, _SIGNALS_SCHEMA)
            self._write(f"ALTER TABLE samples DROP PARTITION ID '{partition}'")
            self._renew_latest(touched["signal"].to_pylist())
            dropped += 1
        return dropped

    def _ask_all(self, sql: str, values: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
        with self._readers.read(Reading()) as asking:
            return _table(asking.ask(sql, values, schema), schema)

    def size(self) -> HistorySize:
        """How much is kept; see ports.history."""
        parts = self._ask_all(questions.SIZE, {}, _SIZE_SCHEMA).to_pylist()
        by_retention = {part["retention"]: (part["rows"], part["bytes"]) for part in parts}
        return HistorySize(
            rows=sum(rows for rows, _ in by_retention.values()),
            bytes=sum(size for _, size in by_retention.values()),
            by_retention=by_retention,
        )

    def close(self) -> None:
        """Cancel reads, finish the append, leave; harmless when done twice."""
        with self._leaving:
            self._readers.close()
            held = self._writing.acquire(timeout=APPEND_CLOSE_S)
            self._closed = True
            if held:
                if self._writer is not None:
                    self._forget_writer()
                self._writing.release()
            self._directory.release()


_MONTHS_SCHEMA = pa.schema([pa.field("id", pa.string()), pa.field("month", pa.uint32())])
_SIGNALS_SCHEMA = pa.schema([pa.field("signal", pa.uint32())])
_SIZE_SCHEMA = pa.schema(
    [pa.field("retention", pa.uint8()), pa.field("rows", pa.uint64()), pa.field("bytes", pa.uint64())]
)


def _run(writer: Any, statement: str, rows: pa.Table | None, values: Mapping[str, Any] | None) -> None:
    """`rows` is an argument because the library looks for the table among the caller's own names."""
    writer.query(statement, params=dict(values or {}))


def _list(signals: Any) -> list[int]:
    return [int(number) for number in signals]


def _values(signals: Any, window: Window) -> dict[str, Any]:
    return {"signals": _list(signals), "start": int(window.start_ns), "end": int(window.end_ns)}


def _table(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches(list(batches), schema=schema)


def _check_step(step_ns: int) -> None:
    if step_ns <= 0:
        raise InvalidInput(what=f"a step of {step_ns} ns", mend="give a positive step", code="invalid-step")


def _counted(asking: Asking, table: pa.Table) -> Iterator[pa.RecordBatch]:
    for batch in table.to_batches(max_chunksize=BATCH_ROWS_MAX):
        asking.count(batch.num_rows)
        yield batch


def _grids(signals: Sequence[int], window: Window, step_ns: int) -> Iterator[Grid]:
    """Parts of at most GRID_CELLS_MAX cells in the order (signal, time)."""
    wanted = np.unique(np.asarray(signals, dtype=np.int64))
    cells = -(-(window.end_ns - window.start_ns) // step_ns)
    if cells <= 0:
        return
    together = max(1, GRID_CELLS_MAX // cells)
    span_ns = (window.end_ns - window.start_ns) if cells <= GRID_CELLS_MAX else GRID_CELLS_MAX * step_ns
    for first in range(0, len(wanted), together):
        for start_ns in range(window.start_ns, window.end_ns, span_ns):
            part = Window(start_ns, min(start_ns + span_ns, window.end_ns))
            yield Grid(wanted[first : first + together], part, step_ns)


def _numbers(rows: pa.Table) -> dict[int, float]:
    """The usable number of each signal that has one."""
    usable = rows.filter(
        pc.and_(
            pc.less(rows["quality"], BAD),
            pc.is_in(rows["kind"], pa.array([Kind.FLOAT, Kind.INTEGER, Kind.BOOLEAN, Kind.ENUMERATION], pa.uint8())),
        )
    )
    number = np.where(
        usable["kind"].to_numpy() == Kind.FLOAT, usable["value"], usable["integer"].to_numpy().astype(float)
    )
    return dict(zip(usable["signal"].to_pylist(), number.tolist(), strict=True))


def _month_end_ns(month: int) -> int:
    """The instant at which a month written 202611 is over."""
    following = (month // 100 - 1970) * 12 + month % 100
    return int(np.datetime64(following, "M").astype("datetime64[ns]").astype(np.int64))

"""Rows of a file as samples, whole columns at once; every line that does not fit is told with its place and reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kandelia.base.errors import InvalidInput
from kandelia.base.quality import BAD_NO_DATA, GOOD
from kandelia.base.samples import SCHEMA, SOURCE_AHEAD_NS_MAX, TEXT_BYTES_MAX, Kind
from kandelia.kernel.transfers.logic import cells, times
from kandelia.kernel.transfers.logic.plans import Plan

NS_PER_MS = 1_000_000
CELL_SHOWN_MAX = 120
TIME_WRONG, TIME_AHEAD, VALUE_WRONG, NAME_UNKNOWN = "time", "ahead", "value", "name"
REPEATED, CLASHING, BEYOND, ROW_WRONG = "repeated", "clashing", "beyond", "row"
STORED = (CLASHING, BEYOND)  # told, and stored all the same


@dataclass(frozen=True, slots=True)
class Aim:
    """A signal that a column or name goes to."""

    number: int
    kind: Kind
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line of the report: where, what (one of the words above), and the cell as it was written."""

    line: int
    column: str
    what: str
    cell: str


@dataclass
class Counted:
    """How many of which were met."""

    rows: int = 0
    samples: int = 0
    wrong: dict[str, int] = field(default_factory=dict)

    def note(self, what: str, count: int) -> None:
        """Count some."""
        if count:
            self.wrong[what] = self.wrong.get(what, 0) + count


@dataclass(frozen=True, slots=True)
class Converted:
    """Samples of SCHEMA, and what was wrong (at most as many as were asked for; `counted` knows all)."""

    samples: pa.Table
    wrong: tuple[Wrong, ...]
    counted: Counted


class Converter:
    """Turns tables of a file into samples by a plan; keeps nothing between tables.

    A table's columns are texts (CSV, XLSX) or hold values already (Parquet). `lines` are the lines of its rows.
    """

    def __init__(self, plan: Plan, aims: Mapping[str, Aim], now_ns: int, decimal: str = ".") -> None:
        self._plan, self._aims, self._now_ns = plan, aims, now_ns
        self._decimal = plan.decimal or decimal
        times.check_zone(plan.time.zone or "UTC")

    def convert(self, table: pa.Table, lines: np.ndarray, wrong_max: int = 1_000) -> Converted:
        """InvalidInput where the plan names a column that is not there."""
        report = _Report(wrong_max, lines)
        report.counted.rows = table.num_rows
        read = self._times(table, report)
        parts = list(self._wide(table, read, report) if self._plan.form == "wide" else self._long(table, read, report))
        samples = pa.concat_tables([part.samples for part in parts]) if parts else SCHEMA.empty_table()
        places = np.concatenate([part.rows for part in parts]) if parts else np.zeros(0, np.int64)
        names = [name for part in parts for name in part.names] if report.left else []
        samples = self._without_repeats(samples, places, names, report)
        report.counted.samples = samples.num_rows
        return Converted(samples, tuple(report.wrong), report.counted)

    def _times(self, table: pa.Table, report: "_Report") -> times.Read:
        names = self._plan.time.columns
        if not names:
            raise InvalidInput("no column is chosen for the time", "time", "choose one", "no-time")
        columns = [_column(table, name) for name in names]
        zone = self._plan.time.zone or "UTC"
        if pa.types.is_timestamp(columns[0].type) or pa.types.is_date(columns[0].type):
            first = columns[0] if pa.types.is_timestamp(columns[0].type) else columns[0].cast(pa.timestamp("ms"))
            read = times.of_timestamps(first, zone)
            texts = first
        else:
            texts = _texts(columns[0])
            for more in columns[1:]:
                texts = pc.binary_join_element_wise(texts, _texts(more), " ")
            read = times.read(texts, self._plan.time.form or "ymd", zone)
        good = read.good & (read.ns >= 0)
        report.note(np.flatnonzero(~good), TIME_WRONG, names[0], texts)
        ahead = good & (read.ns > self._now_ns + SOURCE_AHEAD_NS_MAX)
        report.note(np.flatnonzero(ahead), TIME_AHEAD, names[0], texts)
        return times.Read(read.ns, good & ~ahead, read.own)

    def _wide(self, table: pa.Table, read: times.Read, report: "_Report") -> Iterator["_Part"]:
        rows = np.arange(table.num_rows)
        for name, aim in self._aims.items():
            if name in table.column_names:
                values = _values(_column(table, name), aim.kind, self._decimal)
                yield from self._part(name, aim, rows, values, read, None, report)

    def _long(self, table: pa.Table, read: times.Read, report: "_Report") -> Iterator["_Part"]:
        names = pc.fill_null(_texts(_column(table, self._plan.names)), "").dictionary_encode()
        column = _column(table, self._plan.value)
        quality = _column(table, self._plan.quality) if self._plan.quality in table.column_names else None
        codes = names.indices.to_numpy(zero_copy_only=False)
        for place, name in enumerate(names.dictionary.to_pylist()):
            rows = np.flatnonzero(codes == place)
            aim = self._aims.get(name)
            if aim is None:
                if name not in self._plan.targets:
                    report.note(rows, NAME_UNKNOWN, self._plan.names, names.dictionary.take(names.indices))
                continue
            values = _values(column.take(pa.array(rows)), aim.kind, self._decimal)
            marks = None if quality is None else cells.qualities(_texts(quality.take(pa.array(rows))))
            yield from self._part(name, aim, rows, values, read, marks, report)

    def _part(
        self,
        name: str,
        aim: Aim,
        rows: np.ndarray,
        values: "_Values",
        read: times.Read,
        quality: np.ndarray | None,
        report: "_Report",
    ) -> Iterator["_Part"]:
        """One signal's samples: rows with a good time and a value that could be read."""
        timed = read.good[rows]
        report.note(rows[timed & values.bad], VALUE_WRONG, name, values.shown, np.flatnonzero(timed & values.bad))
        empty = values.missing & ~values.bad
        kept = timed & ~values.bad & (np.bool_(self._plan.form == "long" or self._plan.empty == "missing") | ~empty)
        beyond = kept & ~empty & _outside(values, aim)
        report.note(rows[beyond], BEYOND, name, values.shown, np.flatnonzero(beyond))
        kept &= ~(beyond & (self._plan.beyond == "skip"))
        chosen = np.flatnonzero(kept)
        if len(chosen):
            marks = np.zeros(len(chosen), np.uint16) if quality is None else quality[chosen]
            missing = values.missing[chosen]
            marks = np.where(missing & (marks == GOOD), np.uint16(BAD_NO_DATA), marks).astype(np.uint16)
            yield _Part(self._samples(aim, values, chosen, read.ns[rows[chosen]], marks), rows[chosen], name)

    def _samples(
        self, aim: Aim, values: "_Values", chosen: np.ndarray, ns: np.ndarray, quality: np.ndarray
    ) -> pa.Table:
        kinds = np.where(values.missing[chosen], Kind.MISSING, aim.kind).astype(np.uint8)
        columns = {
            "signal": np.full(len(chosen), aim.number, np.uint32),
            "time": pa.array(ns, pa.int64()).cast(pa.timestamp("ns", "UTC")),
            "lag_ms": (self._now_ns - ns) // NS_PER_MS,
            "quality": quality,
            "kind": kinds,
            "value": values.value[chosen],
            "integer": values.integer[chosen],
            "text": values.text.take(pa.array(chosen)) if values.text is not None else pa.repeat("", len(chosen)),
        }
        return pa.table([pa.array(columns[name]).cast(SCHEMA.field(name).type) for name in SCHEMA.names], schema=SCHEMA)

    def _without_repeats(
        self, samples: pa.Table, rows: np.ndarray, names: Sequence[str], report: "_Report"
    ) -> pa.Table:
        """Of samples with one signal and time: an equal one goes, one that differs is told and stays."""
        if samples.num_rows < 2:
            return samples
        signal = samples["signal"].to_numpy()
        ns = samples["time"].cast(pa.int64()).to_numpy()
        order = np.lexsort((rows, ns, signal))
        same = (signal[order][1:] == signal[order][:-1]) & (ns[order][1:] == ns[order][:-1])
        if not same.any():
            return samples
        later, earlier = order[1:][same], order[:-1][same]
        equal = np.ones(len(later), bool)
        for name in ("kind", "value", "integer", "text", "quality"):
            column = samples[name].combine_chunks()
            equal &= pc.equal(column.take(pa.array(later)), column.take(pa.array(earlier))).to_numpy(
                zero_copy_only=False
            )
        report.note_many(rows[later[~equal]], CLASHING)
        report.note_many(rows[later[equal]], REPEATED)
        keep = np.ones(samples.num_rows, bool)
        keep[later[equal]] = False
        return samples.filter(pa.array(keep))


@dataclass(frozen=True, slots=True)
class _Part:
    samples: pa.Table
    rows: np.ndarray
    name: str

    @property
    def names(self) -> list[str]:
        """The column, for the report."""
        return [self.name]


@dataclass(frozen=True, slots=True)
class _Values:
    """A column read for a kind: number and integer, text where it is one; what is bad could not be read."""

    value: np.ndarray
    integer: np.ndarray
    text: pa.Array | None
    missing: np.ndarray
    bad: np.ndarray
    shown: pa.Array


class _Report:
    """Collects what is wrong, counting all and keeping some."""

    def __init__(self, left: int, lines: np.ndarray) -> None:
        self.left, self._lines = left, lines
        self.wrong: list[Wrong] = []
        self.counted = Counted()

    def note(self, rows: np.ndarray, what: str, column: str, shown: pa.Array, places: np.ndarray | None = None) -> None:
        """`places` are the rows' places in `shown`, where that holds fewer."""
        self.counted.note(what, len(rows))
        for row, place in zip(rows[: self.left].tolist(), (rows if places is None else places).tolist(), strict=False):
            cell = shown[int(place)].as_py()
            self._add(Wrong(int(self._lines[row]), column, what, "" if cell is None else str(cell)[:CELL_SHOWN_MAX]))

    def note_many(self, rows: np.ndarray, what: str) -> None:
        """Rows that stand twice."""
        self.counted.note(what, len(rows))
        for row in rows[: self.left].tolist():
            self._add(Wrong(int(self._lines[row]), "", what, ""))

    def _add(self, wrong: Wrong) -> None:
        self.wrong.append(wrong)
        self.left -= 1


def _column(table: pa.Table, name: str) -> pa.Array:
    if name not in table.column_names:
        raise InvalidInput(f'the file has no column "{name[:60]}"', "mapping", "map it anew", "no-column")
    column = table[name].combine_chunks()
    column = column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks or [pa.array([], column.type)])
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _texts(column: pa.Array) -> pa.Array:
    if pa.types.is_string(column.type):
        return column
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidInput(f"a column of {column.type} is no text", "mapping", "skip it", "column-type") from error


def _values(column: pa.Array, kind: Kind, decimal: str) -> _Values:
    rows = len(column)
    none = np.zeros(rows, np.int64)
    if kind is Kind.TEXT:
        texts = _texts(column)
        missing = (~texts.is_valid().to_numpy(zero_copy_only=False)) | pc.fill_null(pc.equal(texts, ""), True).to_numpy(
            zero_copy_only=False
        )
        long = pc.fill_null(pc.greater(pc.binary_length(texts), TEXT_BYTES_MAX), False).to_numpy(zero_copy_only=False)
        return _Values(none.astype(float), none, pc.fill_null(texts, ""), missing, long, texts)
    if kind is Kind.FLOAT:
        read, bad = _floats(column, decimal)
        missing = ~read.is_valid().to_numpy(zero_copy_only=False)
        return _Values(pc.fill_null(read, 0.0).to_numpy(zero_copy_only=False), none, None, missing, bad, column)
    read, bad = _whole(column, kind, decimal)
    missing = ~read.is_valid().to_numpy(zero_copy_only=False)
    whole = pc.fill_null(read, 0).to_numpy(zero_copy_only=False)
    return _Values(none.astype(float), whole, None, missing, bad, column)


def _floats(column: pa.Array, decimal: str) -> tuple[pa.Array, np.ndarray]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return cells.floats(_texts(column), decimal)
    try:
        read = column.cast(pa.uint8()) if pa.types.is_boolean(column.type) else column
        read = pc.if_else(pc.is_nan(read), None, read) if pa.types.is_floating(read.type) else read
        return cells.finite(read.cast(pa.float64(), safe=False))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidInput(
            f"a column of {column.type} holds no numbers", "mapping", "skip it", "column-type"
        ) from error


def _whole(column: pa.Array, kind: Kind, decimal: str) -> tuple[pa.Array, np.ndarray]:
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        narrow = column.cast(pa.uint8()) if pa.types.is_boolean(column.type) else column
        read, bad = _fitting(narrow)
    elif kind is Kind.BOOLEAN:
        read, bad = cells.booleans(_texts(column))
    else:
        read, bad = cells.integers(_texts(column), decimal)
    if kind is not Kind.BOOLEAN:
        return read, bad
    odd = pc.fill_null(pc.invert(pc.is_in(read, pa.array([0, 1]))), False).to_numpy(zero_copy_only=False)
    odd &= read.is_valid().to_numpy(zero_copy_only=False)
    return read, bad | odd


def _fitting(column: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """int64; what lies beyond (UInt64) cannot be read."""
    if not pa.types.is_uint64(column.type):
        return column.cast(pa.int64()), np.zeros(len(column), bool)
    beyond = pc.fill_null(pc.greater(column, pa.scalar(2**63 - 1, pa.uint64())), False)
    read = pc.if_else(beyond, pa.scalar(None, pa.uint64()), column).cast(pa.int64())
    return read, beyond.to_numpy(zero_copy_only=False)


def _outside(values: _Values, aim: Aim) -> np.ndarray:
    if aim.kind is Kind.TEXT or (aim.low is None and aim.high is None):
        return np.zeros(len(values.missing), bool)
    held = values.value if aim.kind is Kind.FLOAT else values.integer
    low = held < aim.low if aim.low is not None else np.zeros(len(held), bool)
    return low | (held > aim.high) if aim.high is not None else low

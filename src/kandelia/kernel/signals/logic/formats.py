"""Rows of history as files and columns: CSV, Parquet, JSON. Times in files are UTC."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from kandelia.base.clock import NS_PER_MS
from kandelia.base.errors import TooMuch
from kandelia.base.samples import Kind

TREND_COLUMNS = ("min", "max", "avg", "first", "last", "count", "bad")
WEIGHTED_COLUMNS = ("mean", "covered_s")
JSON_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
TREND_ROWS_MAX = 200_000  # of one JSON answer, which is made whole in memory
TREND_MEND = "ask for fewer signals or fewer points at once"
PARQUET_ROWS = 200_000  # of a row group
FORMULA = "^[=+\\-@\\t\\r\\n＝＋－＠]"  # the wide forms count as well
_WHOLE = (Kind.INTEGER, Kind.BOOLEAN, Kind.ENUMERATION)


def table_of(batches: Iterable[pa.RecordBatch]) -> pa.Table | None:
    """All rows; None where there is none."""
    found = list(batches)
    return pa.Table.from_batches(found) if found else None


def bounded(batches: Iterable[pa.RecordBatch], rows_max: int, mend: str) -> Iterator[pa.RecordBatch]:
    """The batches as they come; TooMuch once they hold more than `rows_max` rows, before more are kept."""
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        if rows > rows_max:
            raise TooMuch(f"more than {rows_max} rows", "answer", mend, "too-many-rows")
        yield batch


def named(batch: pa.RecordBatch, ids: Mapping[int, str]) -> pa.RecordBatch:
    """The batch for a file: the signal as its id; for raw rows the value as one column.

    Raw rows keep quality and sequence, and the value as CSV shows it: numbers as written, 0 and 1 for booleans, the
    code for enumerations, empty for missing; a text that a spreadsheet would run as a formula has a ' before it.
    """
    columns: dict[str, pa.Array] = {"signal": _ids(batch, ids), "time": batch.column("time")}
    if "kind" in batch.schema.names:
        columns |= {"value": _value(batch), "quality": batch.column("quality"), "sequence": batch.column("sequence")}
    else:
        columns |= {name: batch.column(name) for name in batch.schema.names if name not in columns}
    return pa.RecordBatch.from_pydict(columns)


def exact(batch: pa.RecordBatch, ids: Mapping[int, str], *, sequence: bool = False) -> pa.RecordBatch:
    """The batch for Parquet: every column, so that `kandelia signals load` brings back what was taken out.

    `sequence` is among them where asked for; it says nothing of signals that keep clashing values.
    """
    left_out = ("signal",) if sequence else ("signal", "sequence")
    names = [name for name in batch.schema.names if name not in left_out]
    return pa.RecordBatch.from_pydict({"signal": _ids(batch, ids), **{name: batch.column(name) for name in names}})


def csv_chunks(batches: Iterable[pa.RecordBatch], ids: Mapping[int, str], head: tuple[str, ...]) -> Iterator[bytes]:
    """RFC 4180 with a head line; times in ISO 8601."""
    yield (",".join(head) + "\r\n").encode()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
    for batch in batches:
        sink = pa.BufferOutputStream()
        rows = named(batch, ids).select(list(head))
        time = pc.strftime(rows.column("time"), format="%Y-%m-%dT%H:%M:%SZ")
        table = pa.Table.from_batches([rows]).set_column(rows.schema.get_field_index("time"), "time", time)
        for name in ("first_time", "last_time"):
            if name in table.column_names:
                shown = pc.strftime(table[name], format="%Y-%m-%dT%H:%M:%SZ")
                table = table.set_column(table.schema.get_field_index(name), name, shown)
        pyarrow.csv.write_csv(table, sink, options)
        yield sink.getvalue().to_pybytes()


RAW_HEAD = ("signal", "time", "value", "quality")
RAW_HEAD_REPLACING = (*RAW_HEAD, "sequence")  # where a signal's later value replaces the earlier
TREND_HEAD = ("signal", "time", "min", "max", "avg", "first", "last", "count", "bad", "uncertain")


def write_parquet(
    batches: Iterable[pa.RecordBatch],
    ids: Mapping[int, str],
    file: BinaryIO,
    empty: pa.Schema,
    *,
    sequence: bool = False,
) -> int:
    """All rows into one Parquet file; how many. `empty` is the schema of an answer without rows."""
    rows, writer = 0, None
    for batch in batches:
        out = exact(batch, ids, sequence=sequence)
        writer = writer or pq.ParquetWriter(file, out.schema, compression="zstd")
        writer.write_batch(out, row_group_size=PARQUET_ROWS)
        rows += out.num_rows
    if writer is None:
        schema = exact(pa.RecordBatch.from_pylist([], schema=empty), {}, sequence=sequence).schema
        writer = pq.ParquetWriter(file, schema, compression="zstd")
    writer.close()
    return rows


def trend_columns(table: pa.Table | None, wanted: Iterable[int], weighted: bool) -> dict[str, dict[str, Any]]:
    """{"<number>": {"t": [ms], "min": …}} of every wanted signal; missing values are null."""
    names = (*TREND_COLUMNS, *(WEIGHTED_COLUMNS if weighted else ()))
    found: dict[str, dict[str, Any]] = {str(number): {"t": [], **{name: [] for name in names}} for number in wanted}
    for number, part in _by_signal(table):
        found[str(number)] = {"t": ms_of(part["time"]), **{name: _plain(part[name]) for name in names}}
    return found


def newest_by_signal(table: pa.Table | None) -> dict[str, dict[str, Any]]:
    """Number → {"t" in ms, "value", "quality"} of a table with one row a signal."""
    if table is None or not table.num_rows:
        return {}
    columns = raw_columns(table)
    return {
        str(number): {name: _item(columns[name][place]) for name in ("t", "value", "quality")}
        for place, number in enumerate(table["signal"].to_pylist())
    }


def _item(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def raw_columns(table: pa.Table | None) -> dict[str, Any]:
    """{"t": [ms], "value": […], "quality": […]} of one signal; a missing value is null.

    With `sequence` where one is not 0: of rows at one time the one with the largest counts.
    """
    if table is None or not table.num_rows:
        return {"t": [], "value": [], "quality": []}
    columns = {"t": ms_of(table["time"]), "value": values_of(table), "quality": table["quality"].to_numpy()}
    sequence = table["sequence"].to_numpy()
    return columns | {"sequence": sequence} if sequence.any() else columns


def raw_by_signal(table: pa.Table | None, wanted: Iterable[int]) -> dict[str, dict[str, Any]]:
    """raw_columns for each wanted signal."""
    found = {str(number): raw_columns(None) for number in wanted}
    return found | {str(number): raw_columns(part) for number, part in _by_signal(table)}


def ms_of(times: Any) -> Any:
    """ms since 1970, whole where all are whole."""
    ns = times.cast(pa.int64()).to_numpy()
    whole = ns // NS_PER_MS
    return whole if bool((whole * NS_PER_MS == ns).all()) else ns / NS_PER_MS


def values_of(table: pa.Table) -> Any:
    """The value of each raw row in its own form: an array where all are numbers, else a list."""
    kinds = table["kind"].to_numpy()
    if bool((kinds == Kind.FLOAT).all()):
        return table["value"].to_numpy()
    if np.isin(kinds, _WHOLE).all():
        return table["integer"].to_numpy()
    columns = (table["value"].to_pylist(), table["integer"].to_pylist(), table["text"].to_pylist())
    return [_one(kind, *row) for kind, *row in zip(kinds.tolist(), *columns, strict=True)]


def _one(kind: int, value: float, integer: int, text: str) -> float | int | str | None:
    if kind == Kind.FLOAT:
        return value
    if kind in _WHOLE:
        return integer
    return text if kind == Kind.TEXT else None


def _by_signal(table: pa.Table | None) -> Iterator[tuple[int, pa.Table]]:
    """Parts of a table that is ordered by signal."""
    if table is None or not table.num_rows:
        return
    numbers = table["signal"].to_numpy()
    starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    for start, end in pairwise(starts):
        yield int(numbers[start]), table.slice(start, end - start)


def _plain(column: Any) -> np.ndarray:
    """orjson writes NaN as null."""
    return column.combine_chunks().to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _ids(batch: pa.RecordBatch, ids: Mapping[int, str]) -> pa.Array:
    coded = batch.column("signal").dictionary_encode()
    names = pa.array([ids.get(number, str(number)) for number in coded.dictionary.to_pylist()], pa.string())
    return pa.DictionaryArray.from_arrays(coded.indices, names).dictionary_decode()


def _value(batch: pa.RecordBatch) -> pa.Array:
    """Numbers as numbers where a batch holds nothing else, so that CSV does not quote them; null for missing."""
    kind = batch.column("kind")
    kinds = set(pc.unique(kind).to_pylist()) - {int(Kind.MISSING)}
    if kinds <= {int(Kind.FLOAT)}:
        return pc.if_else(pc.equal(kind, int(Kind.FLOAT)), batch.column("value"), pa.scalar(None, pa.float64()))
    if kinds <= {int(whole) for whole in _WHOLE}:
        return pc.if_else(pc.equal(kind, int(Kind.MISSING)), pa.scalar(None, pa.int64()), batch.column("integer"))
    return _value_text(batch)


def _harmless(text: pa.Array) -> pa.Array:
    """Texts that a spreadsheet would run as a formula begin with ' (OWASP, CSV Injection)."""
    formula = pc.match_substring_regex(text, FORMULA)
    return pc.if_else(formula, pc.binary_join_element_wise("'", text, ""), text)


def _value_text(batch: pa.RecordBatch) -> pa.Array:
    kind = batch.column("kind")
    whole = pc.is_in(kind, pa.array([int(kind) for kind in _WHOLE], pa.uint8()))
    missing = pc.equal(kind, int(Kind.MISSING))
    text = pc.if_else(whole, batch.column("integer").cast(pa.string()), _harmless(batch.column("text")))
    text = pc.if_else(pc.equal(kind, int(Kind.FLOAT)), batch.column("value").cast(pa.string()), text)
    return pc.if_else(missing, pa.scalar(None, pa.string()), text)

"""Sample batches from tables that people and programs bring: Parquet files, Arrow tables, columns of the write API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kandelia.base.errors import InvalidInput
from kandelia.base.quality import BAD_NO_DATA, GOOD
from kandelia.base.samples import SCHEMA, Kind

EXAMPLES_MAX = 5  # unknown signals named in an error
_WHOLE = (Kind.INTEGER, Kind.BOOLEAN, Kind.ENUMERATION)


@dataclass(frozen=True, slots=True)
class Known:
    """A signal that a table may name: its number and kind."""

    number: int
    kind: Kind


Signals = Mapping[Any, Known]  # by id, by number, or both


def samples_of(table: pa.Table, signals: Signals, where: str = "") -> pa.Table:
    """SCHEMA rows from a table with the columns signal, time, value; quality and lag_ms as it likes.

    `signal` holds numbers or ids; `time` timestamps (without a zone: UTC) or integers of ms since 1970; `value`
    numbers, booleans or text, null for missing. Where there is a column `kind`, rows hold Kind and carry their value
    in value, integer or text, as in SCHEMA. InvalidInput names the column or signal that does not fit.
    """
    for name in ("signal", "time", "value"):
        if name not in table.column_names:
            raise _invalid(f'the column "{name}" is missing', where, "give signal, time and value")
    numbers, kinds = _signals(_joined(table, "signal"), signals, where)
    columns = _by_kind(table, where) if "kind" in table.column_names else _values(_joined(table, "value"), kinds, where)
    quality = _optional(table, "quality", pa.uint16(), where)
    praised = (columns["kind"].to_numpy() == Kind.MISSING) & (quality == GOOD)
    columns |= {
        "signal": pa.array(numbers),
        "time": _times(_joined(table, "time"), where),
        "lag_ms": pa.array(_optional(table, "lag_ms", pa.int64(), where)),
        "quality": pa.array(np.where(praised, np.uint16(BAD_NO_DATA), quality)),
    }
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _joined(table: pa.Table, name: str) -> pa.Array:
    column = table[name].combine_chunks()
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) and name != "signal" else column


def _signals(column: pa.Array, signals: Signals, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Number and kind of each row, looked up once for each distinct signal."""
    if column.null_count:
        raise _invalid('the column "signal" holds nulls', where, "name a signal in every row")
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    names = coded.dictionary.to_pylist()
    indices = coded.indices.to_numpy(zero_copy_only=False)
    used = np.unique(indices)
    unknown = [str(names[place]) for place in used if names[place] not in signals]
    if unknown:
        listed = ", ".join(unknown[:EXAMPLES_MAX])
        raise _invalid(f"{len(unknown)} unknown signals: {listed}", where, "add them first, or correct their ids")
    numbers, kinds = np.zeros(len(names), np.uint32), np.zeros(len(names), np.uint8)
    for place in used:
        known = signals[names[place]]
        numbers[place], kinds[place] = known.number, known.kind
    return numbers[indices], kinds[indices]


def _times(column: pa.Array, where: str) -> pa.Array:
    if column.null_count:
        raise _invalid('the column "time" holds nulls', where, "give every row a time")
    try:
        if pa.types.is_integer(column.type):
            column = column.cast(pa.timestamp("ms"))
        if not pa.types.is_timestamp(column.type):
            raise _invalid(f'the column "time" has type {column.type}', where, "give timestamps, or ms since 1970")
        return column.cast(pa.timestamp("ns", column.type.tz)).cast(SCHEMA.field("time").type)
    except pa.ArrowInvalid as error:
        raise _invalid(f'the column "time" cannot be read: {str(error)[:200]}', where, "give 1970 … 2261") from error


def _optional(table: pa.Table, name: str, wanted: pa.DataType, where: str) -> np.ndarray:
    if name not in table.column_names:
        return np.zeros(table.num_rows, wanted.to_pandas_dtype())
    return _cast(_joined(table, name), wanted, name, where).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _cast(column: pa.Array, wanted: pa.DataType, name: str, where: str) -> pa.Array:
    try:
        return pc.fill_null(column.cast(wanted), pa.scalar("" if pa.types.is_string(wanted) else 0, wanted))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _invalid(f'the column "{name}" cannot be read: {str(error)[:200]}', where, f"give {wanted}") from error


def _by_kind(table: pa.Table, where: str) -> dict[str, pa.Array]:
    columns = {}
    for name in ("kind", "value", "integer", "text"):
        wanted = SCHEMA.field(name).type
        if name in table.column_names:
            columns[name] = _cast(_joined(table, name), wanted, name, where)
        else:
            columns[name] = pa.repeat(pa.scalar("" if name == "text" else 0, wanted), table.num_rows)
    return columns


def _values(column: pa.Array, kinds: np.ndarray, where: str) -> dict[str, pa.Array]:
    """One column of values for signals of several kinds; what does not fit a signal's kind goes as it came."""
    missing = column.is_null().to_numpy(zero_copy_only=False)
    rows = len(column)
    columns: dict[str, np.ndarray] = {"value": np.zeros(rows), "integer": np.zeros(rows, np.int64)}
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        kind = np.full(rows, Kind.TEXT)
        texts = _cast(column, pa.string(), "value", where)
    else:
        kind = _numbers(column, kinds, columns, where)
        texts = pa.repeat("", rows)
    kind = np.where(missing, Kind.MISSING, kind).astype(np.uint8)
    return {
        "kind": pa.array(kind),
        "value": pa.array(columns["value"]),
        "integer": pa.array(columns["integer"]),
        "text": texts,
    }


def _numbers(column: pa.Array, kinds: np.ndarray, columns: dict[str, np.ndarray], where: str) -> np.ndarray:
    """Fill value or integer; whole numbers keep all 64 bits, floats become codes where they are whole."""
    if pa.types.is_boolean(column.type) or pa.types.is_integer(column.type):
        source = column.cast(pa.uint8()) if pa.types.is_boolean(column.type) else column
        columns["integer"] = _cast(source, pa.int64(), "value", where).to_numpy()
        return np.where(np.isin(kinds, _WHOLE), kinds, Kind.INTEGER)
    columns["value"] = _cast(column, pa.float64(), "value", where).to_numpy()
    return np.full(len(column), Kind.FLOAT)


def _invalid(what: str, where: str, mend: str) -> InvalidInput:
    return InvalidInput(what=what, where=where, mend=mend, code="invalid-table")

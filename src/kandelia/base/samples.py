"""Samples as columns: the one shape in which values travel from driver to chart.

A batch is a pyarrow.RecordBatch with SCHEMA. On the wire it is one Arrow IPC stream (Apache Arrow columnar
format, IPC streaming); value, integer and text may be left out there when no row uses them.
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import InvalidInput

BATCH_ROWS_MAX = 200_000
BATCH_BYTES_MAX = 4_000_000
SOURCE_AHEAD_NS_MAX = 3_600 * NS_PER_S  # of a source time beyond the receipt: clocks drift, zones are mistaken
TEXT_BYTES_MAX = 4_096
FORMS_KEPT = 64  # of column lists met; `encode` writes eight


class Kind(IntEnum):
    """What a sample holds; `value`, `integer` or `text` carries it, the other two are zero or empty."""

    MISSING = 0  # no value: the source said so, or it was lost; quality is never good
    FLOAT = 1  # value
    INTEGER = 2  # integer, exact in 64 bits (energy counters pass 2^53)
    BOOLEAN = 3  # integer, 0 or 1
    TEXT = 4  # text
    ENUMERATION = 5  # integer, the code; labels stand with the signal


SCHEMA = pa.schema(
    [
        pa.field("signal", pa.uint32(), nullable=False),  # the signal's number
        pa.field("time", pa.timestamp("ns", "UTC"), nullable=False),  # source time
        pa.field("lag_ms", pa.int64(), nullable=False),  # receive time − source time
        pa.field("quality", pa.uint16(), nullable=False),  # base.quality
        pa.field("kind", pa.uint8(), nullable=False),  # Kind
        pa.field("value", pa.float64(), nullable=False),
        pa.field("integer", pa.int64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
    ]
)
_OPTIONAL = {"value": 0.0, "integer": 0, "text": ""}


def make_batch(
    signal: Any,
    time_ns: Any,
    *,
    lag_ms: Any = 0,
    quality: Any = 0,
    kind: Any = Kind.FLOAT,
    value: Any = 0.0,
    integer: Any = 0,
    text: Sequence[str] | str = "",
) -> pa.RecordBatch:
    """A batch from numpy arrays, sequences or constants; lengths follow `time_ns` (int64 UTC nanoseconds)."""
    times = np.atleast_1d(np.asarray(time_ns, dtype=np.int64))
    rows = len(times)

    def column(data: Any, dtype: Any) -> pa.Array:
        if isinstance(data, np.ndarray) and data.dtype == dtype and data.shape == (rows,) and data.flags.c_contiguous:
            return pa.array(data)
        return pa.array(np.ascontiguousarray(np.broadcast_to(np.asarray(data, dtype=dtype), rows)))

    texts = pa.repeat(pa.scalar(text), rows) if isinstance(text, str) else pa.array(text, pa.string())
    return pa.RecordBatch.from_arrays(
        [
            column(signal, np.uint32),
            pa.array(times).view(SCHEMA.field("time").type),
            column(lag_ms, np.int64),
            column(quality, np.uint16),
            column(kind, np.uint8),
            column(value, np.float64),
            column(integer, np.int64),
            texts,
        ],
        schema=SCHEMA,
    )


def empty_batch() -> pa.RecordBatch:
    """No rows, full schema."""
    return pa.RecordBatch.from_pylist([], schema=SCHEMA)


def times_ns(batch: pa.RecordBatch) -> np.ndarray:
    """The source times as int64 UTC nanoseconds, without a copy."""
    return batch.column("time").view(pa.int64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def encode(batch: pa.RecordBatch) -> bytes:
    """The wire form; columns that no row uses are left out."""
    met = np.bincount(_kinds(batch), minlength=len(Kind))
    unused = {name for name, kinds in _USED_BY.items() if not met[list(kinds)].any()}
    if unused:
        batch = batch.select([name for name in batch.schema.names if name not in unused])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


_USED_BY = {
    "value": (Kind.FLOAT,),
    "integer": (Kind.INTEGER, Kind.BOOLEAN, Kind.ENUMERATION),
    "text": (Kind.TEXT,),
}


def _kinds(batch: pa.RecordBatch) -> np.ndarray:
    return batch.column("kind").to_numpy()  # type: ignore[no-any-return]


def decode(data: bytes) -> pa.RecordBatch:
    """A batch with the full SCHEMA from its wire form.

    InvalidInput (code "invalid-batch") for anything else: garbage, another schema, nulls, several batches, too
    many rows. Whether the values can be stored is the recorder's question, not this one's.
    """
    if len(data) > BATCH_BYTES_MAX:
        raise _invalid(f"{len(data)} bytes", f"send at most {BATCH_BYTES_MAX} bytes a message")
    try:
        with pa.ipc.open_stream(data) as reader:
            batches = list(reader)
            names = list(reader.schema.names)  # may be no text at all
        for batch in batches:
            batch.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, KeyError, NotImplementedError) as error:
        raise _invalid(str(error)[:200], "send one Arrow IPC stream with the sample schema") from error
    if len(batches) != 1:
        raise _invalid(f"{len(batches)} record batches in one message", "send exactly one")
    return _complete(batches[0], names)


def placed(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and times of the rows of what `encode` gave; nothing is checked, so never for what others sent."""
    with pa.ipc.open_stream(data) as reader:
        batch = reader.read_next_batch()
    return batch.column("signal").to_numpy(), times_ns(batch)


def _complete(batch: pa.RecordBatch, found: list[str]) -> pa.RecordBatch:
    if batch.num_rows > BATCH_ROWS_MAX:
        raise _invalid(f"{batch.num_rows} rows", f"send at most {BATCH_ROWS_MAX} rows a message")
    _check_form(batch, found)
    columns = batch.columns
    for name, column in zip(found, columns, strict=True):
        if column.null_count:
            raise _invalid(f'column "{name}" holds nulls', "a missing value is a row with kind 0")
    if len(found) < len(SCHEMA) or found != _NAMES:
        given = dict(zip(found, columns, strict=True))
        columns = [given[name] if name in given else _unused(name).slice(0, batch.num_rows) for name in _NAMES]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _check_form(batch: pa.RecordBatch, found: list[str]) -> None:
    """What `encode` makes is known at a glance, so that small messages cost little; all else is looked at closely."""
    usual = _usual(tuple(found)) if len(found) <= len(_NAMES) else None
    if usual is not None and batch.schema.equals(usual):
        return
    if len(set(found)) != len(found) or set(found) - set(_NAMES):
        raise _invalid(f"columns {', '.join(found)[:200]}", f"send {', '.join(_NAMES)}")
    for field in SCHEMA:
        if field.name not in found and field.name not in _OPTIONAL:
            raise _invalid(f'column "{field.name}" is missing', f"send {', '.join(_NAMES)}")
        if field.name in found and batch.column(field.name).type != field.type:
            kind = batch.column(field.name).type
            raise _invalid(f'column "{field.name}" has type {kind}', f"send {field.type}")


_NAMES = SCHEMA.names


@lru_cache(FORMS_KEPT)
def _usual(names: tuple[str, ...]) -> pa.Schema | None:
    """The schema of these columns as `encode` writes it; None where a batch never has just these."""
    if len(set(names)) != len(names) or set(names) - set(_NAMES) or set(_NAMES) - set(names) - set(_OPTIONAL):
        return None
    return pa.schema([SCHEMA.field(name) for name in names])


@cache
def _unused(name: str) -> pa.Array:
    """A column that no row uses, made once: every small batch takes a slice of it."""
    return pa.repeat(pa.scalar(_OPTIONAL[name], SCHEMA.field(name).type), BATCH_ROWS_MAX)


def _invalid(what: str, mend: str) -> InvalidInput:
    return InvalidInput(what=f"not a sample batch: {what}", mend=mend, code="invalid-batch")

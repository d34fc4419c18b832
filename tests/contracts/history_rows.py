"""Rows for the history suites: made short to write, answers made easy to compare."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from kandelia.base.samples import Kind, make_batch
from kandelia.ports.history import STORED_SCHEMA

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
T0 = 1_700_000_000 * SECOND


def stored(batch: pa.RecordBatch, *, sequence: Any = 0, retention: Any = 0) -> pa.Table:
    """A batch with the two columns that history adds."""
    rows = batch.num_rows
    arrays = [
        *batch.columns,
        pa.array(np.broadcast_to(np.asarray(sequence, np.uint64), rows)),
        pa.array(np.broadcast_to(np.asarray(retention, np.uint8), rows)),
    ]
    return pa.table(arrays, schema=STORED_SCHEMA)


def rows_of(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """STORED_SCHEMA rows from dicts; what a dict leaves out is a good float zero."""
    plain = {"lag_ms": 0, "quality": 0, "kind": Kind.FLOAT, "value": 0.0, "integer": 0, "text": ""}
    return pa.Table.from_pylist([plain | {"sequence": 0, "retention": 0} | row for row in rows], schema=STORED_SCHEMA)


def floats(signal: int, times: Any, values: Any, **more: Any) -> pa.Table:
    """Good floats of one signal."""
    return stored(make_batch(signal, times, value=values), **more)


def plain(batches: Iterable[pa.RecordBatch]) -> list[dict[str, Any]]:
    """An answer as dicts with times as whole nanoseconds."""
    rows = []
    for batch in batches:
        columns = {}
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            is_time = pa.types.is_timestamp(column.type)
            columns[name] = (column.cast(pa.int64()) if is_time else column).to_pylist()
        rows += [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return rows

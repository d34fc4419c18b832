"""What every store of samples checks before it keeps rows: one place, so that no engine is more lenient."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import TEXT_BYTES_MAX, Kind
from kandelia.ports.history import STORED_SCHEMA

TIME_MAX_NS = 9_214_646_400_000_000_000  # 2262-01-01; int64 nanoseconds end in April of that year


def check_rows(rows: pa.Table) -> pa.Table:
    """The rows with STORED_SCHEMA's column order and no negative zero, or InvalidInput naming the column.

    Minus zero becomes zero, because identity is by value and the two are equal.
    """
    if set(rows.column_names) != set(STORED_SCHEMA.names) or rows.num_columns != len(STORED_SCHEMA):
        raise _invalid("columns", ", ".join(rows.column_names)[:200], ", ".join(STORED_SCHEMA.names))
    rows = rows.select(STORED_SCHEMA.names)
    for field in STORED_SCHEMA:
        column = rows.column(field.name)
        if column.type != field.type:
            raise _invalid(field.name, f"type {column.type}", f"give {field.type}")
        if column.null_count:
            raise _invalid(field.name, "holds nulls", "a missing value is a row with kind 0")
    _check_ranges(rows)
    index = STORED_SCHEMA.get_field_index("value")
    value = pc.add(rows.column(index), 0.0)
    return rows.set_column(index, STORED_SCHEMA.field(index), value).cast(STORED_SCHEMA)


def _check_ranges(rows: pa.Table) -> None:
    if not rows.num_rows:
        return
    times = pc.min_max(rows.column("time").cast(pa.int64()))
    if times["min"].as_py() < 0 or times["max"].as_py() >= TIME_MAX_NS:
        raise _invalid("time", "an instant before 1970 or after 2261", "check the source's clock")
    if pc.max(rows.column("kind")).as_py() > max(Kind):
        raise _invalid("kind", "an unknown kind", f"give 0 … {max(Kind):d}")
    if not np.isfinite(rows.column("value").to_numpy()).all():
        raise _invalid("value", "not a finite number", "store it as missing with bad quality")
    if pc.max(pc.binary_length(rows.column("text"))).as_py() > TEXT_BYTES_MAX:
        raise _invalid("text", f"longer than {TEXT_BYTES_MAX} bytes", "shorten it")


def _invalid(column: str, what: str, mend: str) -> InvalidInput:
    return InvalidInput(what=what, where=f'column "{column}"', mend=mend, code="invalid-rows")

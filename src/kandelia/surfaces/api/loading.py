"""POST /samples: columns of samples as JSON or Arrow, acknowledged once the bus has them on disk."""

import hashlib
import time
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from django.http import HttpRequest
from ninja import Router, Schema, Status

from kandelia.base.clock import NS_PER_MS
from kandelia.base.errors import InvalidInput, TooMuch
from kandelia.base.ids import new_id
from kandelia.base.parsing import time_ns
from kandelia.base.samples import SCHEMA
from kandelia.kernel.access.contracts import Right
from kandelia.kernel.access.facade import reach_of
from kandelia.kernel.signals import writes
from kandelia.kernel.signals.logic.tables import Signals, samples_of
from kandelia.ports.history_rows import TIME_MAX_NS
from kandelia.surfaces.api.answering import viewer_of

ARROW = ("application/vnd.apache.arrow.stream", "application/octet-stream")
ROWS_MAX = 1_000_000
BYTES_MAX = 200_000_000  # after decompression
KEY_LENGTH_MAX = 200
router = Router(tags=["samples"])


class Series(msgspec.Struct):
    """Samples of one signal as columns of equal length; times are ms since 1970 or ISO 8601 with a zone."""

    signal: int | str
    times: list[int | str]
    values: list[float | int | bool | str | None]
    qualities: list[int] | None = None


class Samples(msgspec.Struct):
    """The body of POST /samples."""

    samples: list[Series]


class Accepted(Schema):
    """`repeated` when the same request had been stored before."""

    rows: int
    repeated: bool


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["samples"],
                    "properties": {
                        "samples": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["signal", "times", "values"],
                                "properties": {
                                    "signal": {"type": ["integer", "string"]},
                                    "times": {"type": "array", "items": {"type": ["integer", "string"]}},
                                    "values": {
                                        "type": "array",
                                        "items": {"type": ["number", "boolean", "string", "null"]},
                                    },
                                    "qualities": {
                                        "type": "array",
                                        "items": {"type": "integer", "minimum": 0, "maximum": 65535},
                                    },
                                },
                            },
                        }
                    },
                }
            },
            ARROW[0]: {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "parameters": [
        {"in": "header", "name": "Idempotency-Key", "required": False, "schema": {"type": "string", "maxLength": 200}}
    ],
}


@router.post("/samples", response={202: Accepted}, openapi_extra=BODY)
def write(request: HttpRequest) -> Status[dict[str, Any]]:
    """Store samples of one's own signals; answers once they are on disk.

    The same body under the same Idempotency-Key within two minutes is stored once; another body is stored under any
    key, so that no key used twice by mistake loses samples. Without a key each request is a write of its own. Where
    one row does not fit its signal's kind, lies more than an hour ahead or holds too long a text, nothing is stored
    and the answer names the first such row.
    """
    viewer = viewer_of(request)
    reach_of(viewer, Right.CONFIGURE)
    body = request.body
    given = request.headers.get("Idempotency-Key", "")[:KEY_LENGTH_MAX]
    key = f"{given} {hashlib.sha256(body).hexdigest()}" if given else new_id()
    content = (request.content_type or "").lower()
    tables = _arrow(body) if content in ARROW else _json(body)
    known, site = writes.writable(viewer, {name for table in tables for name in _names(table)})
    rows = _stamped(pa.concat_tables([_samples(table, known) for table in tables]) if tables else SCHEMA.empty_table())
    writes.check_samples(rows, known)
    stored, repeated = writes.store_samples(viewer, rows, site, key)
    return Status(202, {"rows": stored, "repeated": repeated})


def _arrow(body: bytes) -> list[pa.Table]:
    batches, rows, size = [], 0, 0
    try:
        with pa.ipc.open_stream(body) as reader:
            for batch in reader:
                batch.validate(full=True)
                batches.append(batch)
                rows, size = rows + batch.num_rows, size + batch.nbytes
                _bound(rows, size)
            return [pa.Table.from_batches(batches, reader.schema)]
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        mend = "send one Arrow IPC stream with signal, time, value"
        raise InvalidInput(f"not an Arrow stream: {str(error)[:200]}", "body", mend, "invalid-request") from error


def _json(body: bytes) -> list[pa.Table]:
    try:
        found = msgspec.json.decode(body, type=Samples).samples
    except msgspec.MsgspecError as error:
        mend = 'send {"samples":[{"signal":…,"times":[…],"values":[…]}]}'
        raise InvalidInput(str(error)[:300], "body", mend, "invalid-request") from error
    except UnicodeDecodeError as error:
        raise InvalidInput("the body is not UTF-8", "body", "send JSON in UTF-8", "invalid-request") from error
    _bound(sum(len(series.times) for series in found), 0)
    return [_table(series, f"samples[{place}]") for place, series in enumerate(found)]


def _table(series: Series, where: str) -> pa.Table:
    rows = len(series.times)
    qualities = series.qualities if series.qualities is not None else [0] * rows
    if not rows == len(series.values) == len(qualities):
        raise InvalidInput("the columns differ in length", where, "give every time its value", "invalid-request")
    times = [time_ns(at, f"{where}.times") if isinstance(at, str) else at * NS_PER_MS for at in series.times]
    try:
        columns = {
            "signal": pa.repeat(series.signal, rows),
            "time": pa.array(times, pa.int64()).cast(pa.timestamp("ns", "UTC")),
            "value": _values(series.values),
            "quality": pa.array(qualities, pa.uint16()),
        }
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        mend = "give numbers, booleans or texts of one kind; qualities from 0 to 65535"
        raise InvalidInput(f"a column cannot be read: {str(error)[:200]}", where, mend, "invalid-request") from error
    return pa.table(columns)


def _values(values: list[float | int | bool | str | None]) -> pa.Array:
    if any(isinstance(value, float) for value in values):
        return pa.array(values, pa.float64())
    array = pa.array(values)
    return array.cast(pa.float64()) if pa.types.is_null(array.type) else array


def _names(table: pa.Table) -> list[Any]:
    if "signal" not in table.column_names:
        raise InvalidInput('the column "signal" is missing', "body", "give signal, time and value", "invalid-request")
    column = table["signal"]
    return column.unique().to_pylist() if table.num_rows else []


def _samples(table: pa.Table, known: Signals) -> pa.Table:
    return samples_of(table, known, "samples")


def _stamped(rows: pa.Table) -> pa.Table:
    """With the lag to now; InvalidInput for what no store takes, so that the writer hears of it at once."""
    times = rows["time"].cast(pa.int64()).to_numpy()
    if len(times) and (times.min() < 0 or times.max() >= TIME_MAX_NS):
        raise InvalidInput("a time before 1970 or after 2261", "times", "check the source's clock", "invalid-time")
    if not np.isfinite(rows["value"].to_numpy()).all():
        raise InvalidInput("a value is not finite", "values", "send null for a missing value", "invalid-value")
    lag = (time.time_ns() - times) // NS_PER_MS
    return rows.set_column(SCHEMA.get_field_index("lag_ms"), SCHEMA.field("lag_ms"), pa.array(lag, pa.int64()))


def _bound(rows: int, size: int) -> None:
    if rows > ROWS_MAX or size > BYTES_MAX:
        raise TooMuch(f"more than {ROWS_MAX} samples at once", "body", "send them in parts", "too-large")

"""Values and history: newest, raw, trends, exports. Columns of numbers, never a row an object."""

import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import orjson
import pyarrow as pa
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from ninja import Router

from kandelia.base.clock import NS_PER_MS
from kandelia.base.errors import InvalidInput, TooMuch
from kandelia.base.parsing import length_ns, numbers, time_ns
from kandelia.base.samples import Kind
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals import queries
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic import formats
from kandelia.ports.history import AGGREGATE_SCHEMA, RAW_SCHEMA
from kandelia.surfaces.api import schemas
from kandelia.surfaces.api.answering import stream, viewer_of
from kandelia.surfaces.api.records import find_signal

Format = Literal["json", "csv", "parquet"]
JSON_ROWS = 10_000
JSON_ROWS_MAX = 200_000
EXPORT_JSON_ROWS_MAX = 1_000_000
PARQUET = "application/vnd.apache.parquet"
CSV = "text/csv; charset=utf-8"
FILE_BYTES_MAX = 2_000_000_000
SPOOL_BYTES_MAX = 4_000_000  # smaller files are never written to disk
router = Router(tags=["history"])
ANSWERS: Any = {200: None}  # described in words: columns that no schema checks again


@router.get("/signals/{which}/raw", response=ANSWERS)
def raw(
    request: HttpRequest,
    which: str,
    start: str,
    end: str,
    limit: schemas.Rows = JSON_ROWS,
    format: Format = "json",
    newest_first: bool = False,
) -> HttpResponseBase:
    """Every sample of [start, end). JSON: {"number","id","t":[ms],"value":[…],"quality":[…],"more"}.

    A missing value is null. JSON gives `limit` samples at most (200,000), files give all.
    """
    viewer = viewer_of(request)
    view = find_signal(viewer, which)
    start_ns, end_ns = time_ns(start, "start"), time_ns(end, "end")
    if format != "json":
        queries.require_export(viewer, [view.number])
        return _file(queries.raw(viewer, [view.number], start_ns, end_ns), {view.number: view}, format, RAW_SCHEMA)
    limit = min(limit, JSON_ROWS_MAX)
    found = queries.raw(viewer, [view.number], start_ns, end_ns, rows_max=limit + 1, newest_first=newest_first)
    table = formats.table_of(found)
    more = table is not None and table.num_rows > limit
    columns = formats.raw_columns(table.slice(0, limit) if table is not None else None)
    return _json({"number": view.number, "id": view.id, **columns, "more": more})


@router.get("/history/trend", response=ANSWERS)
def trend(
    request: HttpRequest,
    signals: str,
    start: str,
    end: str,
    points: schemas.Points = 1_000,
    weighted: bool = False,
) -> HttpResponseBase:
    """Min, max, avg, first, last, count and bad in `points` buckets at most; spikes never vanish.

    {"signals":{"1":{"t":[ms],"min":[…],…}},"bucket_ms"}; buckets without samples are absent. `weighted` adds the
    time-weighted `mean` and `covered_s`. Text has no trend. An answer holds 200,000 buckets of all signals at most.
    """
    viewer = viewer_of(request)
    wanted = _numeric(viewer, numbers(signals))
    start_ns, end_ns = time_ns(start, "start"), time_ns(end, "end")
    rows = queries.trend(viewer, list(wanted), start_ns, end_ns, points, weighted=weighted)
    found = formats.table_of(formats.bounded(rows, formats.TREND_ROWS_MAX, formats.TREND_MEND))
    bucket_ms = queries.trend_bucket_ns(start_ns, end_ns, points) / NS_PER_MS
    columns = formats.trend_columns(found, wanted, weighted)
    return _json({"signals": columns, "bucket_ms": int(bucket_ms) if bucket_ms.is_integer() else bucket_ms})


@router.get("/history/rows", response=ANSWERS)
def rows(request: HttpRequest, signals: str, start: str, end: str, points: schemas.Points = 1_000) -> HttpResponseBase:
    """A trend as plain rows, for programs that chart rows (Grafana): [{"time": ms, "signal": id, "value": avg, "min",
    "max"}], by signal, then time. Buckets and bounds are those of /history/trend."""
    viewer = viewer_of(request)
    wanted = _numeric(viewer, numbers(signals))
    found = queries.trend(viewer, list(wanted), time_ns(start, "start"), time_ns(end, "end"), points)
    table = formats.table_of(formats.bounded(found, formats.TREND_ROWS_MAX, formats.TREND_MEND))
    columns = formats.trend_columns(table, wanted, False)
    return _json(
        [
            {"time": int(at), "signal": wanted[int(number)].id, "value": value, "min": low, "max": high}
            for number, one in columns.items()
            for at, value, low, high in zip(one["t"], one["avg"], one["min"], one["max"], strict=True)
        ]
    )


@router.get("/history/last", response=ANSWERS)
def last(request: HttpRequest, signals: str, before: str = "") -> HttpResponseBase:
    """The newest sample of each signal, earlier than `before` where given; absent where none is.

    {"signals":{"1":{"t":ms,"value":…,"quality":…}}}
    """
    before_ns = time_ns(before, "before") if before else 0
    found = formats.table_of(queries.last(viewer_of(request), numbers(signals), before_ns=before_ns))
    return _json({"signals": formats.newest_by_signal(found)})


@router.get("/history/export", response=ANSWERS)
def export(
    request: HttpRequest, signals: str, start: str, end: str, every: str = "", format: Format = "csv"
) -> HttpResponseBase:
    """Every sample, or buckets of a length (every=1m), of several signals as a file; CSV is sent as it is read."""
    viewer = viewer_of(request)
    start_ns, end_ns = time_ns(start, "start"), time_ns(end, "end")
    queries.require_export(viewer, numbers(signals))
    if every:
        wanted = _numeric(viewer, numbers(signals))
        found = queries.every(viewer, list(wanted), start_ns, end_ns, length_ns(every, "every"))
        return _file(found, wanted, format, AGGREGATE_SCHEMA)
    wanted = _views(viewer, numbers(signals))
    return _file(queries.raw(viewer, list(wanted), start_ns, end_ns), wanted, format, RAW_SCHEMA)


def _views(viewer: Viewer, wanted: list[int]) -> dict[int, SignalView]:
    """Definitions of those that the viewer may see; the question itself refuses the others."""
    found = signals.signals_of(viewer, wanted)
    for number in wanted:
        if number not in found:
            signals.signal(viewer, number)
    return {number: found[number] for number in dict.fromkeys(wanted)}


def _numeric(viewer: Viewer, wanted: list[int]) -> dict[int, SignalView]:
    found = _views(viewer, wanted)
    for view in found.values():
        if view.kind is Kind.TEXT:
            mend = f"ask /signals/{view.number}/raw for its samples"
            raise InvalidInput(f'"{view.id}" holds text, which has no trend', "signals", mend, "text-signal")
    return found


def _file(
    batches: Iterator[pa.RecordBatch], views: Mapping[int, SignalView], format: Format, schema: pa.Schema
) -> HttpResponseBase:
    ids = {number: view.id for number, view in views.items()}
    replacing = any(view.clash == "replace" for view in views.values())
    name = f"{next(iter(ids.values()))}.{format}" if len(ids) == 1 else f"history.{format}"
    if format == "csv":
        raw_head = formats.RAW_HEAD_REPLACING if replacing else formats.RAW_HEAD
        head = raw_head if schema is RAW_SCHEMA else formats.TREND_HEAD
        return stream(formats.csv_chunks(batches, ids, head), CSV, name)
    if format == "parquet":
        spool = tempfile.SpooledTemporaryFile(SPOOL_BYTES_MAX)  # noqa: SIM115 — closed with the answer
        try:
            rows = _small_enough(batches, spool)
            formats.write_parquet(rows, ids, spool, schema, sequence=replacing)  # type: ignore[arg-type]
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return FileResponse(spool, as_attachment=True, filename=name, content_type=PARQUET)
    mend = "ask for csv or parquet, or for a shorter time"
    table = formats.table_of(formats.bounded(batches, EXPORT_JSON_ROWS_MAX, mend))
    if schema is RAW_SCHEMA:
        return _json({"signals": formats.raw_by_signal(table, ids)})
    return _json({"signals": formats.trend_columns(table, ids, False)})


def _small_enough(batches: Iterator[pa.RecordBatch], file: Any) -> Iterator[pa.RecordBatch]:
    """Until the file has FILE_BYTES_MAX: it is written whole before it is sent."""
    for batch in batches:
        if file.tell() > FILE_BYTES_MAX:
            mend = "ask for csv, which is sent as it is read, or for a shorter time"
            raise TooMuch(f"the file is larger than {FILE_BYTES_MAX // 1_000_000} MB", "format", mend, "too-large-file")
        yield batch


def _json(value: Any) -> HttpResponse:
    return HttpResponse(orjson.dumps(value, option=formats.JSON_OPTIONS), content_type="application/json")

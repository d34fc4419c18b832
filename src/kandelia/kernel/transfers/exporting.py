"""History as files: ordered here, written by the history role into the data directory, downloaded by who may.

The file never crosses the bus; web and history share the data directory.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotFound, TooMuch, Unavailable
from kandelia.base.ids import new_id
from kandelia.base.pages import PAGE_ROWS, PAGE_ROWS_MAX, Page
from kandelia.base.samples import Kind
from kandelia.base.text import Said
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, require
from kandelia.kernel.events import bridge
from kandelia.kernel.files.logic.kinds import plain_name
from kandelia.kernel.jobs import facade as jobs
from kandelia.kernel.jobs.contracts import JobContext, JobState
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals import store
from kandelia.kernel.signals.contracts import QUESTION_SIGNALS_MAX
from kandelia.kernel.transfers import places
from kandelia.kernel.transfers.contracts import (
    EXPORT_ASK,
    EXPORT_CANCEL,
    EXPORT_STATE,
    ExportOrder,
    ExportView,
    Standing,
)
from kandelia.kernel.transfers.models import Export
from kandelia.kernel.transfers.plane.asking import asked
from kandelia.ports.bus import Bus

KIND = "history.export"
FORMATS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
KEPT_DAYS = 7
HELD_BYTES_MAX = 20_000_000_000  # of one organisation's files
FILE_BYTES_MAX = 10_000_000_000
POLL_S = 0.3
SILENT_S = 20.0  # without a word of the history role: it is gone, the job begins anew
TIME_NS_MAX = 2**63 - 1
ENDED = {JobState.FAILED: "failed", JobState.CANCELLED: "cancelled"}


def begin(
    viewer: Viewer,
    numbers: Sequence[int],
    start_ns: int,
    end_ns: int,
    format: str,
    *,
    bucket_ns: int = 0,
    name: str = "",
) -> ExportView:
    """Order a file of these signals, every sample or buckets of a length. NotFound names a signal that is not there."""
    require(viewer, Right.SEE)
    wanted = list(dict.fromkeys(numbers))
    _check(wanted, start_ns, end_ns, format, bucket_ns)
    found = signals.signals_of(viewer, wanted)
    for number in wanted:
        if number not in found:
            raise NotFound(f"there is no signal {number}", "signals", "search the list of signals", "not-found")
        if bucket_ns and found[number].kind is Kind.TEXT:
            id = found[number].id
            what = Said(f"“{id}”是文本，没有平均值", f'"{id}" holds text, which has no averages')
            mend = Said("请去掉它，或导出全部样本", "leave it out, or take every sample")
            raise InvalidInput(what, "signals", mend, "text-signal")
    if _room(viewer.organisation) <= 0:
        what = Said("导出空间已用完", "the room for exports is used up")
        mend = Said("请删除一些，或等其到期", "remove some, or wait until they expire")
        raise TooMuch(what, "exports", mend, "quota")
    first = found[wanted[0]].id
    row = Export(id=new_id(), organisation=viewer.organisation, format=format, numbers=wanted, bucket_ns=bucket_ns)
    row.start_ns, row.end_ns, row.created_by, row.state = start_ns, end_ns, viewer.subject, "waiting"
    stem = plain_name(name, 120) if name.strip() else (first if len(wanted) == 1 else f"history-{len(wanted)}-signals")
    row.name = stem if stem.endswith(f".{format}") else f"{stem}.{format}"
    with transaction.atomic():
        row.job = jobs.submit(viewer, KIND, {"export": row.id, "name": row.name}, right=Right.SEE).id
        row.save(force_insert=True)
        audit(viewer, "history.export", row.name, {"id": row.id, "signals": len(wanted), "first": first})
    return _view(row)


def listed(viewer: Viewer, *, after: str = "", limit: int = PAGE_ROWS) -> Page[ExportView]:
    """What the viewer ordered, and to whoever administers also what others did; the newest first."""
    require(viewer, Right.SEE)
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    rows = Export.objects.filter(organisation=viewer.organisation).order_by("-id")
    rows = rows if viewer.may(Right.ADMINISTER) else rows.filter(created_by=viewer.subject)
    rows = rows.filter(id__lt=after[:26]) if after else rows
    found = [_view(row) for row in rows[: limit + 1]]
    return Page(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else "")


def view(viewer: Viewer, id: str) -> ExportView:
    """One; NotFound for another organisation's, and for another person's unless one administers."""
    return _view(_row(viewer, id))


def file_of(viewer: Viewer, id: str) -> tuple[Path, str, str]:
    """(path, name, media type) of a finished file. The signals must still be seen by whoever downloads it."""
    row = _row(viewer, id)
    if row.state != "done":
        raise Conflict(f"this export is {_view(row).state}", "export", "wait until it is done", "state")
    if set(row.numbers) - set(signals.signals_of(viewer, row.numbers)):
        what = Said("其中有测点您已不能查看", "a signal in it is not there for you any more")
        raise NotFound(what, "export", Said("请重新提交", "order it anew"), "not-found")
    path = places.export_file(row.organisation, row.id, row.format)
    if not path.exists():
        what = Said("文件不在此网页角色所在的主机上", "the file is not on the host of this web role")
        mend = Said(
            "请重新提交；历史角色在另一台主机时，请共享其 exports 文件夹",
            "order it anew; where history runs on another host, share its folder exports",
        )
        raise NotFound(what, "export", mend, "gone")
    audit(viewer, "history.download", row.name, {"id": row.id})
    return path, row.name, FORMATS[row.format]


def remove(viewer: Viewer, id: str) -> None:
    """The file and its entry; a job that writes it is ended."""
    row = _row(viewer, id)
    if _view(row).state in ("waiting", "writing"):
        stop(viewer, id)
    _drop(row)


def stop(viewer: Viewer, id: str) -> ExportView:
    """End it; Conflict when it is over."""
    row = _row(viewer, id)
    jobs.cancel(viewer, row.job)
    return _view(row)


def clear(now: datetime) -> int:
    """Files whose date has passed, and orders that came to nothing; how many."""
    expired = Export.objects.filter(expires_at__lt=now) | Export.objects.filter(
        expires_at=None, created_at__lt=now - timedelta(days=KEPT_DAYS)
    )
    rows = list(expired)
    for row in rows:
        _drop(row)
    return len(rows)


def work(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The job: have the history role write the file, tell how far it is, end it when asked to."""
    row = Export.objects.filter(pk=payload["export"], organisation=context.organisation).first()
    if row is None:
        raise NotFound("the export is gone", "export", "order it anew", "gone")
    if row.state == "done":
        return {"export": row.id, "rows": row.rows, "bytes": row.bytes}
    try:
        standing = _follow(context, row)
    except BaseException:
        bridge.send(EXPORT_CANCEL, row.id.encode())
        raise
    row.state, row.rows, row.bytes = "done", standing.rows, standing.bytes
    row.expires_at = timezone.now() + timedelta(days=KEPT_DAYS)
    row.save(update_fields=["state", "rows", "bytes", "expires_at"])
    return {"export": row.id, "rows": row.rows, "bytes": row.bytes}


def _follow(context: JobContext, row: Export) -> Standing:
    """Order, then ask until it is done. Unavailable when the history role went away: the job is tried again."""
    order = _order(row)
    standing = _ask(EXPORT_ASK, msgspec.json.encode(order), order.id)
    heard_s = time.monotonic()
    while standing.state == "writing":
        context.progress(min(0.99, standing.share), f"{standing.rows:,} rows, {standing.bytes // 1_000_000} MB")
        threading.Event().wait(POLL_S)
        try:
            standing = _ask(EXPORT_STATE, order.id.encode(), order.id)
            heard_s = time.monotonic()
        except Unavailable:
            if time.monotonic() - heard_s > SILENT_S:
                raise
    return standing


def _ask(subject: str, data: bytes, id: str) -> Standing:
    async def request(bus: Bus) -> Standing:
        return await asked(bus, subject, data, id)

    return bridge.bus_call(request, 15.0)


def _order(row: Export) -> ExportOrder:
    views = store.by_numbers(row.organisation, row.numbers)
    if len(views) < len(row.numbers):
        raise NotFound("a signal of this export is gone", "signals", "order it anew", "not-found")
    room = min(FILE_BYTES_MAX, max(1, _room(row.organisation)))
    return ExportOrder(
        id=row.id,
        organisation=row.organisation,
        ids={number: views[number].id for number in row.numbers},
        start_ns=row.start_ns,
        end_ns=row.end_ns,
        format=row.format,
        bucket_ns=row.bucket_ns,
        bytes_max=room,
        sequence=any(view.clash == "replace" for view in views.values()),
    )


def _check(wanted: Sequence[int], start_ns: int, end_ns: int, format: str, bucket_ns: int) -> None:
    if not wanted:
        what = Said("没有选择测点", "no signal was chosen")
        raise InvalidInput(what, "signals", Said("请至少选择一个", "choose one at least"), "no-signals")
    if len(wanted) > QUESTION_SIGNALS_MAX:
        mend = Said(f"最多选择 {QUESTION_SIGNALS_MAX} 个", f"choose {QUESTION_SIGNALS_MAX} at most")
        raise TooMuch(Said(f"{len(wanted)} 个测点", f"{len(wanted)} signals"), "signals", mend, "too-many")
    if not 0 <= start_ns < end_ns <= TIME_NS_MAX:
        mend = Said("开始须早于结束，均在 1970 至 2262 年间", "give a start before the end, both from 1970 to 2262")
        what = Said("时间范围为空或超出界限", "the time range is empty or out of bounds")
        raise InvalidInput(what, "start, end", mend, "invalid-range")
    if format not in FORMATS:
        raise InvalidInput(f'no export as "{format[:20]}"', "format", f"use {', '.join(FORMATS)}", "format")
    if bucket_ns < 0:
        raise InvalidInput("the bucket has no length", "every", "give a length such as 1m", "invalid-bucket")


def _room(organisation: str) -> int:
    held = Export.objects.filter(organisation=organisation).aggregate(held=Sum("bytes"))["held"]
    return HELD_BYTES_MAX - int(held or 0)


def _row(viewer: Viewer, id: str) -> Export:
    require(viewer, Right.SEE)
    row = Export.objects.filter(organisation=viewer.organisation, pk=id[:26]).first()
    if row is None or (row.created_by != viewer.subject and not viewer.may(Right.ADMINISTER)):
        raise NotFound(f'there is no export "{id[:40]}"', "export", "see the list of exports", "not-found")
    return row


def _drop(row: Export) -> None:
    places.export_file(row.organisation, row.id, row.format).unlink(missing_ok=True)
    row.delete()


def _view(row: Export) -> ExportView:
    job = jobs.views_of([row.job]).get(row.job)
    state = row.state
    if state != "done" and job is not None:
        state = ENDED.get(job.state, "writing" if job.state is JobState.RUNNING else "waiting")
    return ExportView(
        id=row.id,
        state="failed" if state != "done" and job is None and row.created_at else state,
        name=row.name,
        format=row.format,
        signals=len(row.numbers),
        start_ns=row.start_ns,
        end_ns=row.end_ns,
        created_at=row.created_at or timezone.now(),
        created_by=row.created_by,
        job=row.job,
        share=1.0 if state == "done" else job.progress if job else 0.0,
        rows=row.rows,
        bytes=row.bytes,
        error=row.error or (job.error if job and state == "failed" else ""),
        expires_at=row.expires_at,
    )

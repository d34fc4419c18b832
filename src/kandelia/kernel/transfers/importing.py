"""Imports of history: a file is sent in parts, looked at, mapped with a preview, then loaded by a job.

Files come in parts because the door takes 16 MB a request, and because a part that fails can be sent again.
"""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import Conflict, InvalidInput, KandeliaError, NotFound, TooMuch
from kandelia.base.ids import new_id
from kandelia.base.pages import PAGE_ROWS, PAGE_ROWS_MAX, Page
from kandelia.base.text import Said
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, require
from kandelia.kernel.files.logic.kinds import plain_name
from kandelia.kernel.jobs import facade as jobs
from kandelia.kernel.jobs.contracts import JobState
from kandelia.kernel.transfers import aiming, places
from kandelia.kernel.transfers.contracts import ImportState, ImportView
from kandelia.kernel.transfers.logic import findings, times
from kandelia.kernel.transfers.logic.converting import Converter, Wrong
from kandelia.kernel.transfers.logic.findings import Found
from kandelia.kernel.transfers.logic.plans import Plan, Target, plain, read_plan
from kandelia.kernel.transfers.logic.proposals import Wanted, propose
from kandelia.kernel.transfers.logic.units import ucum
from kandelia.kernel.transfers.models import Import
from kandelia.kernel.transfers.models import Mapping as Kept
from kandelia.kernel.transfers.plane import reading

JOB_KIND = "history.import"
FILE_BYTES_MAX = 2_000_000_000
XLSX_BYTES_MAX = 100_000_000
HELD_BYTES_MAX = 10_000_000_000  # of one organisation's files that wait or load
FREE_BYTES_MIN = 1_000_000_000  # of the disk, that stay free
PART_BYTES_MAX = 8_000_000
PREVIEW_ROWS = 20
PREVIEW_LOOKED_AT = 1_000
KEPT_DAYS = 7  # a file, its report and its entry, after the last change
ANOTHER = Said("请另选一个", "choose another")
CHOOSE = Said("请选择一个", "choose one")
STATES_OF_JOBS = {JobState.FAILED: ImportState.FAILED, JobState.CANCELLED: ImportState.CANCELLED}


def begin(viewer: Viewer, name: str, size: int) -> ImportView:
    """Take note of a file that will be sent; TooMuch where it is too large, or too much waits already."""
    require(viewer, Right.CONFIGURE)
    if size <= 0:
        raise InvalidInput(Said("文件是空的", "the file is empty"), "file", ANOTHER, "empty")
    most = XLSX_BYTES_MAX if name.lower().endswith(".xlsx") else FILE_BYTES_MAX
    if size > most:
        most_mb = most // 1_000_000
        mend = Said(
            f"最大 {most_mb} MB；更大的请用命令 kandelia signals load 载入",
            f"send at most {most_mb} MB, or load it with kandelia signals load",
        )
        raise TooMuch(
            Said(f"文件有 {size // 1_000_000} MB", f"the file has {size // 1_000_000} MB"), "file", mend, "too-large"
        )
    held = Import.objects.filter(organisation=viewer.organisation, finished_at=None).aggregate(held=Sum("size"))["held"]
    if (held or 0) + size > HELD_BYTES_MAX:
        mend = Said("请先载入或删除等待中的文件", "load or remove the files that wait")
        raise TooMuch(Said("等待中的文件太多", "too many files wait already"), "file", mend, "too-many-files")
    if shutil.disk_usage(settings.PLATFORM.directory).free < size + FREE_BYTES_MIN:
        full = Said("平台的磁盘快满了", "the disk of the platform is nearly full")
        raise TooMuch(full, "file", Said("请先腾出空间", "make room on it first"), "disk-full")
    row = Import(id=new_id(), organisation=viewer.organisation, name=plain_name(name, 200), size=size)
    row.created_by, row.state = viewer.subject, ImportState.SENDING
    places.import_file(row.organisation, row.id).touch(0o600)
    row.save(force_insert=True)
    return _view(row)


def append(viewer: Viewer, id: str, offset: int, data: bytes) -> ImportView:
    """The next part. A part that is there already changes nothing; Conflict says where to go on."""
    row = _row(viewer, id, Right.CONFIGURE)
    if row.state != ImportState.SENDING:
        raise Conflict("this file is whole already", "import", "map it", "whole")
    if len(data) > PART_BYTES_MAX or offset < 0 or offset + len(data) > row.size:
        raise TooMuch("the part is too large", "body", f"send {PART_BYTES_MAX} bytes at most", "too-large")
    _check_there(row)
    if offset > row.received or not data:
        raise Conflict(f"{row.received} bytes are there", "offset", f"go on at {row.received}", "offset")
    path = places.import_file(row.organisation, row.id)
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)
        if offset + len(data) == row.size:
            file.flush()
            os.fsync(file.fileno())
    row.received = max(row.received, offset + len(data))
    row.save(update_fields=["received"])
    return inspect(viewer, id) if row.received == row.size else _view(row)


def inspect(viewer: Viewer, id: str) -> ImportView:
    """Look at a whole file: what it holds, and the mapping of the last file of its shape, where there was one."""
    row = _row(viewer, id, Right.CONFIGURE)
    if row.received < row.size:
        raise Conflict(f"{row.received} of {row.size} bytes are there", "file", "send the rest", "not-whole")
    path = places.import_file(row.organisation, row.id)
    try:
        found = reading.inspect(path)
    except KandeliaError:
        _drop(row)
        raise
    kept = Kept.objects.filter(organisation=row.organisation, shape=found.shape).first()
    plan = read_plan(kept.plan) if kept else propose_plan(viewer, found)
    row.found, row.plan, row.plan_kept = told(found), plain(plan), kept is not None
    row.state = ImportState.READY
    row.save(update_fields=["found", "plan", "plan_kept", "state"])
    return _view(row)


def propose_plan(viewer: Viewer, found: Found, machine: str = "") -> Plan:
    """The mapping to begin with: by names, new signals on `machine` where one is named. An unclear zone stays open."""
    zone = "" if "zone" in found.unclear else "UTC"
    return findings.proposed(found, propose(wanted(found), aiming.every(viewer), machine), zone)


def wanted(found: Found) -> tuple[Wanted, ...]:
    """What is to be mapped: columns of a wide table, names of a long one."""
    if found.form == "long":
        return tuple(Wanted(name, found.name_kinds.get(name, "float")) for name in found.names)
    columns = (one for one in found.columns if one.kind != "time")
    return tuple(Wanted(one.name, one.kind, ucum(one.unit)) for one in columns)


def preview(viewer: Viewer, id: str, plan: Plan) -> dict[str, Any]:
    """What the first rows would become: samples as they would be stored, mistakes, first and last time."""
    row = _row(viewer, id, Right.CONFIGURE)
    _check_ready(row)
    path = places.import_file(row.organisation, row.id)
    return preview_file(viewer, path, found_of(row.found), plan)


def preview_file(viewer: Viewer, path: Path, found: Found, plan: Plan) -> dict[str, Any]:
    """The same for a file that lies here."""
    check(found, plan)
    aims = aiming.aims(viewer, plan)
    now = timezone.now()
    converter = Converter(plan, aims, int(now.timestamp()) * NS_PER_S, found.dialect.decimal)
    samples: list[dict[str, Any]] = []
    wrong: list[Wrong] = []
    names = aiming.names(plan, aims)
    block = next(reading.blocks(path, found.format, found.dialect, [one.name for one in found.columns]), None)
    if block is not None:
        made = converter.convert(block.table.slice(0, PREVIEW_LOOKED_AT), block.lines[:PREVIEW_LOOKED_AT], PREVIEW_ROWS)
        rows = _shown(made.samples.sort_by([("time", "ascending"), ("signal", "ascending")]).slice(0, PREVIEW_ROWS))
        samples = [{**one, "signal": names[one["signal"]]} for one in rows.to_pylist()]
        wrong = list(made.wrong)
    return {"samples": samples, "wrong": wrong, "times": moments(found, plan)}


def _shown(rows: pa.Table) -> pa.Table:
    """Times to the microsecond, the finest that Python tells."""
    place = rows.schema.get_field_index("time")
    return rows.set_column(place, "time", rows["time"].cast(pa.timestamp("us", "UTC"), safe=False))


def moments(found: Found, plan: Plan) -> list[tuple[str, datetime | None, str]]:
    """First and last time: as written, in UTC, and as the wall clock of the plan's zone shows it."""
    shown = []
    for cells in (found.first, found.last):
        if not cells:
            continue
        written = " ".join(cells)
        at = one_time(written, plan)
        shown.append((written, at, times.wall_clock(at, plan.time.zone) if at else ""))
    return shown


def one_time(written: str, plan: Plan) -> datetime | None:
    """A single time as the plan reads it, None where it cannot."""
    read = times.read(pa.array([written], pa.string()), plan.time.form or "ymd", plan.time.zone or "UTC")
    if not bool(read.good[0]):
        return None
    return datetime.fromtimestamp(int(read.ns[0]) // NS_PER_S, UTC)


def start(viewer: Viewer, id: str, plan: Plan) -> ImportView:
    """Make the new signals, keep the mapping for the next file of this shape, and load by a job."""
    row = _row(viewer, id, Right.CONFIGURE)
    _check_ready(row)
    found = found_of(row.found)
    check(found, plan)
    with transaction.atomic():
        row = Import.objects.select_for_update().get(pk=row.pk)
        _check_ready(row)
        before = {target.id for target in plan.targets.values() if not target.signal}
        made = aiming.make_signals(viewer, plan)
        settled = replace(plan, targets={name: Target(signal=target.id) for name, target in plan.targets.items()})
        row.plan, row.state, row.new_signals = plain(settled), ImportState.LOADING, len(made)
        row.job = jobs.submit(viewer, JOB_KIND, {"import": row.id, "name": row.name}).id
        row.blocks = row.rows = row.samples = row.report_bytes = 0
        row.wrong, row.error = {}, ""
        row.save()
        Kept.objects.update_or_create(
            organisation=row.organisation, shape=found.shape, defaults={"plan": row.plan, "name": row.name}
        )
        audit(viewer, "samples.import", row.name, {"id": row.id, "new": sorted(before)[:20]})
    return _view(row)


def again(viewer: Viewer, id: str) -> ImportView:
    """A load that failed or was ended goes back to its mapping; what is stored already is not stored twice."""
    row = _row(viewer, id, Right.CONFIGURE)
    if _state(row) not in (ImportState.FAILED, ImportState.CANCELLED, ImportState.DONE):
        raise Conflict(_present(row), "import", Said("请等待其结束", "wait for its end"), "state")
    if not places.import_file(row.organisation, row.id).exists():
        raise NotFound(Said("文件已删除", "its file is gone"), "import", Said("请重新发送", "send it again"), "gone")
    row.state, row.finished_at, row.job = ImportState.READY, None, ""
    row.save(update_fields=["state", "finished_at", "job"])
    return _view(row)


def check(found: Found, plan: Plan) -> None:
    """InvalidInput says what is still open: time, zone, columns that are not there, nothing chosen."""
    names = {one.name for one in found.columns}
    asked = [*plan.time.columns, *([plan.names, plan.value] if plan.form == "long" else [])]
    if not plan.time.columns:
        raise InvalidInput(Said("没有选择时间列", "no column is chosen for the time"), "time", CHOOSE, "no-time")
    if lacking := [name for name in asked if name not in names]:
        name = lacking[0][:60]
        raise InvalidInput(
            Said(f"文件中没有“{name}”列", f'the file has no column "{name}"'), "mapping", ANOTHER, "no-column"
        )
    if "zone" in found.unclear and not plan.time.zone:
        what = Said("时间没有注明时区", "the times name no zone")
        raise InvalidInput(what, "time.zone", Said("请选择时区", "say in which zone they are"), "no-zone")
    times.check_zone(plan.time.zone or "UTC")
    if plan.time.form and plan.time.form not in times.FORMS:
        form = plan.time.form[:20]
        raise InvalidInput(
            Said(f"“{form}”不是时间写法", f'"{form}" is no form of time'), "time.form", ANOTHER, "time-form"
        )
    if not plan.targets:
        what = Said("没有任何列对应测点", "no column goes to a signal")
        raise InvalidInput(what, "mapping", Said("请至少选择一列", "choose one at least"), "no-target")
    twice: dict[str, str] = {}
    for name, target in plan.targets.items():
        if twice.setdefault(target.id, name) != name:
            first = twice[target.id]
            what = Said(f"“{first}”和“{name}”对应同一测点", f'"{first}" and "{name}" go to one signal')
            raise InvalidInput(what, "mapping", Said("请各选一个测点", "give each its own"), "twice")


def listed(viewer: Viewer, *, after: str = "", limit: int = PAGE_ROWS) -> Page[ImportView]:
    """The organisation's imports, the newest first."""
    require(viewer, Right.CONFIGURE)
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    rows = Import.objects.filter(organisation=viewer.organisation).order_by("-id")
    rows = rows.filter(id__lt=after[:26]) if after else rows
    found = [_view(row) for row in rows[: limit + 1]]
    return Page(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else "")


def view(viewer: Viewer, id: str) -> ImportView:
    """One; NotFound for another organisation's."""
    return _view(_row(viewer, id, Right.CONFIGURE))


def remove(viewer: Viewer, id: str) -> None:
    """Its file and its entry; samples that were loaded stay. Conflict while it loads."""
    row = _row(viewer, id, Right.CONFIGURE)
    if _state(row) is ImportState.LOADING:
        raise Conflict(
            Said("正在载入", "it is being loaded"), "import", Said("请先结束任务", "end its job first"), "state"
        )
    _drop(row)
    audit(viewer, "samples.import-remove", row.name, {"id": row.id})


def report(viewer: Viewer, id: str) -> Path | None:
    """The report of what was wrong, as CSV; None where nothing was."""
    row = _row(viewer, id, Right.CONFIGURE)
    path = places.report_file(row.organisation, row.id)
    return path if path.exists() and path.stat().st_size else None


def clear(now: datetime) -> int:
    """Files that nobody has touched for KEPT_DAYS go; how many."""
    old = Import.objects.filter(created_at__lt=now - timedelta(days=KEPT_DAYS)).exclude(state=ImportState.LOADING)
    count = 0
    for row in old:
        _drop(row)
        count += 1
    return count


def told(found: Found) -> dict[str, Any]:
    """As the table keeps it."""
    kept: dict[str, Any] = msgspec.to_builtins(found)
    return {**kept, "shape": found.shape}


def found_of(kept: Mapping[str, Any]) -> Found:
    """Back from the table."""
    return msgspec.convert(kept, Found)


def first_lines(viewer: Viewer, id: str, rows: int) -> Sequence[Sequence[str]]:
    """The first rows as they stand in the file, for the mapping screen."""
    row = _row(viewer, id, Right.CONFIGURE)
    found = found_of(row.found)
    names = [one.name for one in found.columns]
    path = places.import_file(row.organisation, row.id)
    block = next(reading.blocks(path, found.format, found.dialect, names), None)
    shown: Iterable[Mapping[str, Any]] = [] if block is None else block.table.slice(0, rows).to_pylist()
    return [["" if one[name] is None else str(one[name])[:60] for name in names] for one in islice(shown, rows)]


def _row(viewer: Viewer, id: str, right: Right) -> Import:
    require(viewer, right)
    row = Import.objects.filter(organisation=viewer.organisation, pk=id[:26]).first()
    if row is None:
        raise NotFound(f'there is no import "{id[:40]}"', "import", "see the list of imports", "not-found")
    return row


def _check_there(row: Import) -> None:
    if not places.import_file(row.organisation, row.id).exists():
        what = Said("文件不在此网页角色所在的主机上", "its file is not on the host of this web role")
        raise NotFound(what, "import", Said("请删除此项并重新发送", "remove it and send the file again"), "gone")


def _check_ready(row: Import) -> None:
    if row.state != ImportState.READY:
        raise Conflict(_present(row), "import", Said("请稍后再看", "look at it again in a moment"), "state")
    _check_there(row)


def _present(row: Import) -> Said:
    return Said("此文件目前的状态不能这样做", f"this import is {row.state}")


def _drop(row: Import) -> None:
    places.import_file(row.organisation, row.id).unlink(missing_ok=True)
    places.report_file(row.organisation, row.id).unlink(missing_ok=True)
    row.delete()


def _state(row: Import) -> ImportState:
    """The job knows better while it loads: it may have failed or been ended."""
    if row.state != ImportState.LOADING or not row.job:
        return ImportState(row.state)
    job = jobs.views_of([row.job]).get(row.job)
    return STATES_OF_JOBS.get(job.state, ImportState.LOADING) if job else ImportState.FAILED


def _view(row: Import) -> ImportView:
    state = _state(row)
    job = jobs.views_of([row.job]).get(row.job) if row.job else None
    return ImportView(
        id=row.id,
        name=row.name,
        size=row.size,
        received=row.received,
        state=state,
        created_at=row.created_at or timezone.now(),
        created_by=row.created_by,
        found=row.found,
        plan=row.plan,
        plan_kept=row.plan_kept,
        job=row.job,
        rows=row.rows,
        samples=row.samples,
        wrong=row.wrong,
        new_signals=row.new_signals,
        share=1.0 if state is ImportState.DONE else job.progress if job else 0.0,
        error=row.error or (job.error if job else ""),
    )

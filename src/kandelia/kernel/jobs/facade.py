"""Jobs for everyone else: give work, see how it goes, end it; each within the viewer's organisation."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from kandelia.base.errors import Conflict, NotFound
from kandelia.base.ids import new_id
from kandelia.base.pages import PAGE_ROWS, PAGE_ROWS_MAX, Page
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, require
from kandelia.kernel.events import bridge
from kandelia.kernel.jobs import store
from kandelia.kernel.jobs.contracts import JobState, JobView
from kandelia.kernel.jobs.logic.schedules import next_due
from kandelia.kernel.jobs.models import Job
from kandelia.kernel.jobs.registry import handler_of

JOBS_CHANGED = "jobs.changed"  # core message without content: a job may be due


def submit(
    viewer: Viewer,
    kind: str,
    payload: Mapping[str, Any],
    *,
    due_at: datetime | None = None,
    right: Right = Right.CONFIGURE,
) -> JobView:
    """Give work of a registered kind, now or later; runs at least once. `right` is what the viewer needs for it."""
    require(viewer, right)
    handler_of(kind)
    row = Job(id=new_id(), kind=kind, organisation=viewer.organisation, payload=dict(payload))
    row.due_at, row.created_by = due_at or timezone.now(), viewer.subject
    with transaction.atomic():
        row.save(force_insert=True)
        audit(viewer, "job.submit", kind, {"id": row.id})
        transaction.on_commit(lambda: bridge.send(JOBS_CHANGED, b""))
    return store.view(row)


def schedule(viewer: Viewer, name: str, kind: str, when: str, payload: Mapping[str, Any]) -> JobView:
    """Work that repeats ("every 15m", "daily 03:30") under a name; the same name again changes it."""
    require(viewer, Right.CONFIGURE)
    with transaction.atomic():
        row = put_schedule(viewer.organisation, name, kind, when, payload, viewer.subject)
        audit(viewer, "job.schedule", name, {"kind": kind, "when": when})
    return store.view(row)


def put_schedule(
    organisation: str, name: str, kind: str, when: str, payload: Mapping[str, Any], created_by: str
) -> Job:
    """Make or change a schedule; one that has not changed keeps its next time, so that a restart moves nothing."""
    handler_of(kind)
    due = next_due(when, timezone.now(), timezone.get_default_timezone())
    row = Job.objects.filter(organisation=organisation, name=name).first()
    if row is None:
        row = Job(id=new_id(), organisation=organisation, name=name, created_by=created_by)
    elif (row.kind, row.schedule, row.payload, row.state) == (kind, when, dict(payload), JobState.WAITING):
        return row
    elif row.state == JobState.RUNNING:
        due = row.due_at
    row.kind, row.schedule, row.payload, row.due_at = kind, when, dict(payload), due
    row.state = row.state if row.state == JobState.RUNNING else JobState.WAITING
    row.save()
    return row


def list_jobs(viewer: Viewer, *, after: str = "", limit: int = PAGE_ROWS) -> Page[JobView]:
    """The organisation's jobs, newest first."""
    require(viewer, Right.SEE)
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    rows = Job.objects.filter(organisation=viewer.organisation).order_by("-id")
    rows = rows.filter(id__lt=after[:26]) if after else rows
    found = [store.view(row) for row in rows[: limit + 1]]
    return Page(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else "")


def job(viewer: Viewer, id: str) -> JobView:
    """One; NotFound also for another organisation's."""
    require(viewer, Right.SEE)
    return store.view(_row(viewer, id))


def views_of(ids: Iterable[str]) -> dict[str, JobView]:
    """Jobs by id, for rooms that keep the ids of jobs they gave; those long over are gone."""
    return {row.id: store.view(row) for row in Job.objects.filter(pk__in=list(ids))}


def cancel(viewer: Viewer, id: str) -> JobView:
    """Ask a job to end: at once when it waits, soon when it runs; Conflict when it is over. One may end one's own."""
    with transaction.atomic():
        row = _row(viewer, id)
        require(viewer, Right.SEE if row.created_by == viewer.subject else Right.CONFIGURE)
        if row.state == JobState.WAITING:
            row.state, row.finished_at = JobState.CANCELLED, timezone.now()
        elif row.state != JobState.RUNNING:
            raise Conflict(f"this job is {row.state} already", "job", "", "job-over")
        row.cancel_requested = True
        row.save(update_fields=["state", "finished_at", "cancel_requested"])
        audit(viewer, "job.cancel", row.kind, {"id": id})
    return store.view(row)


def _row(viewer: Viewer, id: str) -> Job:
    row = Job.objects.filter(organisation=viewer.organisation, pk=id[:26]).first()
    if row is None:
        raise NotFound(f'there is no job "{id[:40]}"', "job", "see the list of jobs", "not-found")
    return row

"""Rows of jobs: taken by one runner at a time, given back when it goes silent."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from kandelia.kernel.jobs.contracts import JobState, JobView
from kandelia.kernel.jobs.logic.schedules import back_off_s, next_due
from kandelia.kernel.jobs.models import Job

HEARTBEAT_S = 3.0
HEARTBEAT_LOST_S = 15.0
ERROR_LENGTH_MAX = 1_000
KEEP_FINISHED_DAYS = 30


def view(row: Job) -> JobView:
    """A job as others see it."""
    return JobView(
        id=row.id,
        kind=row.kind,
        organisation=row.organisation,
        state=JobState(row.state),
        due_at=row.due_at,
        created_at=row.created_at,
        created_by=row.created_by,
        schedule=row.schedule,
        progress=row.progress,
        words=row.words,
        result=row.result,
        attempts=row.attempts,
        error=row.error,
        cancel_requested=row.cancel_requested,
        finished_at=row.finished_at,
    )


def take(runner: str, kinds: Iterable[str], count: int) -> list[Job]:
    """Due jobs, now this runner's; also those whose runner has been silent for HEARTBEAT_LOST_S."""
    now = timezone.now()
    silent = Q(state=JobState.RUNNING, heartbeat_at__lt=now - timedelta(seconds=HEARTBEAT_LOST_S))
    due = Q(state=JobState.WAITING, due_at__lte=now)
    taken = []
    for row in Job.objects.filter(due | silent, kind__in=list(kinds)).order_by("due_at")[:count]:
        mine = Job.objects.filter(pk=row.pk, state=row.state, locked_by=row.locked_by, heartbeat_at=row.heartbeat_at)
        changes = {"state": JobState.RUNNING, "locked_by": runner, "heartbeat_at": now, "words": "", "progress": 0.0}
        if mine.update(attempts=F("attempts") + 1, **changes):
            row.refresh_from_db()
            taken.append(row)
    return taken


def beat(runner: str, ids: Iterable[str]) -> set[str]:
    """Say that these still run; answers those that shall end (asked to, or taken by another runner)."""
    wanted = set(ids)
    rows = Job.objects.filter(pk__in=wanted, locked_by=runner, state=JobState.RUNNING)
    rows.update(heartbeat_at=timezone.now())
    kept = dict(rows.values_list("pk", "cancel_requested"))
    return {job for job in wanted if kept.get(job, True)}


def note(runner: str, job: str, share: float, words: str) -> None:
    """Keep how far a job is."""
    rows = Job.objects.filter(pk=job, locked_by=runner)
    rows.update(progress=min(1.0, max(0.0, share)), words=words[:200], heartbeat_at=timezone.now())


def finish(runner: str, job: Job, state: JobState, result: Mapping[str, Any], error: str = "") -> None:
    """The end of a run; a schedule waits for its next time."""
    now = timezone.now()
    changes: dict[str, Any] = {"state": state, "result": dict(result), "error": error[:ERROR_LENGTH_MAX]}
    if state is JobState.DONE:
        changes |= {"progress": 1.0}
    if job.schedule and state is not JobState.CANCELLED:
        due = next_due(job.schedule, now, timezone.get_default_timezone())
        changes |= {"state": JobState.WAITING, "due_at": due, "attempts": 0}
    _release(runner, job.pk, {**changes, "finished_at": now})


def retry(runner: str, job: Job, error: str) -> None:
    """It failed and is tried again later."""
    due = timezone.now() + timedelta(seconds=back_off_s(job.attempts))
    _release(runner, job.pk, {"state": JobState.WAITING, "due_at": due, "error": error[:ERROR_LENGTH_MAX]})


def give_back(runner: str, job: Job) -> None:
    """It was interrupted by a stop and runs again at once after the start; that was no try."""
    _release(runner, job.pk, {"state": JobState.WAITING, "attempts": F("attempts") - 1})


def _release(runner: str, job: str, changes: dict[str, Any]) -> None:
    Job.objects.filter(pk=job, locked_by=runner).update(locked_by="", heartbeat_at=None, **changes)


def remove_old(before: datetime) -> int:
    """Finished jobs (never schedules) older than an instant; how many."""
    ended = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
    return Job.objects.filter(state__in=ended, finished_at__lt=before, schedule="").delete()[0]

"""Promise: a job runs at least once, through failure, cancel and restart; schedules never pile up."""

import threading
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.facade import system_viewer
from kandelia.kernel.jobs import facade, registry, store
from kandelia.kernel.jobs.contracts import JobState
from kandelia.kernel.jobs.logic.schedules import back_off_s, next_due
from kandelia.kernel.jobs.models import Job
from kandelia.kernel.jobs.runner import Runner
from kandelia.kernel.jobs.services import RunningService, run_service

NORTH, SOUTH = system_viewer("north"), system_viewer("south")


@pytest.fixture(autouse=True)
def own_handlers(monkeypatch):
    monkeypatch.setattr(registry, "handlers", {})


@pytest.fixture
def runner(transactional_db):
    made = Runner()
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.stop()
    thread.join(10)
    assert not thread.is_alive()


def wait_state(id: str, state: JobState, seconds: float = 10) -> Job:
    last = time.monotonic() + seconds
    while (row := Job.objects.get(pk=id)).state != state and time.monotonic() < last:
        time.sleep(0.05)
    assert row.state == state, (row.state, row.error)
    return row


def test_a_job_is_done_with_its_result(runner):
    registry.register_handler("add", lambda context, payload: {"sum": sum(payload["numbers"])})
    job = facade.submit(NORTH, "add", {"numbers": [1, 2]})
    runner.wake()
    row = wait_state(job.id, JobState.DONE)
    assert (row.result, row.progress, row.attempts) == ({"sum": 3}, 1.0, 1)


def test_what_fails_is_tried_again_later(runner, monkeypatch):
    monkeypatch.setattr(store, "back_off_s", lambda attempts: 0.01)
    tries = []

    def flaky(context, payload):
        tries.append(context.id)
        if len(tries) < 3:
            raise OSError("the printer is on fire")

    registry.register_handler("flaky", flaky)
    job = facade.submit(NORTH, "flaky", {})
    assert wait_state(job.id, JobState.DONE).attempts == 3


def test_hopeless_and_worn_out_jobs_fail_with_their_reason(runner, monkeypatch):
    def wrong(context, payload):
        raise InvalidInput("no such column", "file", "add it")

    registry.register_handler("wrong", wrong)
    registry.register_handler("dead", lambda context, payload: 1 / 0, attempts_max=1)
    first, second = facade.submit(NORTH, "wrong", {}), facade.submit(NORTH, "dead", {})
    assert wait_state(first.id, JobState.FAILED).error == "file: no such column; add it"
    assert "ZeroDivisionError" in wait_state(second.id, JobState.FAILED).error


def test_cancel_ends_a_running_and_a_waiting_job(runner, monkeypatch):
    monkeypatch.setattr(store, "HEARTBEAT_S", 0.05)

    def long(context, payload):
        for step in range(10_000):
            context.progress(step / 10_000, f"step {step}")
            time.sleep(0.01)

    registry.register_handler("long", long)
    running = facade.submit(NORTH, "long", {})
    waiting = facade.submit(NORTH, "long", {}, due_at=timezone.now() + timedelta(hours=1))
    runner.wake()
    wait_state(running.id, JobState.RUNNING)
    facade.cancel(NORTH, running.id)
    facade.cancel(NORTH, waiting.id)
    wait_state(running.id, JobState.CANCELLED)
    wait_state(waiting.id, JobState.CANCELLED)
    with pytest.raises(Conflict):
        facade.cancel(NORTH, running.id)


def test_a_stop_gives_a_running_job_back_and_the_next_runner_does_it(transactional_db):
    begun, finished = threading.Event(), []

    def patient(context, payload):
        begun.set()
        while not finished and not context.cancelled:
            time.sleep(0.01)
        context.progress(0.5)

    registry.register_handler("patient", patient)
    job = facade.submit(NORTH, "patient", {})
    for turn in range(2):
        begun.clear()
        runner = Runner()
        thread = threading.Thread(target=runner.run)
        thread.start()
        assert begun.wait(10)
        if turn:
            finished.append(1)
            wait_state(job.id, JobState.DONE)
        runner.stop()
        thread.join(10)
        if not turn:
            assert wait_state(job.id, JobState.WAITING).attempts == 0


def test_a_job_that_ends_its_process_each_time_is_given_up(runner):
    begun = []
    registry.register_handler("deadly", lambda context, payload: begun.append(1), attempts_max=3)
    job = facade.submit(NORTH, "deadly", {}, due_at=timezone.now() + timedelta(seconds=60))
    Job.objects.filter(pk=job.id).update(attempts=3, due_at=timezone.now())
    runner.wake()
    assert "died" in wait_state(job.id, JobState.FAILED).error and not begun


def test_a_job_whose_runner_died_is_taken_over(transactional_db):
    registry.register_handler("orphan", lambda context, payload: None)
    job = facade.submit(NORTH, "orphan", {})
    assert [row.id for row in store.take("dead", ["orphan"], 5)] == [job.id]
    assert store.take("next", ["orphan"], 5) == []
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=store.HEARTBEAT_LOST_S + 1))
    assert [row.id for row in store.take("next", ["orphan"], 5)] == [job.id]
    assert store.beat("dead", [job.id]) == {job.id}
    store.finish("dead", Job.objects.get(pk=job.id), JobState.DONE, {})
    assert Job.objects.get(pk=job.id).state == JobState.RUNNING


def test_a_schedule_missed_for_a_day_runs_once(runner):
    runs = []
    registry.register_handler("tick", lambda context, payload: runs.append(1))
    job = facade.schedule(NORTH, "ticking", "tick", "every 1h", {})
    Job.objects.filter(pk=job.id).update(due_at=timezone.now() - timedelta(days=1))
    runner.wake()
    last = time.monotonic() + 10
    while (row := Job.objects.get(pk=job.id)).finished_at is None and time.monotonic() < last:
        time.sleep(0.05)
    assert len(runs) == 1 and row.state == JobState.WAITING and row.due_at > timezone.now()
    due = row.due_at
    facade.schedule(NORTH, "ticking", "tick", "every 1h", {})
    assert Job.objects.get(pk=job.id).due_at == due and Job.objects.count() == 1


def test_jobs_are_seen_by_their_organisation_alone(db):
    registry.register_handler("x", lambda context, payload: None)
    job = facade.submit(NORTH, "x", {})
    assert facade.list_jobs(SOUTH).items == () and len(facade.list_jobs(NORTH).items) == 1
    for ask in (facade.job, facade.cancel):
        with pytest.raises(NotFound):
            ask(SOUTH, job.id)
    with pytest.raises(NotAllowed):
        facade.submit(Viewer("north", "person:1", "x", Role.OPERATOR), "x", {})
    with pytest.raises(NotFound):
        facade.submit(NORTH, "nobody does this", {})


SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        ("every 15m", NOON + timedelta(minutes=15)),
        ("daily 12:01", NOON + timedelta(minutes=1)),
        ("daily 12:00", NOON + timedelta(days=1)),
        ("daily 03:30", datetime(2026, 5, 1, 19, 30, tzinfo=UTC)),
    ],
)
def test_next_due(schedule, due):
    assert next_due(schedule, NOON, SHANGHAI) == due


@pytest.mark.parametrize("words", ["", "sometimes", "every 5", "daily 24:00", "every -1m"])
def test_other_words_are_refused(words):
    with pytest.raises(InvalidInput):
        next_due(words, NOON, SHANGHAI)


def test_back_off_grows_to_a_bound():
    assert [back_off_s(n) for n in (1, 2, 3, 50)] == [5, 10, 20, 3600]


def test_a_service_that_fails_is_told_and_started_again(monkeypatch):
    monkeypatch.setattr("kandelia.kernel.jobs.services.RESTART_FIRST_S", 0.01)
    told, runs = [], []

    class Troubles:
        def trouble(self, code, what, mend):
            told.append((code, what))

        def mended(self, code):
            told.append((code, ""))

    context = RunningService("watch", Troubles(), lambda name, read: None)

    def service(given):
        runs.append(1)
        if len(runs) == 1:
            raise OSError("gone")
        given.wait(0)
        given.stop()

    run_service(context, service)
    assert len(runs) == 2 and context.failures == 0
    assert told == [("service-watch", "watch failed: gone"), ("service-watch", "")], "and mended once it works again"

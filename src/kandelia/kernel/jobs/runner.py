"""Runs jobs in threads: takes what is due, says that it lives, ends what is cancelled, tries again what failed."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import close_old_connections, connection

from kandelia.base.errors import InvalidInput, KandeliaError, NotAllowed, NotFound
from kandelia.base.ids import new_id
from kandelia.kernel.jobs import registry, store
from kandelia.kernel.jobs.contracts import JobCancelled, JobState
from kandelia.kernel.jobs.models import Job

THREADS = 3
POLL_S = 1.0
PROGRESS_PERIOD_S = 0.5
HOPELESS = (InvalidInput, NotAllowed, NotFound)  # the same input gives the same error: trying again is no use
log = logging.getLogger("kandelia.jobs")


@dataclass
class RunningJob:
    """The JobContext of one run."""

    job: Job
    runner: str
    ending: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)
    _told_s: float = 0.0

    @property
    def id(self) -> str:
        """The job's id."""
        return self.job.id

    @property
    def organisation(self) -> str:
        """Whose job it is."""
        return self.job.organisation

    @property
    def created_by(self) -> str:
        """The subject that gave it."""
        return self.job.created_by

    @property
    def cancelled(self) -> bool:
        """True once it shall end."""
        return self.ending.is_set() or self.stopping.is_set()

    def progress(self, share: float, words: str = "") -> None:
        """Tell how far it is; JobCancelled when it shall end."""
        if self.cancelled:
            raise JobCancelled
        now_s = time.monotonic()
        if share >= 1 or now_s - self._told_s >= PROGRESS_PERIOD_S:
            self._told_s = now_s
            store.note(self.runner, self.job.id, share, words)


class Runner:
    """A few threads over the table of jobs; several runners (roles, machines) may share it."""

    def __init__(self, threads: int = THREADS) -> None:
        self.name = new_id()
        self._threads = threads
        self._running: dict[str, RunningJob] = {}
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._news = threading.Event()
        self.done = 0
        self.failed = 0

    @property
    def running(self) -> int:
        """Jobs that run now."""
        return len(self._running)

    def wake(self) -> None:
        """Look at the table now."""
        self._news.set()

    def stop(self) -> None:
        """Tell every job to end; `run` returns once they have."""
        self._stopping.set()
        self._news.set()

    def run(self) -> None:
        """Until `stop`; errors of the database are waited out."""
        beating = threading.Thread(target=self._beat, name="jobs-heartbeat", daemon=True)
        beating.start()
        while not self._stopping.is_set():
            try:
                self._start_due()
            except Exception:
                log.exception("the table of jobs cannot be read")
                close_old_connections()
            self._news.wait(POLL_S)
            self._news.clear()
        beating.join()
        connection.close()

    def _start_due(self) -> None:
        room = self._threads - self.running
        for job in store.take(self.name, registry.handlers, room) if room > 0 else ():
            context = RunningJob(job, self.name, stopping=self._stopping)
            with self._guard:
                self._running[job.id] = context
            threading.Thread(target=self._work, args=(context,), name=f"job-{job.kind}", daemon=True).start()

    def _work(self, context: RunningJob) -> None:
        try:
            self._finish(context, *self._outcome(context))
        except Exception:
            log.exception("the end of job %s could not be kept; it will run again", context.id)
        finally:
            with self._guard:
                self._running.pop(context.id, None)
            connection.close()
            self._news.set()

    def _outcome(self, context: RunningJob) -> tuple[Mapping[str, Any], Exception | None]:
        try:
            registered = registry.handler_of(context.job.kind)
            if context.job.attempts > registered.attempts_max:  # it ended the process each time
                raise KandeliaError(f"it was begun {registered.attempts_max} times and its process died")
            return registered.handler(context, context.job.payload) or {}, None
        except Exception as error:  # whatever a handler raises is its outcome
            return {}, error

    def _finish(self, context: RunningJob, result: Mapping[str, Any], error: Exception | None) -> None:
        job = context.job
        if error is None:
            self.done += 1
            store.finish(self.name, job, JobState.DONE, result)
        elif context.ending.is_set():
            store.finish(self.name, job, JobState.CANCELLED, {}, "")
        elif context.stopping.is_set():
            store.give_back(self.name, job)
        else:
            self._failed(job, error)

    def _failed(self, job: Job, error: Exception) -> None:
        words = str(error) if isinstance(error, KandeliaError) else f"{type(error).__name__}: {error}"
        log.warning("job %s %s failed: %s", job.kind, job.id, words, exc_info=error)
        if isinstance(error, HOPELESS) or job.attempts >= registry.handler_of(job.kind).attempts_max:
            self.failed += 1
            store.finish(self.name, job, JobState.FAILED, {}, words)
        else:
            store.retry(self.name, job, words)

    def _beat(self) -> None:
        while not (self._stopping.is_set() and not self._running):
            try:
                with self._guard:
                    running = dict(self._running)
                for id in store.beat(self.name, running) if running else ():
                    running[id].ending.set()
            except Exception:
                log.exception("the heartbeat of jobs could not be kept")
                close_old_connections()
            self._stopping.wait(store.HEARTBEAT_S) if not self._stopping.is_set() else self._news.wait(0.1)
        connection.close()

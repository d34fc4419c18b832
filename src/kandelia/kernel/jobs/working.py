"""What the jobs role does: a runner over the table of jobs, and every registered service."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.db import transaction

from kandelia.kernel.events import bridge
from kandelia.kernel.events.report import Troubles
from kandelia.kernel.jobs import registry
from kandelia.kernel.jobs.facade import JOBS_CHANGED, put_schedule
from kandelia.kernel.jobs.runner import Runner
from kandelia.kernel.jobs.services import Gauge, RunningService, run_service

STOP_S = 3.0


@dataclass
class Working:
    """Threads of one process; `begin`, then `end` once."""

    troubles: Troubles
    gauge: Gauge
    runner: Runner = field(default_factory=Runner)
    _services: list[RunningService] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        """Make the platform's schedules, then start everything. Blocks for the table only."""
        with transaction.atomic():
            for name, schedule in registry.schedules.items():
                put_schedule("", name, schedule.kind, schedule.when, {}, "system")
        self.gauge("jobs_running", lambda: float(self.runner.running))
        self.gauge("jobs_done", lambda: float(self.runner.done))
        self.gauge("jobs_failed", lambda: float(self.runner.failed))
        bridge.listen(JOBS_CHANGED, self.runner.wake)
        self._start("jobs", self.runner.run)
        for name, service in registry.services.items():
            context = RunningService(name, self.troubles, self.gauge)
            self._services.append(context)
            self._start(f"service-{name}", partial(run_service, context, service))

    def _start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def end(self) -> None:
        """Tell all to stop and wait STOP_S for them; what does not stop in time is run again after the next start."""
        self.runner.stop()
        for service in self._services:
            service.stop()
        last_s = time.monotonic() + STOP_S
        for thread in self._threads:
            thread.join(max(0.0, last_s - time.monotonic()))
        bridge.close()

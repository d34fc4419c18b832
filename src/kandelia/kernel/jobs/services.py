"""Runs services: loops that live as long as the jobs role, each in a thread, restarted when they fail."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection

from kandelia.kernel.events.report import Troubles
from kandelia.kernel.jobs.contracts import Service

RESTART_FIRST_S = 1.0
RESTART_MAX_S = 30.0
log = logging.getLogger("kandelia.jobs")
Gauge = Callable[[str, Callable[[], float]], None]


@dataclass
class RunningService:
    """The ServiceContext of one service."""

    name: str
    troubles: Troubles
    report: Gauge
    ended: threading.Event = field(default_factory=threading.Event)
    news: threading.Event = field(default_factory=threading.Event)
    failures: int = 0  # since it last got through a round

    @property
    def code(self) -> str:
        """Of the trouble that tells of its failing."""
        return f"service-{self.name}"

    @property
    def stopping(self) -> bool:
        """True once the role stops."""
        return self.ended.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait, ended early by a stop or by `wake`; True when the service shall end.

        A service waits after each round, so that it has come so far proves that it works again.
        """
        if self.failures:
            self.failures = 0
            self.troubles.mended(self.code)
        self.news.wait(seconds)
        self.news.clear()
        return self.stopping

    def wake(self) -> None:
        """End the current wait."""
        self.news.set()

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Report a figure with the role's own."""
        self.report(name, read)

    def stop(self) -> None:
        """The role stops."""
        self.ended.set()
        self.news.set()


def run_service(context: RunningService, service: Service) -> None:
    """Run it until the role stops; a failure is told as a trouble and tried again with growing delay."""
    while not context.stopping:
        try:
            service(context)
            if not context.stopping:
                raise RuntimeError("it ended by itself")
        except Exception as error:
            log.exception("service %s failed", context.name)
            mend = "it is tried again; see the jobs log"
            context.troubles.trouble(context.code, f"{context.name} failed: {error}", mend)
            connection.close()
            context.ended.wait(min(RESTART_FIRST_S * 2.0**context.failures, RESTART_MAX_S))
            context.failures = min(context.failures + 1, 10)
    connection.close()

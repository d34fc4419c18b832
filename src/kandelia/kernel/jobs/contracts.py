"""Work that runs later, repeats, or takes long: what handlers are given, and what others see of a job. Django-free."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from kandelia.kernel.events.report import Troubles


class JobState(StrEnum):
    """Where a job stands; a schedule goes back to waiting after each run."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as screens and programs see it."""

    id: str
    kind: str
    organisation: str
    state: JobState
    due_at: datetime
    created_at: datetime
    created_by: str
    schedule: str = ""
    progress: float = 0.0  # 0 to 1
    words: str = ""  # what it is doing
    result: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0
    error: str = ""
    cancel_requested: bool = False
    finished_at: datetime | None = None


class JobContext(Protocol):
    """What a handler is given. It runs in a thread, at least once: what it does must bear being done again."""

    @property
    def id(self) -> str:
        """The job's id."""
        ...

    @property
    def organisation(self) -> str:
        """Whose job it is; empty for the platform's own."""
        ...

    @property
    def created_by(self) -> str:
        """The subject that gave it."""
        ...

    @property
    def cancelled(self) -> bool:
        """True once somebody asked it to end, or the role stops. Leave soon then by raising JobCancelled, as
        `progress` does: a handler that returns has done its work, and the job is not run again."""
        ...

    def progress(self, share: float, words: str = "") -> None:
        """Tell how far it is (0 to 1) and what it does; JobCancelled when it was asked to end."""
        ...


class ServiceContext(Protocol):
    """What a service is given: a loop that runs as long as the jobs role does, in a thread of its own."""

    troubles: Troubles

    @property
    def stopping(self) -> bool:
        """True once the role stops."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait, ended early by a stop or by `wake`; True when the service shall end."""
        ...

    def wake(self) -> None:
        """End the current wait; may be called from any thread."""
        ...

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Report a figure with the role's own (unit last in the name)."""
        ...


class JobCancelled(Exception):
    """Raised by JobContext.progress in a job that was asked to end."""


Handler = Callable[[JobContext, Mapping[str, Any]], Mapping[str, Any] | None]
Service = Callable[[ServiceContext], None]

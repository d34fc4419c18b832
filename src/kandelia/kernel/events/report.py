"""What a role says of itself: the source of `kandelia status` and of the platform's own recorded figures."""

from dataclasses import dataclass, field
from typing import Protocol

REPORTS_ASK = "roles.ask"  # request: every role answers its Report to the reply subject
REPORTS_SUBJECT = "roles.report"  # published by every role each REPORT_PERIOD_S
REPORT_PERIOD_S = 2.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not as it should be now, in a person's words."""

    code: str
    what: str
    mend: str
    since_ns: int


class Troubles(Protocol):
    """Where a part of a role says what is wrong; the role's reporter is one."""

    def trouble(self, code: str, what: str, mend: str) -> None:
        """Something is wrong from now until `mended(code)`; repeating it keeps its start."""
        ...

    def mended(self, code: str) -> None:
        """It is right again."""
        ...


@dataclass(frozen=True, slots=True)
class Process:
    """A program that the supervisor keeps running. `state`: "waiting", "running", "backing-off" or "stopped"."""

    name: str
    state: str
    pid: int = 0
    since_ns: int = 0
    restarts: int = 0
    last_exit: str = ""
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """One role's state. `gauges` are named with their unit last: "recorder_lag_s", "rows_per_s", "memory_bytes".

    `processes` is told by the supervisor (role "boot") alone: what it keeps running on its machine.
    """

    role: str
    pid: int
    started_ns: int
    at_ns: int
    gauges: dict[str, float] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    revisions_wanted: dict[str, int] = field(default_factory=dict)
    revisions_running: dict[str, int] = field(default_factory=dict)
    processes: tuple[Process, ...] = ()
    node: str = ""  # the host, where an installation spans several

    @property
    def name(self) -> str:
        """The role, with its host where that has a name."""
        return f"{self.role}@{self.node}" if self.node else self.role

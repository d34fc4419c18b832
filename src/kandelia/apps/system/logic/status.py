"""The state of every role as the status page tells it. Pure: from reports to rows."""

from collections.abc import Iterable
from dataclasses import dataclass

from kandelia.apps.system.logic.platform import role_name
from kandelia.base.clock import NS_PER_S
from kandelia.sdk.views import ConnectionState, Report, Trouble

SILENT_S_MAX = 8.0  # a role that has not reported for so long is not shown as running
EXPECTED = ("web", "edge", "history", "live", "jobs")


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One process."""

    role: str
    name: str
    state: str  # "running", "warning" (has troubles), "silent"
    pid: int = 0
    started_ns: int = 0
    age_s: float = 0.0
    gauges: tuple[tuple[str, float], ...] = ()
    troubles: tuple[Trouble, ...] = ()

    def gauge(self, name: str) -> float | None:
        """A figure by name."""
        return dict(self.gauges).get(name)


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One connection: the revision it should run and the one it runs."""

    key: str
    state: str
    wanted: int
    running: int
    error: str = ""
    mend: str = ""
    held_s: float = 0.0
    lost: int = 0
    refused_items: int = 0

    @property
    def behind(self) -> bool:
        """True while a change has not arrived."""
        return self.wanted != self.running


def role_rows(reports: Iterable[Report], now_ns: int, language: str) -> tuple[RoleRow, ...]:
    """A row for each role that reports, and for each that should; several of one role are told apart by pid."""
    reports = sorted(reports, key=lambda report: (report.role, report.pid))
    rows = [_row(report, now_ns, language) for report in reports]
    missing = [role for role in EXPECTED if role not in {report.role for report in reports}]
    rows += [RoleRow(role, role_name(role).say(language), "silent") for role in missing]
    return tuple(sorted(rows, key=lambda row: (_place(row.role), row.role, row.pid)))


def _place(role: str) -> int:
    return EXPECTED.index(role) if role in EXPECTED else len(EXPECTED)


def _row(report: Report, now_ns: int, language: str) -> RoleRow:
    silent = (now_ns - report.at_ns) / NS_PER_S > SILENT_S_MAX
    state = "silent" if silent else "warning" if report.troubles else "running"
    return RoleRow(
        role=report.role,
        name=role_name(report.role).say(language),
        state=state,
        pid=report.pid,
        started_ns=report.started_ns,
        age_s=max(0.0, (now_ns - report.started_ns) / NS_PER_S),
        gauges=tuple(sorted(report.gauges.items())),
        troubles=report.troubles,
    )


def connection_rows(wanted: dict[str, int], states: dict[str, ConnectionState]) -> tuple[ConnectionRow, ...]:
    """A row for each connection; `unknown` where no edge has told its state."""
    rows = []
    for key, revision in sorted(wanted.items()):
        state = states.get(key)
        if state is None:
            rows.append(ConnectionRow(key, "unknown", revision, 0))
            continue
        rows.append(
            ConnectionRow(
                key=key,
                state=state.state.value,
                wanted=revision,
                running=state.revision_running,
                error=state.error,
                mend=state.mend,
                held_s=state.held_s,
                lost=state.lost,
                refused_items=len(state.items_refused),
            )
        )
    return tuple(rows)

"""The state of every role as the status page tells it. Pure: from reports to rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from kandelia.apps.system.logic.words import KEY_GAUGES, role_name
from kandelia.base.clock import NS_PER_S
from kandelia.sdk.views import ConnectionState, Process, Report, Trouble

SILENT_S_MAX = 8.0  # a role that has not reported for so long is not shown as running
SUPERVISOR = "boot"
EXPECTED = ("web", "edge", "history", "live", "jobs")
ORDER = (*EXPECTED, "bus", SUPERVISOR)  # others, as a demo plant, stand behind


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One process. `restarts` is None where no supervisor tells of it."""

    role: str
    name: str
    state: str  # "running", "warning" (has troubles), "silent", or the supervisor's "waiting", "backing-off", "stopped"
    pid: int = 0
    started_ns: int = 0
    age_s: float = 0.0
    gauges: tuple[tuple[str, float], ...] = ()
    troubles: tuple[Trouble, ...] = ()
    restarts: int | None = None
    memory_bytes: float | None = None
    last_exit: str = ""
    node: str = ""  # the host, where an installation spans several

    def gauge(self, name: str) -> float | None:
        """A figure by name."""
        return dict(self.gauges).get(name)

    @property
    def keys(self) -> tuple[tuple[str, float], ...]:
        """The few figures it is judged by."""
        held = dict(self.gauges)
        return tuple((name, held[name]) for name in KEY_GAUGES.get(self.role, ()) if name in held)


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
    name: str = ""

    @property
    def behind(self) -> bool:
        """True while a change has not arrived."""
        return self.wanted != self.running


def role_rows(reports: Iterable[Report], now_ns: int, language: str) -> tuple[RoleRow, ...]:
    """A row for each process that reports, that a supervisor keeps, or that should run; told apart by pid."""
    reports = list(reports)
    processes = [(report, process) for report in reports for process in report.processes]
    rows = [_row(report, now_ns, language) for report in reports]
    rows = [_supervised(row, [one for by, one in processes if by.node == row.node]) for row in rows]
    told = {(row.node, row.role, row.pid) for row in rows}
    silent = [(by, one) for by, one in processes if (by.node, one.name, one.pid) not in told]
    rows += [_process_row(one, by, now_ns, language) for by, one in silent]
    missing = [role for role in EXPECTED if role not in {row.role for row in rows}]
    rows += [RoleRow(role, role_name(role).say(language), "silent") for role in missing]
    return tuple(sorted(rows, key=lambda row: (_place(row.role), row.role, row.node, row.pid)))


def _place(role: str) -> int:
    return ORDER.index(role) if role in ORDER else len(ORDER)


def _row(report: Report, now_ns: int, language: str) -> RoleRow:
    silent = (now_ns - report.at_ns) / NS_PER_S > SILENT_S_MAX
    state = "silent" if silent else "warning" if report.troubles else "running"
    return RoleRow(
        role=report.role,
        name=_shown(report.role, report.node, language),
        state=state,
        pid=report.pid,
        started_ns=report.started_ns,
        age_s=max(0.0, (now_ns - report.started_ns) / NS_PER_S),
        gauges=tuple(sorted(report.gauges.items())),
        troubles=report.troubles,
        memory_bytes=report.gauges.get("memory_bytes"),
        node=report.node,
    )


def _shown(role: str, node: str, language: str) -> str:
    name = role_name(role).say(language)
    return f"{name} · {node}" if node else name


def _supervised(row: RoleRow, processes: Iterable[Process]) -> RoleRow:
    """The row with what its supervisor knows of it."""
    known = next((one for one in processes if (one.name, one.pid) == (row.role, row.pid)), None)
    return row if known is None else replace(row, restarts=known.restarts, last_exit=known.last_exit)


def _process_row(process: Process, supervisor: Report, now_ns: int, language: str) -> RoleRow:
    """A process that says nothing of itself: one that is no role, or a role that does not run or answer."""
    silent = process.state == "running" and process.name in EXPECTED
    gauges = supervisor.gauges if process.name == "bus" else {}
    return RoleRow(
        role=process.name,
        name=_shown(process.name, supervisor.node, language),
        state="silent" if silent else process.state,
        pid=process.pid,
        started_ns=process.since_ns,
        age_s=max(0.0, (now_ns - process.since_ns) / NS_PER_S) if process.since_ns else 0.0,
        gauges=tuple((name, gauges[name]) for name in KEY_GAUGES.get(process.name, ()) if name in gauges),
        restarts=process.restarts,
        memory_bytes=float(process.memory_bytes) or None,
        last_exit=process.last_exit,
        node=supervisor.node,
    )


def connection_rows(
    wanted: Mapping[str, int], states: Mapping[str, ConnectionState], names: Mapping[str, str] = MappingProxyType({})
) -> tuple[ConnectionRow, ...]:
    """A row for each connection; `unknown` where no edge has told its state."""
    rows = []
    for key, revision in sorted(wanted.items()):
        state, name = states.get(key), names.get(key) or key
        if state is None:
            rows.append(ConnectionRow(key, "unknown", revision, 0, name=name))
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
                name=name,
            )
        )
    return tuple(rows)

"""What runs, since when, and what is wrong: `kandelia status`."""

import contextlib
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import KandeliaError
from kandelia.boot.connecting import open_settings_bus
from kandelia.boot.directories import holder_of
from kandelia.boot.settings import ROLES, Settings
from kandelia.boot.supervisor import STATE_FILE, SupervisorState
from kandelia.kernel.events.plane.reports import ask_reports
from kandelia.kernel.events.report import Process, Report

BUS_WAIT_S = 1.5
START_S = 10.0  # a role says nothing of itself before it has the bus
SETTLED_S = 5.0  # a process that falls again and again is in trouble also while it is up for a moment
WELL, TROUBLE, NOT_RUNNING = 0, 1, 3
STEPS_S = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Status:
    """All that can be said; `bus` is how the bus answered, empty when it did."""

    running: int
    state: SupervisorState | None
    reports: dict[str, Report] = field(default_factory=dict)  # by Report.name
    bus: str = ""
    node: str = ""

    @property
    def troubles(self) -> tuple[str, ...]:
        """In a person's words, the supervisor's and the roles' own."""
        said = [f"the bus cannot be asked: {self.bus}"] if self.bus else []
        for process in self.processes:
            if process.state != "running":
                said.append(f"{process.name} is {process.state}: {process.last_exit or 'not started yet'}")
            elif self._silent(process):
                said.append(f"{process.name} runs (process {process.pid}) but does not answer")
            elif process.restarts and time.time_ns() - process.since_ns < SETTLED_S * NS_PER_S:
                said.append(f"{process.name} was just started again: {process.last_exit}")
        for role, report in sorted(self.reports.items()):
            said += [f"{role}: {t.what}; {t.mend}" for t in report.troubles if not t.code.startswith("process-")]
        return tuple(said)

    def _silent(self, process: Process) -> bool:
        """A role that has had time to start and says nothing while the bus carries what others say."""
        asked = bool(self.reports) and process.name in ROLES
        started = time.time_ns() - process.since_ns > START_S * NS_PER_S
        return asked and started and self.report_of(process) is None

    def report_of(self, process: Process) -> Report | None:
        """What a process of this host says of itself."""
        return self.reports.get(f"{process.name}@{self.node}" if self.node else process.name)

    @property
    def processes(self) -> tuple[Process, ...]:
        """Watched programs; nothing when no supervisor runs here."""
        return self.state.processes if self.state is not None and self.running else ()

    @property
    def code(self) -> int:
        """0 all well, 1 trouble, 3 not running."""
        if not self.running and not self.reports:
            return NOT_RUNNING
        return TROUBLE if self.troubles else WELL


async def collect(settings: Settings) -> Status:
    """Ask everybody; what does not answer is left out."""
    running = holder_of(settings.run_directory)
    state = read_state(settings)
    try:
        bus = await open_settings_bus(settings, "status", wait_s=BUS_WAIT_S)
    except KandeliaError as error:
        return Status(running, state, bus=error.what if running or settings.bus.urls else "", node=settings.node)
    try:
        reports = {report.name: report for report in await ask_reports(bus)}
        return Status(running, state, reports, node=settings.node)
    except KandeliaError as error:
        return Status(running, state, bus=error.what, node=settings.node)
    finally:
        await bus.close()


def read_state(settings: Settings) -> SupervisorState | None:
    """The last state that the supervisor wrote, None where it never did."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        found: Any = msgspec.json.decode((settings.run_directory / STATE_FILE).read_bytes(), type=SupervisorState)
        return found if isinstance(found, SupervisorState) else None
    return None


def as_json(status: Status) -> bytes:
    """For programs: names are kept."""
    document = {
        "running": bool(status.running),
        "supervisor_pid": status.running,
        "address": status.state.address if status.state and status.running else "",
        "bus": status.bus or ("ok" if status.reports else ""),
        "processes": [asdict(process) for process in status.processes],
        "reports": {role: asdict(report) for role, report in sorted(status.reports.items())},
        "troubles": list(status.troubles),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def as_text(status: Status, *, figures: bool = False) -> str:
    """For people: what is wrong, what runs, and with `figures` every figure that is reported."""
    if status.code == NOT_RUNNING:
        return "Kandelia does not run here."
    lines = [f"! {trouble}" for trouble in status.troubles] or ["All is well."]
    if status.processes and status.state:
        lines.append(f"Kandelia at {status.state.address}")
    lines.append(
        f"{'process':12} {'state':12} {'since':>8} {'restarts':>8} {'memory':>8} {'lag':>8} {'rate':>10}  last exit"
    )
    own = {process.name: status.report_of(process) for process in status.processes}
    lines += [_process_line(process, own[process.name]) for process in status.processes]
    told = {report.name for report in own.values() if report is not None}
    others = [report for _, report in sorted(status.reports.items()) if report.role != "boot"]
    lines += [_role_line(report) for report in others if report.name not in told]
    for role, report in sorted(status.reports.items()):
        if waiting := _behind(report):
            lines.append(f"{role}: configuration not taken yet: {waiting}")
        lines += [f"  {role} {name} {value:,.6g}" for name, value in sorted(report.gauges.items()) if figures]
    return "\n".join(lines)


LAGS = ("recorder_lag_s", "held_s")  # figures by which a role says how far behind it is
RATES = ("rows_per_s", "samples_per_s")


def _process_line(process: Process, report: Report | None) -> str:
    since = _age(process.since_ns)
    line = _line(process.name, process.state, since, str(process.restarts), process.memory_bytes, report)
    return f"{line}  {process.last_exit}".rstrip()


def _role_line(report: Report) -> str:
    """A role that another supervisor, or none, looks after."""
    memory = int(report.gauges.get("memory_bytes", 0))
    return _line(report.name, "answers", _age(report.started_ns), "-", memory, report)


def _line(name: str, state: str, since: str, restarts: str, memory_bytes: int, report: Report | None) -> str:
    memory = f"{memory_bytes / 1e6:.0f} MB" if memory_bytes else "-"
    lag, rate = _figure(report, LAGS, "{:.1f} s"), _figure(report, RATES, "{:,.0f}/s")
    return f"{name:12} {state:12} {since:>8} {restarts:>8} {memory:>8} {lag:>8} {rate:>10}"


def _figure(report: Report | None, names: tuple[str, ...], form: str) -> str:
    gauges = report.gauges if report else {}
    return next((form.format(gauges[name]) for name in names if name in gauges), "-")


def _age(since_ns: int) -> str:
    return ago((time.time_ns() - since_ns) / NS_PER_S) if since_ns else "-"


def _behind(report: Report) -> str:
    pairs = sorted(report.revisions_wanted.items())
    return ", ".join(
        f"{key} {report.revisions_running.get(key, 0)} of {wanted}"
        for key, wanted in pairs
        if report.revisions_running.get(key, 0) != wanted
    )


def ago(seconds: float) -> str:
    """A span in its largest unit."""
    for length, unit in STEPS_S:
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return "now"

"""Starts, watches and stops all processes of an installation on one machine."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec

from kandelia.base.clock import Clock, SystemClock
from kandelia.base.errors import KandeliaError, Unavailable
from kandelia.boot.connecting import open_settings_bus
from kandelia.boot.directories import DirectoryLock, make_directories
from kandelia.boot.facts import SOURCE, ProcessFacts
from kandelia.boot.probing import ROOM_BYTES_MIN, StreamProbe, room_bytes
from kandelia.boot.processes import end_stale
from kandelia.boot.reporting import RoleReporter
from kandelia.boot.settings import ROLES, Settings
from kandelia.boot.streams import ensure_streams
from kandelia.boot.watched import Program, Watched
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import NatsBus
from kandelia.engines.nats.server import Prepared, prepare, wait_ready
from kandelia.kernel.connections.contracts import EDGE_STREAM, LOAD_STREAM
from kandelia.kernel.events.plane.telling import Teller
from kandelia.kernel.events.report import Process

BUS_PROGRAM = "bus"
STATE_FILE = "supervisor.json"
BUS_CHECK_S = 3.0
OWN_BUS_S = 10.0
BUS_SILENT_S = 20.0  # a server that runs but answers nothing for so long is killed and started again
STATE_PERIOD_S = 5.0
LOOK_S = 1.0
STOP_ORDER = {"edge": 0, "history": 2, BUS_PROGRAM: 3}
STOP_ORDER_OTHERS = 1
STOP_S = {"edge": 3.8, "history": 6.0, BUS_PROGRAM: 2.0}  # with STOP_S_OTHERS under 15 s in all
STOP_S_OTHERS = 3.0
# Few arenas keep the allocator from holding what threads gave back; no role multiplies matrices.
FRUGAL = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}
log = logging.getLogger("kandelia.boot")


@dataclass(frozen=True, slots=True)
class SupervisorState:
    """What run/supervisor.json holds: the last known state, readable when the bus is down."""

    pid: int
    started_ns: int
    at_ns: int
    address: str
    processes: tuple[Process, ...]


async def _nothing() -> None:
    return None


NEED_RECORDS = frozenset({"web", "jobs"})


def _needs_records(name: str) -> bool:
    return name in NEED_RECORDS


def role_program(name: str, settings: Settings, module: str = "") -> Program:
    """A role as a process of its own, in FRUGAL surroundings where the user has not chosen others."""
    frugal = {key: os.environ.get(key, value) for key, value in FRUGAL.items()}
    environment = {**child_environment(settings), **frugal, "PYTHONUNBUFFERED": "1"}
    command = (sys.executable, "-m", "kandelia.boot.role", name, *(("--module", module) if module else ()))
    order, stop_s = STOP_ORDER.get(name, STOP_ORDER_OTHERS), STOP_S.get(name, STOP_S_OTHERS)
    return Program(name, command, order, stop_s, environment=environment)


def child_environment(settings: Settings) -> dict[str, str]:
    """What tells a child the same settings: also what the command line changed, and the certificate made for it."""
    web = settings.web
    told = {"host": web.host, "port": str(web.port), "certificate": web.certificate, "key": web.key}
    environment = {f"KANDELIA_WEB__{key.upper()}": value for key, value in told.items()}
    environment["KANDELIA_DATA"] = str(settings.directory)
    if settings.file is not None:
        environment["KANDELIA_SETTINGS"] = str(settings.file)
    return environment


def role_programs(settings: Settings) -> tuple[Program, ...]:
    """The roles of this host."""
    left_out = {name for name, runs in (("mqtt", settings.mqtt.listen), ("rules", settings.rules.run)) if not runs}
    wanted = [name for name in settings.roles or ROLES if name not in left_out]
    return tuple(role_program(name, settings) for name in wanted)


@dataclass
class Supervisor:
    """Owns a data directory from `start` to `stop`; run it by `supervise`."""

    settings: Settings
    programs: tuple[Program, ...]
    address: str = ""
    clock: Clock = field(default_factory=SystemClock)
    held_back: Callable[[str], bool] = _needs_records  # not started until `records_ready` is set

    def __post_init__(self) -> None:
        self.watched: dict[str, Watched] = {}
        self.stopping = asyncio.Event()
        self.records_ready = asyncio.Event()
        self.bus: NatsBus | None = None
        self._lock = DirectoryLock(self.settings.run_directory)
        self._reporter = RoleReporter("boot", self.clock, self.settings.node)
        self._prepared: Prepared | None = None
        self._facts: ProcessFacts | None = None
        self._started_ns = self.clock.now_ns()
        self._tasks: list[asyncio.Task[None]] = []
        self._waiting: dict[str, int] = {}  # messages by stream

    async def start(self) -> None:
        """Take the directory, end what an earlier start left, bring up the bus and its streams, then the programs."""
        make_directories(self.settings)
        self._lock.take()
        stale = await asyncio.to_thread(end_stale, sorted(self.settings.run_directory.glob("*.pid")))
        if stale:
            log.warning("ended %d processes that an earlier start left behind: %s", len(stale), stale)
        for program in self.programs:
            self._watch(program)
        if not self.settings.bus.urls:
            await self._start_bus()
        foreign = bool(self.settings.bus.urls)
        self.bus = await open_settings_bus(self.settings, "boot", wait_s=0 if foreign else OWN_BUS_S)
        if not foreign:
            await self._ensure_streams()
        self._probe = StreamProbe(self.bus, self.clock)
        self._reporter.gauge("processes_running", lambda: float(sum(w.pid > 0 for w in self.watched.values())))
        self._gauge_backlog(self.bus)
        self._reporter.processes(self.views)
        self._reporter.gauge("restarts", lambda: float(sum(w.restarts for w in self.watched.values())))
        teller = Teller(self.bus, SOURCE, self.clock)
        facts = self._facts = ProcessFacts(teller, self.settings.organisation, self.clock, self.settings.node)
        self._tasks = [asyncio.create_task(self._ensure_in_time())] if foreign else []
        self._tasks += [
            asyncio.create_task(teller.run()),
            asyncio.create_task(facts.listen(self.bus)),
            asyncio.create_task(self._reporter.run(self.bus)),
            asyncio.create_task(self._look()),
            asyncio.create_task(self._check_bus()),
        ]
        for watched in self.watched.values():
            if watched.program.name != BUS_PROGRAM:
                watched.start()

    async def add(self, program: Program) -> None:
        """Watch one more program from now on."""
        self._watch(program).start()

    def views(self) -> tuple[Process, ...]:
        """Every watched program as shown."""
        return tuple(watched.view() for watched in self.watched.values())

    def listen_to_signals(self) -> None:
        """SIGTERM or SIGINT set `stopping`; a second one kills what still runs."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told)

    async def stop(self) -> None:
        """Group after group by `stop_order`, the bus last; then let go of the directory."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for order in sorted({watched.program.stop_order for watched in self.watched.values()}):
            group = [w for w in self.watched.values() if w.program.stop_order == order]
            if any(w.program.name == BUS_PROGRAM for w in group) and self.bus is not None:
                await self.bus.close()
            await asyncio.gather(*(watched.stop() for watched in group))
        if self.bus is not None:
            await self.bus.close()
        self._write_state()
        self._lock.release()

    def _told(self) -> None:
        if self.stopping.is_set():
            for watched in self.watched.values():
                watched.signal(signal.SIGKILL)
        self.stopping.set()

    def _watch(self, program: Program) -> Watched:
        watched = Watched(
            program,
            self.settings.run_directory,
            self.settings.log_directory,
            self.clock,
            self._changed,
            self._before(program),
        )
        self.watched[program.name] = watched
        return watched

    def _changed(self) -> None:
        self._write_state()
        self._tell_facts()

    def _tell_facts(self) -> None:
        if self._facts is not None:
            self._facts.review(self.views())

    def _before(self, program: Program) -> Callable[[], Awaitable[None]]:
        async def hold() -> None:
            if self.held_back(program.name):
                await self.records_ready.wait()

        return hold

    async def _start_bus(self) -> None:
        settings = self.settings
        log_file = settings.log_directory / f"{BUS_PROGRAM}.log"
        secrets = FileSecrets(settings.secrets_directory)
        self._prepared = await asyncio.to_thread(
            prepare, settings.bus_directory, secrets, port=settings.bus.port, log_file=log_file
        )
        order, stop_s, environment = STOP_ORDER[BUS_PROGRAM], STOP_S[BUS_PROGRAM], self._prepared.environment
        program = Program(BUS_PROGRAM, self._prepared.command, order, stop_s, tied=True, environment=environment)
        watched = self._watch(program)
        watched.start()
        try:
            await wait_ready(self._prepared.url)
        except Unavailable as error:
            raise Unavailable(
                f"{error.what}: {watched.last_exit}", where=error.where, mend=f"see {log_file}", code=error.code
            ) from None

    async def _ensure_streams(self) -> None:
        assert self.bus is not None  # noqa: S101 — set by start
        await ensure_streams(self.bus, self.settings, self._prepared.store_bytes_max if self._prepared else 0)

    async def _ensure_in_time(self) -> None:
        """A cluster that starts with us has no leader yet, a distant one may be away: the roles wait for it too."""
        said = ""
        while True:
            try:
                return await self._ensure_streams()
            except Unavailable as error:
                if str(error) != said:
                    said = str(error)
                    log.warning("waiting for the bus: %s", said)
            await asyncio.sleep(BUS_CHECK_S)

    def _gauge_backlog(self, bus: NatsBus) -> None:
        """What waits for history, told here because history itself may be away."""
        for stream in (EDGE_STREAM, LOAD_STREAM):
            self._waiting[stream] = 0
            name = f"{stream.lower()}_stream_messages"
            self._reporter.gauge(name, lambda stream=stream: float(self._waiting[stream]))  # type: ignore[misc]

    async def _count_backlog(self, bus: NatsBus) -> None:
        for stream in self._waiting:
            with contextlib.suppress(KandeliaError):
                self._waiting[stream] = (await bus.stream_state(stream)).messages

    async def _bus_trouble(self, bus: NatsBus) -> str:
        if not await bus.streams_work():
            return "the message bus does not answer"
        why = await self._probe.why_not() if self._prepared else ""
        return f"the message bus does not keep samples: {why}" if why else ""

    def _disk_full(self) -> bool:
        left = room_bytes(self.settings.directory)
        if left >= ROOM_BYTES_MIN:
            self._reporter.mended("disk-full")
            return False
        what = f"the disk of {self.settings.directory} is full: {left // 1_000_000} MB left"
        self._reporter.trouble("disk-full", what, "make room; what was acknowledged is kept, the rest is refused")
        return True

    async def _check_bus(self) -> None:
        """Kill a server of ours that runs but is frozen or has switched its streams off; it is then started again."""
        assert self.bus is not None  # noqa: S101 — set by start
        well_s = self.clock.monotonic_s()
        while True:
            await asyncio.sleep(BUS_CHECK_S)
            watched = self.watched.get(BUS_PROGRAM)
            full = self._disk_full()
            why = await self._bus_trouble(self.bus)
            if not why or full:  # without room a start anew would fail
                well_s = self.clock.monotonic_s()
            if not why:
                self._reporter.mended("bus")
                await self._count_backlog(self.bus)
                continue
            self._reporter.trouble("bus", why, "make room on the disk" if full else "it is restarted by itself")
            if watched is not None and watched.pid and self.clock.monotonic_s() - well_s > BUS_SILENT_S:
                log.error("the bus server is silent, killing it")
                watched.signal(signal.SIGKILL)
                well_s = self.clock.monotonic_s()

    async def _look(self) -> None:
        """Say which programs do not run, and keep the state file fresh."""
        beats = 0
        while True:
            for name, watched in self.watched.items():
                code = f"process-{name}"
                if watched.state == "backing-off":
                    what = f"{name} does not run ({watched.last_exit}); restarted {watched.restarts} times"
                    self._reporter.trouble(code, what, f"see {watched.output_file}")
                elif watched.state == "running":
                    self._reporter.mended(code)
            self._tell_facts()
            if beats % int(STATE_PERIOD_S / LOOK_S) == 0:
                self._write_state()
            beats += 1
            await asyncio.sleep(LOOK_S)

    def _write_state(self) -> None:
        state = SupervisorState(os.getpid(), self._started_ns, self.clock.now_ns(), self.address, self.views())
        file = self.settings.run_directory / STATE_FILE
        fresh = file.with_suffix(".new")
        with contextlib.suppress(OSError):  # a full disk must not stop the supervision
            fresh.write_bytes(msgspec.json.encode(state))
            fresh.replace(file)


async def supervise(supervisor: Supervisor, then: Callable[[], Awaitable[None]] = _nothing) -> None:
    """Start, do what follows a start, wait for a signal (which also ends a start under way), stop what was started."""
    supervisor.listen_to_signals()
    told = asyncio.create_task(supervisor.stopping.wait())
    work = asyncio.create_task(_begin(supervisor, then))
    try:
        await asyncio.wait([told, work], return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            await told
    finally:
        told.cancel()
        work.cancel()
        await asyncio.gather(told, work, return_exceptions=True)
        await supervisor.stop()


async def _begin(supervisor: Supervisor, then: Callable[[], Awaitable[None]]) -> None:
    await supervisor.start()
    await then()

"""One program kept running: started, watched, restarted with a growing delay, stopped."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kandelia.base.clock import Clock
from kandelia.boot import leash
from kandelia.boot.processes import exit_reason, last_line, memory_bytes, write_pid_file
from kandelia.kernel.events.report import Process

RESTART_S_MIN = 0.5
RESTART_S_MAX = 30.0
STEADY_S = 60.0  # after this long the delay starts anew
KILL_WAIT_S = 2.0
OUTPUT_BYTES_MAX = 5_000_000

ProcessState = Literal["waiting", "running", "backing-off", "stopped"]


@dataclass(frozen=True, slots=True)
class Program:
    """What to run; `stop_order` small first, `stop_s` until it is killed. `tied`: a program that is not ours."""

    name: str
    command: tuple[str, ...]
    stop_order: int = 1
    stop_s: float = 4.0
    tied: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


async def _nothing() -> None:
    return None


@dataclass
class Watched:
    """Keeps a Program running until `stop`."""

    program: Program
    run_directory: Path
    log_directory: Path
    clock: Clock
    changed: Callable[[], None]
    before: Callable[[], Awaitable[None]] = _nothing  # awaited before each start; may raise to put it off

    state: ProcessState = "waiting"
    restarts: int = 0
    last_exit: str = ""
    since_ns: int = 0

    def __post_init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """0 when it does not run."""
        return self._process.pid if self._process and self._process.returncode is None else 0

    @property
    def pid_file(self) -> Path:
        """Where a later start finds this child."""
        return self.run_directory / f"{self.program.name}.pid"

    @property
    def output_file(self) -> Path:
        """What the program prints."""
        return self.log_directory / f"{self.program.name}.out"

    def view(self) -> Process:
        """As shown."""
        memory = memory_bytes(self.pid) if self.pid else 0
        return Process(self.program.name, self.state, self.pid, self.since_ns, self.restarts, self.last_exit, memory)

    def start(self) -> None:
        """Begin to keep it running."""
        self._task = asyncio.create_task(self._keep(), name=f"watch {self.program.name}")

    def signal(self, number: int) -> None:
        """Send the process a signal, if it runs."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def stop(self) -> None:
        """Ask, wait `stop_s`, kill."""
        self._stopping.set()
        self.signal(signal.SIGTERM)
        await self._gone(self.program.stop_s)
        self.signal(signal.SIGKILL)
        await self._gone(KILL_WAIT_S)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.pid_file.unlink(missing_ok=True)
        self._become("stopped")

    async def _gone(self, timeout_s: float) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), timeout_s)

    async def _keep(self) -> None:
        delay_s = RESTART_S_MIN
        while not self._stopping.is_set():
            began_s = self.clock.monotonic_s()
            await self._run_once()
            if self._stopping.is_set():
                return
            if self.clock.monotonic_s() - began_s >= STEADY_S:
                delay_s = RESTART_S_MIN
            self._become("backing-off")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay_s)
            delay_s = min(delay_s * 2, RESTART_S_MAX)
            self.restarts += 1

    async def _run_once(self) -> None:
        try:
            await self.before()
            self._process = await self._spawn()
        except Exception as error:
            self.last_exit = str(error) or type(error).__name__
            return
        with contextlib.suppress(OSError):  # a full disk must not end the watching
            write_pid_file(self.pid_file, self._process.pid)
        if self._stopping.is_set():
            self.signal(signal.SIGTERM)
        self._become("running")
        code = await self._process.wait()
        said = last_line(self.output_file) if code > 0 else ""
        self.last_exit = f"{exit_reason(code)}: {said}" if said else exit_reason(code)

    async def _spawn(self) -> asyncio.subprocess.Process:
        if self.output_file.exists() and self.output_file.stat().st_size > OUTPUT_BYTES_MAX:
            self.output_file.replace(self.output_file.with_suffix(".out.1"))
        parent = str(os.getpid())
        tie = (sys.executable, "-SIE", leash.__file__, parent) if self.program.tied else ()
        environment = {**os.environ, **self.program.environment}
        if not self.program.tied:
            environment["KANDELIA_PARENT"] = parent
        with self.output_file.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *tie,
                *self.program.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=environment,
            )

    def _become(self, state: ProcessState) -> None:
        self.state = state
        self.since_ns = self.clock.now_ns()
        self.changed()

"""What a role says of itself on the bus: each REPORT_PERIOD_S, and to whoever asks."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec
import psutil

from kandelia.base.clock import Clock
from kandelia.base.errors import KandeliaError
from kandelia.kernel.events.plane.listening import keep_listening
from kandelia.kernel.events.report import REPORT_PERIOD_S, REPORTS_ASK, REPORTS_SUBJECT, Process, Report, Trouble
from kandelia.ports.bus import Bus, Message

log = logging.getLogger("kandelia.boot")
Revisions = tuple[Mapping[str, int], Mapping[str, int]]


def _no_revisions() -> Revisions:
    return {}, {}


def _no_processes() -> tuple[Process, ...]:
    return ()


@dataclass
class RoleReporter:
    """The Reporter handed to a role; `run` speaks for it until cancelled."""

    role: str
    clock: Clock
    node: str = ""
    _gauges: dict[str, Callable[[], float]] = field(default_factory=dict)
    _troubles: dict[str, Trouble] = field(default_factory=dict)
    _revisions: Callable[[], Revisions] = _no_revisions
    _processes: Callable[[], tuple[Process, ...]] = _no_processes

    def __post_init__(self) -> None:
        self._started_ns = self.clock.now_ns()
        process = psutil.Process()
        process.cpu_percent()
        self.gauge("memory_bytes", lambda: float(process.memory_info().rss))
        self.gauge("processor_percent", process.cpu_percent)

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Report this figure each time (unit last in the name)."""
        self._gauges[name] = read

    def trouble(self, code: str, what: str, mend: str) -> None:
        """Something is wrong from now until `mended(code)`; repeating it keeps its start."""
        known = self._troubles.get(code)
        self._troubles[code] = Trouble(code, what, mend, known.since_ns if known else self.clock.now_ns())

    def mended(self, code: str) -> None:
        """It is right again."""
        self._troubles.pop(code, None)

    def revisions(self, read: Callable[[], Revisions]) -> None:
        """How to read (wanted, running) revisions of the configuration by connection key."""
        self._revisions = read

    def processes(self, read: Callable[[], tuple[Process, ...]]) -> None:
        """How to read what the supervisor keeps running."""
        self._processes = read

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is wrong now."""
        return tuple(self._troubles.values())

    def report(self) -> Report:
        """The role's state now."""
        wanted, running = self._revisions()
        return Report(
            self.role,
            os.getpid(),
            self._started_ns,
            self.clock.now_ns(),
            self._read_gauges(),
            self.troubles,
            dict(wanted),
            dict(running),
            self._processes(),
            self.node,
        )

    async def run(self, bus: Bus) -> None:
        """Publish and answer, over every loss of the bus, until cancelled."""
        answering = asyncio.create_task(self._answer(bus))
        try:
            while True:
                with contextlib.suppress(KandeliaError):
                    await bus.publish(REPORTS_SUBJECT, msgspec.json.encode(self.report()))
                await asyncio.sleep(REPORT_PERIOD_S)
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)

    async def _answer(self, bus: Bus) -> None:
        async def reply(asked: Message) -> None:
            if asked.reply:
                await self._reply(bus, asked.reply)

        await keep_listening(bus, REPORTS_ASK, reply)

    async def _reply(self, bus: Bus, reply: str) -> None:
        with contextlib.suppress(KandeliaError):
            await bus.publish(reply, msgspec.json.encode(self.report()))

    def _read_gauges(self) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name, read in self._gauges.items():
            try:
                figures[name] = float(read())
            except Exception:  # one broken figure must not silence the rest
                log.exception("the figure %s cannot be read", name)
        return figures

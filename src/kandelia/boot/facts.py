"""Tells as events which processes of the installation ended, fell silent, and came back."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from kandelia.base.clock import Clock
from kandelia.boot.settings import ROLES
from kandelia.kernel.events.plane.listening import keep_listening
from kandelia.kernel.events.plane.telling import Teller
from kandelia.kernel.events.report import REPORTS_SUBJECT, Process, Report
from kandelia.ports.bus import Bus, Message

ENDED, STARTED, SILENT, ANSWERS = (f"kandelia.process.{word}" for word in ("ended", "started", "silent", "answers"))
SOURCE = "/boot"
SILENT_S = 10.0  # five reports


@dataclass
class ProcessFacts:
    """Told to one organisation, the installation's first: its administrators look after the machine."""

    teller: Teller
    organisation: str
    clock: Clock
    node: str = ""  # the roles of other hosts are told by their own supervisors
    _gone: set[str] = field(default_factory=set)
    _heard_s: dict[str, float] = field(default_factory=dict)
    _silent: set[str] = field(default_factory=set)

    def review(self, processes: Iterable[Process]) -> None:
        """Compare with what was told before."""
        for process in processes:
            self._review_life(process)
            if process.name in ROLES:
                self._review_speech(process)

    def _review_life(self, process: Process) -> None:
        """One that cannot be started again is told as ended once."""
        if process.state == "backing-off" and process.name not in self._gone:
            self._gone.add(process.name)
            self._tell(ENDED, process, {"how": process.last_exit})
        elif process.state == "running" and process.name in self._gone:
            self._gone.discard(process.name)
            self._tell(STARTED, process, {"restarts": process.restarts})

    def _review_speech(self, process: Process) -> None:
        now_s = self.clock.monotonic_s()
        heard_s = self._heard_s.get(process.name)
        if process.state != "running" or heard_s is None:
            self._heard_s.pop(process.name, None)
            self._silent.discard(process.name)
        elif now_s - heard_s > SILENT_S and process.name not in self._silent:
            self._silent.add(process.name)
            self._tell(SILENT, process, {"seconds": int(now_s - heard_s)})
        elif now_s - heard_s <= SILENT_S and process.name in self._silent:
            self._silent.discard(process.name)
            self._tell(ANSWERS, process, {})

    def _tell(self, type: str, process: Process, data: dict[str, object]) -> None:
        name = f"{process.name}@{self.node}" if self.node else process.name
        self.teller.tell(self.organisation, type, name, data)

    async def _hear(self, message: Message) -> None:
        self.heard(message.data)

    def heard(self, data: bytes) -> None:
        """A role has reported."""
        try:
            report = msgspec.json.decode(data, type=Report)
        except msgspec.MsgspecError:
            return
        if report.node == self.node:
            self._heard_s[report.role] = self.clock.monotonic_s()

    async def listen(self, bus: Bus) -> None:
        """Hear the roles until cancelled."""
        await keep_listening(bus, REPORTS_SUBJECT, self._hear)

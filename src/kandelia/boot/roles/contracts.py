"""What every role is given, and how it is run: a module `kandelia.boot.roles.<name>` with `async def run(context)`."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kandelia.base.clock import Clock
from kandelia.boot.settings import Settings
from kandelia.kernel.events.report import Trouble
from kandelia.ports.bus import Bus
from kandelia.ports.secrets import Secrets


class Reporter(Protocol):
    """Collects what the role says of itself; answers REPORTS_ASK and publishes every REPORT_PERIOD_S."""

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Report this figure each time (unit last in the name)."""
        ...

    def trouble(self, code: str, what: str, mend: str) -> None:
        """Something is wrong from now until `mended(code)`; repeating it keeps its start."""
        ...

    def mended(self, code: str) -> None:
        """It is right again."""
        ...

    def revisions(self, read: Callable[[], tuple[Mapping[str, int], Mapping[str, int]]]) -> None:
        """How to read (wanted, running) revisions of the configuration by connection key."""
        ...

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is wrong now."""
        ...


@dataclass(frozen=True, slots=True)
class RoleContext:
    """Handed to `run`; the role returns once `stopping` is set and it has put its things away."""

    name: str
    settings: Settings
    bus: Bus
    secrets: Secrets
    clock: Clock
    reporter: Reporter
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

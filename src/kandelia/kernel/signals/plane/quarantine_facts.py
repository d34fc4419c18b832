"""Tells as events, to the organisation that wrote them, that samples were set aside; some seconds' worth in one."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from kandelia.base.clock import Clock
from kandelia.kernel.connections.contracts import organisation_of
from kandelia.kernel.events.plane.telling import Teller
from kandelia.kernel.signals.plane.quarantine import Setting
from kandelia.ports.bus import Bus

QUARANTINED = "kandelia.samples.quarantined"
SOURCE = "/history"
PERIOD_S = 10.0  # one event for so long
REST_S = 1.0


@dataclass
class QuarantineFacts:
    """What names no organisation is told by the role's report alone."""

    bus: Bus
    clock: Clock
    period_s: float = PERIOD_S
    _reasons: dict[str, Counter[str]] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._teller = Teller(self.bus, SOURCE, self.clock)

    def note(self, setting: Setting) -> None:
        """A document is kept aside."""
        organisation = organisation_of(setting.subject)
        if organisation:
            self._reasons.setdefault(organisation, Counter()).update(setting.reasons)
            self._news.set()

    async def run(self) -> None:
        """Tell until cancelled: the first at once."""
        telling = asyncio.create_task(self._teller.run())
        try:
            while True:
                await self._news.wait()
                self._tell()
                await asyncio.sleep(self.period_s)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def rest(self) -> None:
        """What was noted and is not told yet, when `run` has ended."""
        self._tell()
        await self._teller.rest(REST_S)

    def _tell(self) -> None:
        self._news.clear()
        for organisation, reasons in self._reasons.items():
            data = {"reasons": dict(reasons), "rows": reasons.total()}
            self._teller.tell(organisation, QUARANTINED, "", data)
        self._reasons.clear()

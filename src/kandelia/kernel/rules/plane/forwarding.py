"""From the recorder to the rules: rows that are on disk, of watched signals, once more into a stream of their own.

The recorder calls `forward` between the append and the acknowledgement, so no watched row is recorded without being
told; rows that come again bring the same message once more.
"""

import hashlib

import numpy as np
import pyarrow as pa

from kandelia.base.samples import SCHEMA, encode
from kandelia.kernel.events.report import Troubles
from kandelia.kernel.rules.contracts import RulesDocument, recorded_subject
from kandelia.kernel.rules.plane.following import Following
from kandelia.kernel.signals.plane.loading import cut
from kandelia.kernel.signals.plane.preparing import Flush
from kandelia.ports.bus import Bus

STORE_TIMEOUT_S = 5.0


class Forwarder:
    """Knows which signals are watched, and by whom."""

    def __init__(self, bus: Bus, troubles: Troubles) -> None:
        self.rows = 0
        self.following = Following(troubles, self._changed)
        self._bus = bus
        self._watched: dict[str, np.ndarray] = {}

    async def run(self) -> None:
        """Follow what is watched, until cancelled."""
        await self.following.run(self._bus)

    def _changed(self, organisation: str, document: RulesDocument | None) -> None:
        watched = sorted(document.watched) if document else []
        if watched:
            self._watched[organisation] = np.array(watched, np.uint32)
        else:
            self._watched.pop(organisation, None)

    async def forward(self, flush: Flush) -> None:
        """Store the watched rows of a flush; KandeliaError where the bus does not take them."""
        if not self._watched or not flush.rows.num_rows:
            return
        numbers = flush.rows["signal"].to_numpy()
        for organisation, watched in self._watched.items():
            places = np.flatnonzero(np.isin(numbers, watched))
            if len(places):
                await self._store(organisation, flush, flush.rows.select(SCHEMA.names).take(pa.array(places)))

    async def _store(self, organisation: str, flush: Flush, rows: pa.Table) -> None:
        name = hashlib.sha256(organisation.encode())
        for held in flush.held:
            name.update(f" {held.message.stream} {held.message.sequence}".encode())
        for place, batch in enumerate(cut(rows)):
            id = f"{name.hexdigest()[:32]}-{place}"
            subject = recorded_subject(organisation)
            await self._bus.store(subject, encode(batch), message_id=id, timeout_s=STORE_TIMEOUT_S)
            self.rows += batch.num_rows

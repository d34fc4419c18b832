"""Keeps the listener's identities as the bucket has them; without the bus those that are known stay."""

import asyncio
import logging
from dataclasses import dataclass, field

import msgspec

from kandelia.base.errors import KandeliaError
from kandelia.kernel.access.identities import DEVICES_BUCKET, decode_grant
from kandelia.ports.bus import Bus, Entry
from kandelia.surfaces.mqtt.listener import Identities

RETRY_S = 1.0
log = logging.getLogger("kandelia.mqtt")


@dataclass
class Following:
    """`ready` is set once all are known."""

    bus: Bus
    identities: Identities
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _known: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Until cancelled; a cut link only delays it."""
        while True:
            try:
                await self._once()
            except KandeliaError as error:
                log.warning("cannot follow the devices: %s", error)
            await asyncio.sleep(RETRY_S)

    async def _once(self) -> None:
        unseen = set(self._known)
        bucket = await self.bus.key_value(DEVICES_BUCKET)
        async for entry in bucket.watch():
            if entry is None:
                for key in unseen:
                    self._take(Entry(key, None, 0))
                unseen = set()
                self.ready.set()
                continue
            unseen.discard(entry.key)
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        try:
            grant = decode_grant(entry.data) if entry.data is not None else None
        except msgspec.MsgspecError as error:
            log.error("the identity %s is damaged: %s", entry.key, error)
            grant = None
        self.identities.put(entry.key, grant if grant is None or grant.key == entry.key else None)
        (self._known.add if grant is not None else self._known.discard)(entry.key)

"""Whose signal a number is, followed in the snapshot that the records side writes."""

import asyncio
import logging
import zlib
from collections.abc import Callable, Mapping

import msgspec

from kandelia.kernel.connections.contracts import SNAPSHOT_BUCKET, decode_document
from kandelia.ports.bus import Bus, Entry

SETTLE_S = 0.2  # changes this close together are taken at once
log = logging.getLogger("kandelia.live")


class Directory:
    """Calls `changed` with number → organisation once the snapshot is known, and after each change."""

    def __init__(self, changed: Callable[[Mapping[int, str]], None]) -> None:
        self._changed = changed
        self._documents: dict[str, tuple[str, tuple[int, ...]]] = {}
        self._dirty = asyncio.Event()
        self._complete = False

    async def follow(self, bus: Bus) -> None:
        """Runs until cancelled or the bus is closed."""
        settling = asyncio.create_task(self._settle())
        try:
            bucket = await bus.key_value(SNAPSHOT_BUCKET)
            async for entry in bucket.watch():
                self._complete |= entry is None
                if entry is not None:
                    self._take(entry)
                self._dirty.set()
        finally:
            settling.cancel()

    async def _settle(self) -> None:
        while True:
            await self._dirty.wait()
            await asyncio.sleep(SETTLE_S)
            if self._complete:
                self._dirty.clear()
                self._changed(self.owners())

    def _take(self, entry: Entry) -> None:
        if entry.data is None:
            self._documents.pop(entry.key, None)
            return
        try:
            document = decode_document(entry.data)
        except (msgspec.MsgspecError, zlib.error):
            log.exception("document %s is damaged; its last good form stays in use", entry.key)
            return
        self._documents[entry.key] = (document.organisation, tuple(signal.number for signal in document.signals))

    def owners(self) -> dict[int, str]:
        """Number → organisation."""
        return {number: org for org, numbers in self._documents.values() for number in numbers}

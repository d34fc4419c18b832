"""The configuration as the data plane follows it: whole documents, and look-up arrays by signal number.

The bucket lives in the bus, so a role that starts while the control plane is down still knows every signal.
"""

import asyncio
import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from kandelia.base.errors import KandeliaError
from kandelia.kernel.connections.contracts import (
    SNAPSHOT_BUCKET,
    ConnectionDocument,
    connection_key,
    decode_document,
)
from kandelia.kernel.connections.logic.numbers import SignalNumbers
from kandelia.kernel.events.report import Troubles
from kandelia.ports.bus import Bus, Entry

RETRY_DELAY_S = 1.0
SIGNALS_PER_TURN = 20_000  # documents are taken in turns with other work on the loop
log = logging.getLogger("kandelia.snapshot")
Changed = Callable[[str, ConnectionDocument | None], None]


@dataclass
class Snapshot:
    """Follows the bucket; read `numbers` and `documents` at any time on the event loop.

    `on_change` hears each key with its new document, None when it is gone. With `keep_documents` off only the
    look-up is held, which is what a role wants that never speaks to a source.
    """

    troubles: Troubles
    on_change: Changed | None = None
    keep_documents: bool = True
    numbers: SignalNumbers = field(default_factory=SignalNumbers)
    documents: dict[str, ConnectionDocument] = field(default_factory=dict)
    _running: dict[str, int] = field(default_factory=dict)
    _damaged: dict[str, str] = field(default_factory=dict)
    _complete: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self, bus: Bus) -> None:
        """Runs until cancelled; a cut link or a restarted bus only delays it."""
        while True:
            try:
                await self._follow_once(bus)
            except KandeliaError as error:
                log.warning("cannot follow the snapshot: %s", error)
            await asyncio.sleep(RETRY_DELAY_S)

    async def _follow_once(self, bus: Bus) -> None:
        """After a new start of the watch, keys that are not told again are gone."""
        unseen = set(self._running) | set(self._damaged)
        bucket = await bus.key_value(SNAPSHOT_BUCKET)
        turn = 0
        async for entry in bucket.watch():
            if entry is None:
                for key in unseen:
                    self.take(Entry(key, None, 0))
                unseen = set()
                self._complete.set()
                continue
            unseen.discard(entry.key)
            turn += self.take(entry)
            if turn >= SIGNALS_PER_TURN:
                turn = 0
                await asyncio.sleep(0)

    async def ready(self) -> None:
        """Returns once every document that the bucket held at the start is known."""
        await self._complete.wait()

    @property
    def complete(self) -> bool:
        """True once `ready` would return at once."""
        return self._complete.is_set()

    def take(self, entry: Entry) -> int:
        """Apply one entry; how many signals it held. A damaged one leaves the last good form in use."""
        document = None
        if entry.data is not None:
            try:
                document = self._checked(entry)
            except (msgspec.MsgspecError, zlib.error, ValueError) as error:
                self._complain(entry.key, str(error)[:200])
                return 0
        self._apply(entry.key, document)
        return len(document.signals) if document else 0

    def _checked(self, entry: Entry) -> ConnectionDocument:
        document = decode_document(entry.data or b"")
        if connection_key(document.organisation, document.id) != entry.key:
            raise ValueError(f"it says it is {document.organisation}.{document.id}")
        self.numbers.check(document)
        return document

    def _apply(self, key: str, document: ConnectionDocument | None) -> None:
        self._excuse(key)
        self.numbers.replace(key, document)
        if document is None:
            self._running.pop(key, None)
            self.documents.pop(key, None)
        else:
            self._running[key] = document.revision
            if self.keep_documents:
                self.documents[key] = document
        if self.on_change is not None:
            self.on_change(key, document)

    def _complain(self, key: str, error: str) -> None:
        self._damaged[key] = error
        self.troubles.trouble(
            "snapshot-damaged",
            f"the configuration document of {', '.join(sorted(self._damaged))[:300]} is damaged ({error})",
            "save the connection again; its last good form stays in use",
        )

    def _excuse(self, key: str) -> None:
        if self._damaged.pop(key, None) is not None and not self._damaged:
            self.troubles.mended("snapshot-damaged")

    def revisions(self) -> tuple[dict[str, int], dict[str, int]]:
        """(wanted, running) by connection key; a damaged document is wanted one beyond what runs."""
        wanted = dict(self._running)
        for key in self._damaged:
            wanted[key] = self._running.get(key, 0) + 1
        return wanted, dict(self._running)

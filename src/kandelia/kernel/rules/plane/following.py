"""The rules of every organisation as the data plane follows them."""

import asyncio
import logging
import zlib
from collections.abc import Callable

import msgspec

from kandelia.base.errors import KandeliaError
from kandelia.kernel.events.report import Troubles
from kandelia.kernel.rules.contracts import RULES_BUCKET, RulesDocument, decode_rules
from kandelia.ports.bus import Bus, Entry

RETRY_S = 1.0
TROUBLE = "rules-damaged"
log = logging.getLogger("kandelia.rules")
Changed = Callable[[str, RulesDocument | None], None]


class Following:
    """`changed` hears each organisation with its new document, None when it is gone."""

    def __init__(self, troubles: Troubles, changed: Changed) -> None:
        self.ready = asyncio.Event()
        self._troubles, self._changed = troubles, changed
        self._known: set[str] = set()

    async def run(self, bus: Bus) -> None:
        """Until cancelled, over every loss of the bus."""
        while True:
            try:
                await self._once(bus)
            except KandeliaError as error:
                log.warning("cannot follow the rules: %s", error)
            await asyncio.sleep(RETRY_S)

    async def _once(self, bus: Bus) -> None:
        unseen = set(self._known)
        bucket = await bus.key_value(RULES_BUCKET)
        async for entry in bucket.watch():
            if entry is None:
                for organisation in unseen:
                    self._take(Entry(organisation, None, 0))
                unseen = set()
                self.ready.set()
            else:
                unseen.discard(entry.key)
                self._take(entry)

    def _take(self, entry: Entry) -> None:
        document = None
        if entry.data is not None:
            try:
                document = decode_rules(entry.data)
            except (msgspec.MsgspecError, zlib.error, UnicodeDecodeError) as error:
                what = f"the rules of {entry.key} are damaged: {str(error)[:200]}"
                self._troubles.trouble(
                    TROUBLE, what, "save a derived signal or limit again; the last good form is used"
                )
                return
        self._troubles.mended(TROUBLE)
        (self._known.discard if document is None else self._known.add)(entry.key)
        self._changed(entry.key, document)

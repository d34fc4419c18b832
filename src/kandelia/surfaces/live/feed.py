"""Brings samples, connection states and revocations from the bus to the hub, and heals what was missed.

Core subscriptions may miss messages (a cut link, a full buffer), so after every gap the newest values are asked of
history again; newest by source time wins, so asking once too often does no harm.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any

import msgspec
import pyarrow as pa

from kandelia.base.clock import Clock
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.base.samples import decode
from kandelia.kernel.access.tickets import REVOKED_SUBJECT
from kandelia.kernel.connections.contracts import (
    EDGE_SUBJECTS,
    LOAD_SUBJECTS,
    ConnectionState,
    organisation_of,
    state_subject,
)
from kandelia.kernel.connections.plane.snapshot import Snapshot
from kandelia.kernel.events.report import Troubles
from kandelia.kernel.signals.contracts import Ask, Question
from kandelia.ports.bus import Bus, Message
from kandelia.surfaces.live.hub import Hub

QUESTION_NUMBERS = 5_000  # of one question to history
RETRY_DELAY_S = 2.0
SETTLE_S = 0.2  # changes of the configuration this close together are taken at once
LINK_LOOK_S = 0.5  # how often the link and the drop counters are looked at
RESUBSCRIBE_DELAY_S = 1.0
HEAL_PERIOD_S = 300.0  # asked again even when nothing was seen to be missed
YIELD_ROWS = 20_000  # rows applied before other tasks get a turn
log = logging.getLogger("kandelia.live")
Asking = Callable[[Bus, Question], AsyncIterator[pa.RecordBatch]]
STATE_SUBJECTS = state_subject("*", "*", "*")


class Feed:
    """`ask` is kernel.signals.plane.asking.ask; `revoked` closes the sockets of a subject."""

    def __init__(
        self,
        bus: Bus,
        hub: Hub,
        clock: Clock,
        ask: Asking,
        revoked: Callable[[str], Coroutine[Any, Any, None]],
        troubles: Troubles,
    ) -> None:
        self.samples = 0
        self.garbage = 0
        self.missed = 0
        self.trouble = ""
        self._bus, self._hub, self._clock, self._ask, self._revoked = bus, hub, clock, ask, revoked
        self._changed = asyncio.Event()
        self.snapshot = Snapshot(troubles, lambda *_: self._changed.set(), keep_documents=False)
        self._organisations: dict[str, tuple[int, ...]] = {}
        self._stale = asyncio.Event()

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for subject in (*EDGE_SUBJECTS, *LOAD_SUBJECTS):
                tasks.create_task(self._listen(subject, self._on_samples))
            tasks.create_task(self._listen(STATE_SUBJECTS, self._on_state))
            tasks.create_task(self._listen(REVOKED_SUBJECT, self._on_revoked))
            tasks.create_task(self.snapshot.follow(self._bus))
            tasks.create_task(self._follow_owners())
            tasks.create_task(self._watch_link())
            tasks.create_task(self._heal())

    async def _listen(self, subject: str, take: Callable[[Message], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                subscription = await self._bus.subscribe(subject)
                dropped = 0
                async for message in subscription:
                    await take(message)
                    if subscription.dropped > dropped:
                        self.missed += subscription.dropped - dropped
                        dropped = subscription.dropped
                        self._stale.set()
            except KandeliaError as error:
                log.warning("cannot listen to %s: %s", subject, error)
            await asyncio.sleep(RESUBSCRIBE_DELAY_S)
            self._stale.set()

    async def _on_samples(self, message: Message) -> None:
        try:
            batch = decode(message.data)
        except InvalidInput:
            self.garbage += 1
            return
        self.samples += self._hub.values.apply(batch, organisation_of(message.subject), self._clock.now_ns())
        if batch.num_rows >= YIELD_ROWS:
            await asyncio.sleep(0)

    async def _on_state(self, message: Message) -> None:
        try:
            state = msgspec.json.decode(message.data, type=ConnectionState)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.garbage += 1
            return
        if state.organisation == organisation_of(message.subject):
            self._hub.states.apply(state)

    async def _on_revoked(self, message: Message) -> None:
        await self._revoked(message.data.decode(errors="replace"))

    async def _follow_owners(self) -> None:
        """Whose signal a number is, once the snapshot is known and after each change."""
        await self.snapshot.ready()
        while True:
            self._changed.clear()
            self._on_owners(self.snapshot.numbers.owners())
            await self._changed.wait()
            await asyncio.sleep(SETTLE_S)

    def _on_owners(self, owners: Mapping[int, str]) -> None:
        fresh = self._hub.values.track(owners)
        grouped: dict[str, list[int]] = {}
        for number, organisation in owners.items():
            grouped.setdefault(organisation, []).append(number)
        self._organisations = {org: tuple(sorted(numbers)) for org, numbers in grouped.items()}
        self._hub.regroup_all()
        if fresh:
            self._stale.set()

    async def _watch_link(self) -> None:
        connected = self._bus.connected
        while True:
            await asyncio.sleep(LINK_LOOK_S)
            if self._bus.connected and not connected:
                self._stale.set()
            connected = self._bus.connected

    async def _heal(self) -> None:
        """Ask history for the newest values at the start and after every gap, until it has answered."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stale.wait(), HEAL_PERIOD_S)
            self._stale.clear()
            try:
                await self._ask_all()
                self.trouble = ""
            except KandeliaError as error:
                self.trouble = str(error)
                await asyncio.sleep(RETRY_DELAY_S)
                self._stale.set()

    async def _ask_all(self) -> None:
        for organisation, numbers in list(self._organisations.items()):
            for start in range(0, len(numbers), QUESTION_NUMBERS):
                question = Question(Ask.LAST, organisation, numbers[start : start + QUESTION_NUMBERS])
                async for batch in self._ask(self._bus, question):
                    self._hub.values.apply(batch, organisation, self._clock.now_ns())

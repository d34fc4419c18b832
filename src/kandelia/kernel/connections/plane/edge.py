"""Every connection of one edge: follows the documents, runs a supervisor for each, says how they stand."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from kandelia.base.clock import Clock
from kandelia.base.errors import KandeliaError
from kandelia.kernel.connections.contracts import (
    EDGE_BROWSE,
    EDGE_FIND,
    EDGE_TRY,
    STATE_PERIOD_S,
    UNCONNECTED,
    ConnectionDocument,
    State,
    edge_subject,
    state_subject,
)
from kandelia.kernel.connections.plane.browsing import Browsing
from kandelia.kernel.connections.plane.commanding import Commanding
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.kernel.connections.plane.facts import SOURCE, Facts
from kandelia.kernel.connections.plane.gauges import Complaints, Rates, state_of
from kandelia.kernel.connections.plane.inlet import Inlet
from kandelia.kernel.connections.plane.keeping import PROOF_SUFFIX, KeptDocuments, ProofFile
from kandelia.kernel.connections.plane.outlet import Budget, Outlet
from kandelia.kernel.connections.plane.snapshot import Snapshot
from kandelia.kernel.connections.plane.supervision import Supervised
from kandelia.kernel.connections.plane.trying import Trying
from kandelia.kernel.events.plane.listening import keep_listening
from kandelia.kernel.events.plane.telling import Teller
from kandelia.kernel.events.report import Troubles
from kandelia.ports.bus import Bus, Message
from kandelia.ports.secrets import Secrets

HOLD_BYTES_MAX = 256_000_000  # of all connections together
LEAVE_S = 2.0  # for closing a connection
DRAIN_S = 1.2  # for what still waits to reach the bus at the end
PROOF_SYNC_S = 5.0
TICK_LEAST_S = 0.1  # how soon a change of state is told
BROWSES_MAX = 8  # at once
ORDERS = "orders"  # the directory of the notes about them
log = logging.getLogger("kandelia.edge")


@dataclass(frozen=True, slots=True)
class EdgePlan:
    """What an edge is told; `site` empty for all sites."""

    directory: Path  # its copy of the documents, its proofs of life
    drivers_directory: Path  # certificates and other files of drivers
    site: str = ""
    batch_s: float = 0.5
    batch_rows: int = 2_000
    hold_s: float = 60.0


@dataclass
class _Running:
    supervised: Supervised
    task: "asyncio.Task[None]"
    rates: Rates = field(default_factory=Rates)


@dataclass
class Edge:
    """Guarantees: it starts from its own copy of the documents when the bus or the control plane is away, and what
    was changed meanwhile is taken over once they are back; an empty bucket stops nothing; one connection never
    waits for another; a stop in order marks each signal, sends what waits for up to DRAIN_S, and leaves within
    LEAVE_S + DRAIN_S, which the role and the supervisor grant it. A connection's state is told each STATE_PERIOD_S
    and within TICK_LEAST_S of a change.
    """

    plan: EdgePlan
    bus: Bus
    secrets: Secrets
    clock: Clock
    troubles: Troubles
    ensure_streams: Callable[[], Awaitable[None]]
    drivers: Drivers
    running: dict[str, _Running] = field(default_factory=dict)
    _ensuring: "asyncio.Task[None] | None" = None
    _leaving: "set[asyncio.Task[None]]" = field(default_factory=set)
    _ends: "dict[str, asyncio.Task[None]]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kept = KeptDocuments(self.plan.directory)
        self.budget = Budget(self.plan.hold_s, HOLD_BYTES_MAX)
        self.snapshot = Snapshot(self.troubles, self._changed)
        self.complaints = Complaints(self.troubles)
        self.teller = Teller(self.bus, SOURCE, self.clock)
        self.facts = Facts(self.teller)
        self.browsing = Browsing(self.bus, self._find)
        self.trying = Trying(self.bus, self.drivers, self.secrets, self.plan.site)
        self.commanding = Commanding(
            self.bus,
            self.clock,
            self.troubles,
            self.plan.directory / ORDERS,
            self.plan.site,
            self._find,
            lambda: self.snapshot.complete,
            self._ensure,
        )
        self._browses = asyncio.Semaphore(BROWSES_MAX)

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve until `stopping`, then leave in order."""
        self.plan.directory.mkdir(parents=True, exist_ok=True)
        for key, document in self.kept.load().items():
            self._apply(key, document)
        parts = (
            self._tell,
            self._sync,
            self._forget,
            lambda: self._answer(EDGE_BROWSE, self.browsing.answer),
            lambda: self._answer(EDGE_TRY, self.trying.attempt),
            lambda: self._answer(EDGE_FIND, self.trying.find),
            self.teller.run,
            self.commanding.run,
            lambda: self.snapshot.follow(self.bus),
        )
        tasks = [asyncio.create_task(part()) for part in parts]
        stop = asyncio.create_task(stopping.wait())
        everything: list[asyncio.Task[Any]] = [*tasks, stop]
        try:
            await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for ending in everything:
                ending.cancel()
            await asyncio.gather(*everything, return_exceptions=True)
            await self._leave()

    def _changed(self, key: str, document: ConnectionDocument | None) -> None:
        """A document as the bucket has it."""
        if document is not None and not self._ours(document):
            document = None
        if document is None and key not in self.running:
            return
        try:
            self.kept.keep(key, document)
            self.troubles.mended("edge-copy")
        except OSError as error:  # safe to lose: the bus tells it again
            self.troubles.trouble(
                "edge-copy", f"the edge's copy of {key} cannot be kept: {error}", "make room on its disk"
            )
        self._apply(key, document)

    def _ours(self, document: ConnectionDocument) -> bool:
        return document.driver != UNCONNECTED and self.plan.site in ("", document.site)

    def _apply(self, key: str, document: ConnectionDocument | None) -> None:
        current = self.running.get(key)
        if document is None or (current and current.supervised.document.site != document.site):
            if current:
                del self.running[key]
                self._ends[key] = self._spawn(self._end(current, remove=document is None))
            current = None
        if document is not None and current is None:
            self.running[key] = self._begin(key, document)
        elif document is not None and current is not None:
            current.supervised.change(document)
        self.budget.sharers = len(self.running)

    def _begin(self, key: str, document: ConnectionDocument) -> _Running:
        outlet = Outlet(
            self.bus,
            edge_subject(document.organisation, document.site, document.id),
            self.clock,
            self.budget,
            self._ensure,
        )
        proofs = ProofFile(self.plan.directory / f"{key}{PROOF_SUFFIX}")
        noting: list[Supervised] = []

        def hand_on(batch: object) -> None:
            outlet.put(batch)
            noting[0].note_proof()  # before the bus can have it: after a kill the marks stand behind every sample

        inlet = Inlet(key, self.clock, self.plan.batch_s, self.plan.batch_rows, hand_on)
        supervised = Supervised(document, self.drivers, self.secrets, self.clock, inlet, outlet, proofs)
        noting.append(supervised)
        return _Running(supervised, asyncio.create_task(self._run_after(self._ends.pop(key, None), supervised)))

    async def _run_after(self, former: "asyncio.Task[None] | None", supervised: Supervised) -> None:
        """A connection that comes back first lets its former self put its files away."""
        if former is not None:
            await asyncio.wait({former})
        await supervised.run()

    async def _end(self, ended: _Running, *, remove: bool) -> None:
        """Leave one connection in order."""
        ended.task.cancel()
        await asyncio.wait({ended.task}, timeout=LEAVE_S)
        supervised = ended.supervised
        left = await supervised.outlet.drain(DRAIN_S)
        if remove:
            supervised.proofs.remove()
            return
        if ended.task.done() and not left:
            supervised.note_proof(orderly=True)
        supervised.proofs.sync()
        supervised.proofs.close()

    async def _leave(self) -> None:
        ended = [self._end(one, remove=False) for one in self.running.values()]
        await asyncio.gather(*ended, *self._leaving, return_exceptions=True)
        for one in self.running.values():
            one.supervised.standing.enter(State.STOPPED, "the edge has stopped")
        await self._publish_states()
        self.running.clear()

    def _find(self, key: str) -> Supervised | None:
        found = self.running.get(key)
        return found.supervised if found else None

    async def _forget(self) -> None:
        """Once the bucket is known, stop what it has no document of, unless it holds none at all."""
        await self.snapshot.ready()
        if self.snapshot.documents:
            for key in set(self.running) - set(self.snapshot.documents):
                self._changed(key, None)
        await asyncio.Event().wait()

    async def _tell(self) -> None:
        """Publish states; a change is told at once, everything each STATE_PERIOD_S."""
        due_s = 0.0
        while True:
            now_s = self.clock.monotonic_s()
            changed = any(one.supervised.standing.changed for one in self.running.values())
            if changed or now_s >= due_s:
                due_s = now_s + STATE_PERIOD_S if now_s >= due_s else due_s
                for one in self.running.values():
                    one.supervised.note_newer_proof()
                await self._publish_states()
            await asyncio.sleep(TICK_LEAST_S)

    async def _publish_states(self) -> None:
        for key, one in list(self.running.items()):
            one.supervised.standing.changed = False
            self.facts.note(key, one.supervised.document, one.supervised.standing)
            state = state_of(one.supervised, one.rates)
            with contextlib.suppress(KandeliaError, OSError):
                await self.bus.publish(
                    state_subject(state.organisation, state.site, state.id), msgspec.json.encode(state)
                )
        self.complaints.review({key: one.supervised for key, one in self.running.items()})

    async def _sync(self) -> None:
        while True:
            await asyncio.sleep(PROOF_SYNC_S)
            for one in list(self.running.values()):
                with contextlib.suppress(OSError, ValueError):  # closed meanwhile
                    await asyncio.to_thread(one.supervised.proofs.sync)

    async def _answer(self, subject: str, answer: Callable[[Message], Awaitable[None]]) -> None:
        """Requests on a subject, a few at once; a cut bus only delays the next."""

        async def begin(message: Message) -> None:
            self._spawn(self._answer_one(answer, message))

        await keep_listening(self.bus, subject, begin)

    async def _answer_one(self, answer: Callable[[Message], Awaitable[None]], message: Message) -> None:
        async with self._browses:
            with contextlib.suppress(KandeliaError):
                await answer(message)

    def _ensure(self) -> None:
        """The stream of samples is missing: make it, once at a time."""
        if self._ensuring is None or self._ensuring.done():
            self._ensuring = asyncio.create_task(self._ensure_once())

    async def _ensure_once(self) -> None:
        try:
            await self.ensure_streams()
        except KandeliaError as error:
            log.warning("the streams cannot be made yet: %s", error)

    def _spawn(self, coroutine: "Coroutine[Any, Any, None]") -> "asyncio.Task[None]":
        task = asyncio.create_task(coroutine)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        return task

    def revisions(self) -> tuple[dict[str, int], dict[str, int]]:
        """(wanted, running) by connection key."""
        supervised = {key: one.supervised for key, one in self.running.items()}
        wanted = {key: one.document.revision for key, one in supervised.items()}
        return wanted, {key: one.standing.revision_running for key, one in supervised.items()}

"""One connection, from its document to the bus, for as long as the edge runs."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kandelia.base.clock import Clock
from kandelia.base.errors import InvalidInput, NotAllowed, NotFound, Unavailable
from kandelia.base.quality import BAD_NO_COMMUNICATION, BAD_NOT_CONNECTED
from kandelia.base.samples import SOURCE_AHEAD_NS_MAX
from kandelia.kernel.connections.contracts import ConnectionDocument, State, secret_prefix
from kandelia.kernel.connections.drivers import Item, Session
from kandelia.kernel.connections.logic.backoff import BackOff
from kandelia.kernel.connections.logic.holding import mark_batch
from kandelia.kernel.connections.logic.roster import NEVER, Roster
from kandelia.kernel.connections.logic.standing import Standing
from kandelia.kernel.connections.plane.deadlines import within
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.kernel.connections.plane.gate import Gate
from kandelia.kernel.connections.plane.inlet import Inlet
from kandelia.kernel.connections.plane.keeping import LastSeen, ProofFile
from kandelia.kernel.connections.plane.outlet import Outlet
from kandelia.ports.secrets import Secrets

OPEN_S = 20.0
COLLECT_S = 60.0
CLOSE_S = 3.0
PUMP_RETRY_S = 0.5
log = logging.getLogger("kandelia.edge")


@dataclass(frozen=True)
class SecretsOf(Mapping[str, str]):
    """The secrets that one organisation's connections may read, by name; KeyError for every other name."""

    secrets: Secrets
    organisation: str

    def __getitem__(self, name: str) -> str:
        own = name.startswith(secret_prefix(self.organisation))
        secret = self.secrets.get(name) if own else None
        if secret is None:
            raise KeyError(name)
        return secret.decode()

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass
class Supervised:
    """Guarantees: whatever the driver raises, or if it hangs, is this connection's trouble alone; each step has a
    deadline; attempts are spaced by BackOff; a configuration that cannot work is not tried again until it changes.

    At every loss a bad row without value is written for each signal, at the later of the last proof of life and
    just after its newest sample: BadNoCommunication when the source went away or the edge had died (then written
    at its next start), BadNotConnected when we left on purpose (stop, disabled, changed, signal taken away). The
    first value after it ends the gap. What an edge that died had not brought to the bus is lost: signals of which
    it held something get one more such row, just after their last sample that the bus had acknowledged.
    """

    document: ConnectionDocument
    drivers: Drivers
    secrets: Secrets
    clock: Clock
    inlet: Inlet
    outlet: Outlet
    proofs: ProofFile
    backoff: BackOff = field(default_factory=BackOff)
    session: Session | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _proof_fault: str = ""
    _noted_ns: int = 0

    def __post_init__(self) -> None:
        self.standing = Standing(self.clock)
        self.inlet.roster = Roster.of(items_of(self.document))
        self.outlet.acknowledged = self._note_stored

    def change(self, document: ConnectionDocument) -> None:
        """Another document is wanted from now on."""
        self.document = document
        self._changed.set()

    async def run(self) -> None:
        """Serve the connection until cancelled; then leave it in order."""
        pumps = [asyncio.create_task(self._outlive(pump)) for pump in (self.inlet.run, self.outlet.run)]
        try:
            self._mark_former_life()
            while True:
                await self._attend()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _outlive(self, pump: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """What is received goes on its way whatever one batch does; a failure counts as the connection's error."""
        while True:
            try:
                await pump()
            except Exception:
                self.standing.errors += 1
                log.exception("%s: the way to the bus failed and begins anew", self.document.id)
            await asyncio.sleep(PUMP_RETRY_S)

    async def _attend(self) -> None:
        """One round: serve until lost or changed, then say and wait as is due."""
        self._changed.clear()
        document = self.document
        if not document.enabled:
            self.standing.enter(State.STOPPED)
            self.standing.revision_running = document.revision
            await self._changed.wait()
            return
        try:
            await self._serve(document)
        except (InvalidInput, NotAllowed, NotFound) as error:
            self.standing.fail(State.REFUSED, error)
            await self._changed.wait()
            self.backoff.reset()
        except Exception as error:
            if not isinstance(error, Unavailable):
                log.exception("%s: the driver failed", document.id)
            await self._back_off(error)

    async def _back_off(self, error: Exception) -> None:
        self.standing.fail(State.BACKING_OFF, error)
        self.standing.reconnects += 1
        try:
            async with asyncio.timeout(self.backoff.delay_s()):
                await self._changed.wait()
                self.backoff.reset()
        except TimeoutError:
            pass

    async def _serve(self, document: ConnectionDocument) -> None:
        """Until the link must be opened anew; Unavailable when it was lost."""
        self.standing.enter(State.CONNECTING, self.standing.error, self.standing.mend)
        session = await self.open_session(document)
        gate = Gate(self.inlet)
        began_s = self.clock.monotonic_s()
        quality = BAD_NO_COMMUNICATION
        try:
            await self._collect(session, document, gate)
            self.session = session
            self.standing.enter(State.RUNNING)
            await self._hold(session, document, gate)
            quality = BAD_NOT_CONNECTED
        except asyncio.CancelledError:
            quality = BAD_NOT_CONNECTED
            raise
        finally:
            self.session = None
            gate.close()
            self.inlet.newest.clear()
            self.backoff.stood(self.clock.monotonic_s() - began_s)
            self._mark_loss(quality)
            await self._close(session, document)

    async def open_session(self, document: ConnectionDocument) -> Session:
        """A fresh session; also used to browse a connection that is not running."""
        driver = self.drivers.get(document.driver)
        configuration = driver.configure(document.settings)
        secrets = SecretsOf(self.secrets, document.organisation)
        return await within(OPEN_S, "opening the connection", driver.open(configuration, secrets))

    async def _collect(self, session: Session, document: ConnectionDocument, gate: Gate) -> None:
        items = items_of(document)
        self.inlet.flush()
        self._change_roster(items)
        self.inlet.watch(one.number for one in document.signals if one.write and one.write.step_max is not None)
        refused = await within(COLLECT_S, "asking for the signals", session.collect(items, gate))
        self.standing.refuse(document, refused)
        self.standing.revision_running = document.revision
        chosen = np.isin(self.inlet.roster.numbers, list(refused)) & (self.inlet.roster.newest_ns != NEVER)
        self._mark(self.clock.now_ns(), BAD_NOT_CONNECTED, chosen)

    async def _hold(self, session: Session, document: ConnectionDocument, gate: Gate) -> None:
        """Collect until lost (Unavailable) or until the wanted document needs another link (returns)."""
        lost = asyncio.ensure_future(session.wait_lost())
        try:
            while True:
                changed = asyncio.ensure_future(self._changed.wait())
                await asyncio.wait({lost, changed}, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                if lost.done():
                    why = lost.result() or "the link is gone"
                    mend = "it is opened again by itself; if it does not come back, see the device and the network"
                    raise Unavailable(why, mend=mend, code="connection-lost")
                self._changed.clear()
                if not same_link(self.document, document):
                    return
                document = self.document
                await self._collect(session, document, gate)
        finally:
            lost.cancel()
            await asyncio.gather(lost, return_exceptions=True)

    async def _close(self, session: Session, document: ConnectionDocument) -> None:
        try:
            await within(CLOSE_S, "closing the connection", session.close())
        except Exception:
            log.warning("%s: the driver could not leave in order", document.id, exc_info=True)

    def _change_roster(self, items: list[Item]) -> None:
        """Signals that are taken away get their mark while they are still known; new ones begin as in a gap."""
        before = self.inlet.roster
        gone = ~np.isin(before.numbers, [item.number for item in items]) & (before.newest_ns != NEVER)
        self._mark(self.clock.now_ns(), BAD_NOT_CONNECTED, gone)
        roster = Roster.of(items, before)
        roster.gap_ns[(roster.newest_ns == NEVER) & (roster.gap_ns == NEVER)] = self.clock.now_ns()
        self.inlet.roster = roster

    def _mark_former_life(self) -> None:
        """After a death, at its last proof of life; after an orderly end the marks stand already."""
        seen = self.proofs.read()
        if seen is None:
            return
        roster = self.inlet.roster
        for place, number in enumerate(roster.numbers.tolist()):
            roster.newest_ns[place] = seen.newest_ns.get(number, NEVER)
            roster.stored_ns[place] = seen.open_ns.get(number, roster.newest_ns[place])
        now_ns = self.clock.now_ns()
        roster.forget_ahead(now_ns)
        self._mark_unstored(seen)
        proof_ns = seen.proof_ns if seen.proof_ns <= now_ns + SOURCE_AHEAD_NS_MAX else now_ns
        self.inlet.proof_ns = proof_ns
        numbers, times = roster.open_gap(proof_ns, roster.newest_ns != NEVER)
        if not seen.orderly and len(numbers):
            self.outlet.put(mark_batch(numbers, times, BAD_NO_COMMUNICATION))

    def _mark_unstored(self, seen: LastSeen) -> None:
        """A second mark beside that of the last proof: what did reach the bus after it ends its gap."""
        if seen.orderly:
            return
        numbers = [number for number in self.inlet.roster.numbers.tolist() if number in seen.open_ns]
        if numbers:
            times = [seen.open_ns[number] + 1 for number in numbers]
            self.outlet.put(mark_batch(numbers, times, BAD_NO_COMMUNICATION))

    def _note_stored(self, numbers: np.ndarray, times: np.ndarray) -> None:
        self.inlet.roster.note_stored(numbers, times)
        self.note_proof()

    def _mark_loss(self, quality: int) -> None:
        self.inlet.flush()
        if quality == BAD_NOT_CONNECTED:
            self.inlet.alive()
        if self.inlet.proof_ns:
            self._mark(self.inlet.proof_ns, quality, None)

    def _mark(self, at_ns: int, quality: int, chosen: np.ndarray | None) -> None:
        self.inlet.roster.forget_ahead(self.clock.now_ns())
        numbers, times = self.inlet.roster.open_gap(at_ns, chosen)
        if len(numbers):
            self.outlet.put(mark_batch(numbers, times, quality))

    def note_newer_proof(self) -> None:
        """The same where the source has shown life since the last note; samples and their storing note themselves."""
        if self.inlet.proof_ns != self._noted_ns:
            self.note_proof()

    def note_proof(self, *, orderly: bool = False) -> None:
        """Bring the last proof of life to the proof file; a full disk stops no collecting."""
        if not self.inlet.proof_ns:
            return
        try:
            self._noted_ns = self.inlet.proof_ns
            waiting = self.inlet.waiting()
            self.proofs.write(self.inlet.proof_ns, self.inlet.roster, orderly=orderly, waiting=waiting)
            self._proof_fault = ""
        except OSError as error:
            if str(error) != self._proof_fault:
                self._proof_fault = str(error)
                log.error("%s: the proof of life cannot be kept: %s", self.document.id, error)


def items_of(document: ConnectionDocument) -> list[Item]:
    """What the driver is to collect: the signals that have an address."""
    return [Item(s.number, s.address, s.kind, s.period_ms) for s in document.signals if s.address]


def same_link(one: ConnectionDocument, other: ConnectionDocument) -> bool:
    """True where only the signals (or the revision) differ."""
    return replace(one, revision=0, signals=()) == replace(other, revision=0, signals=())

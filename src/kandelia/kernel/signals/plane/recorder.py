"""Bus → store: good rows are on disk before the bus is told, bad rows are set aside, and no message ends otherwise.

While one flush is appended (in a thread of its own), the next is fetched, decoded and checked.
"""

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from kandelia.base.clock import Clock
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.kernel.connections.contracts import EDGE_STREAM, LOAD_STREAM
from kandelia.kernel.connections.plane.snapshot import Snapshot
from kandelia.kernel.events.report import Troubles
from kandelia.kernel.signals.logic.flushing import BackOff, FlushRule
from kandelia.kernel.signals.plane.intake import Held, Intake
from kandelia.kernel.signals.plane.preparing import Flush, look, prepare, refused_by_store
from kandelia.kernel.signals.plane.quarantine import keep
from kandelia.kernel.signals.plane.quarantine_facts import QuarantineFacts
from kandelia.ports.bus import Bus, Consumer, Message
from kandelia.ports.history import History

UNKNOWN_DELAY_S = 1.0
QUARANTINE_DELAY_S = 5.0
QUARANTINE_TOLD_S = 600.0  # how long the report speaks of rows set aside
APPEND_RETRY = BackOff(first_s=1.0, max_s=15.0)
RATE_WINDOW_S = 5.0
MS_PER_S = 1_000
log = logging.getLogger("kandelia.history")
Recorded = Callable[[Flush], Awaitable[None]]


@dataclass
class Figures:
    """What the report says of the recorder."""

    rows: int = 0
    flush_ms: float = 0.0
    flush_rows: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    set_aside_s: float = 0.0
    _recent: deque[tuple[float, int]] = field(default_factory=deque)

    def flushed(self, now_s: float, seconds: float, rows: int) -> None:
        """One append is done."""
        self.rows += rows
        self.flush_ms = seconds * MS_PER_S
        self.flush_rows = rows
        self._recent.append((now_s, rows))

    def rows_per_s(self, now_s: float) -> float:
        """Over the last RATE_WINDOW_S."""
        while self._recent and self._recent[0][0] < now_s - RATE_WINDOW_S:
            self._recent.popleft()
        return sum(rows for _, rows in self._recent) / RATE_WINDOW_S


class Recorder:
    """`run` until `stop`; it never ends by itself, whatever fails.

    `recorded` hears of each flush once its rows are on disk and before its messages are acknowledged; what it raises
    brings the messages again.
    """

    def __init__(
        self,
        bus: Bus,
        history: History,
        snapshot: Snapshot,
        clock: Clock,
        troubles: Troubles,
        rule: FlushRule,
        recorded: Recorded | None = None,
    ) -> None:
        self._recorded = recorded
        self.figures = Figures()
        self.intake = Intake(bus, (EDGE_STREAM, LOAD_STREAM), rule, clock, troubles)
        self._bus, self._history, self._snapshot = bus, history, snapshot
        self._clock, self._troubles = clock, troubles
        self._facts = QuarantineFacts(bus, clock)
        self._slot = asyncio.Semaphore(1)  # one append at a time
        self._thread = ThreadPoolExecutor(1, "history-append")
        self._finishing: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Fetch no more; `run` ends once the flush under way is on disk and acknowledged."""
        self._stopping.set()
        self.intake.stop()

    async def run(self) -> None:
        """Record; what is in hand unflushed at a stop goes back to the stream."""
        stopping = asyncio.create_task(self._stopping.wait())
        ready = asyncio.create_task(self._snapshot.ready())
        await asyncio.wait((stopping, ready), return_when=asyncio.FIRST_COMPLETED)
        fetching = asyncio.create_task(self.intake.run())
        telling = asyncio.create_task(self._facts.run())
        try:
            while not self._stopping.is_set():
                await self._turn()
        finally:
            for task in (fetching, telling, stopping, ready):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await asyncio.gather(*self._finishing, return_exceptions=True)
            await self._facts.rest()
            await self._give_back(self.intake.rest())
            self._thread.shutdown(wait=False)

    async def _turn(self) -> None:
        """Take and check the next flush, then hand it to the append once that is free."""
        held = await self.intake.take()
        for flush in await self._prepared(held):
            await self._slot.acquire()
            task = asyncio.create_task(self._finish(flush))
            self._finishing.add(task)
            task.add_done_callback(self._finishing.discard)

    async def _prepared(self, held: Sequence[Held]) -> list[Flush]:
        """One flush; where checking itself fails, one for each message, so that only its cause is set aside."""
        if not held:
            return []
        try:
            looked = look(held, self._snapshot.numbers)
            return [await asyncio.to_thread(prepare, looked)]
        except Exception:
            log.exception("%d messages could not be checked together", len(held))
        return [self._prepared_alone(one) for one in held]

    def _prepared_alone(self, one: Held) -> Flush:
        try:
            return prepare(look([one], self._snapshot.numbers))
        except Exception:
            log.exception("a message of %s could not be checked", one.message.subject)
            return refused_by_store([one])

    async def _finish(self, flush: Flush) -> None:
        """Append, set aside, acknowledge, in this order; the slot is free again as soon as the rows are on disk."""
        try:
            stored = await self._store(flush)
            if stored is not None:
                if self._recorded is not None:
                    for one in stored:
                        await self._recorded(one)
                await self._settle(stored)
        except KandeliaError as error:
            log.warning("%d messages come again: %s", len(flush.held), error)
        except Exception:
            log.exception("%d messages come again", len(flush.held))
        finally:
            self.intake.release(flush.held)

    async def _store(self, flush: Flush) -> list[Flush] | None:
        try:
            try:
                await self._append(flush)
            except InvalidInput as error:
                log.error("the store refuses checked rows: %s", error)
                return await self._one_by_one(flush)
            except Exception as error:
                await self._append_failed(flush, error)
                return None
            return [flush]
        finally:
            self._slot.release()

    async def _append(self, flush: Flush) -> None:
        """Only rows that were written show that the store takes rows again."""
        if flush.rows.num_rows:
            started_s = self._clock.monotonic_s()
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._history.append, flush.rows)
            now_s = self._clock.monotonic_s()
            self.figures.flushed(now_s, now_s - started_s, flush.rows.num_rows)
            self._failures = 0
            self._troubles.mended("append-failed")

    async def _one_by_one(self, flush: Flush) -> list[Flush] | None:
        """Only the message whose rows the store refuses is set aside, so the others are appended alone."""
        done = []
        for one in flush.held:
            single = self._prepared_alone(one)
            try:
                await self._append(single)
                done.append(single)
            except InvalidInput:
                done.append(refused_by_store([one]))
            except Exception as error:
                await self._append_failed(flush, error)
                return None
        return done

    async def _append_failed(self, flush: Flush, error: Exception) -> None:
        """Nothing is acknowledged; all comes again after a pause that grows with each failure."""
        self._failures += 1
        delay_s = APPEND_RETRY.delay_s(self._failures)
        log.error("append failed (%d in a row): %s", self._failures, error)
        self._troubles.trouble(
            "append-failed",
            f"samples cannot be written to the history: {error}",
            "see whether the disk is full; samples wait in the bus and are written once it works again",
        )
        await self._refuse(flush.held, delay_s)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), delay_s)

    async def _settle(self, flushes: Iterable[Flush]) -> None:
        for flush in flushes:
            kept = await self._set_aside(flush)
            back = flush.unsure if kept else flush.unsure | flush.afflicted
            await self._refuse([flush.held[place] for place in sorted(flush.unsure)], UNKNOWN_DELAY_S)
            if not kept:
                late = sorted(flush.afflicted - flush.unsure)
                await self._refuse([flush.held[place] for place in late], QUARANTINE_DELAY_S)
            await self._acknowledge([one for place, one in enumerate(flush.held) if place not in back])

    async def _set_aside(self, flush: Flush) -> bool:
        """False where the quarantine could not be written: then its messages must come again."""
        if not flush.settings:
            return True
        try:
            for setting in flush.settings:
                if await keep(self._bus, setting):
                    self.figures.quarantined.update(setting.reasons)
                    self._facts.note(setting)
        except KandeliaError as error:
            self._troubles.trouble(
                "quarantine-failed",
                f"rows that cannot be stored could not be set aside: {error}",
                "see whether the bus runs and its disk has room; nothing is lost meanwhile",
            )
            return False
        self._troubles.mended("quarantine-failed")
        self._tell_of_quarantine()
        return True

    def _tell_of_quarantine(self) -> None:
        self.figures.set_aside_s = self._clock.monotonic_s()
        counts = ", ".join(f"{reason}: {count}" for reason, count in sorted(self.figures.quarantined.items()))
        self._troubles.trouble(
            "quarantined", f"rows were set aside because they cannot be stored ({counts})", "correct what sends them"
        )

    def look_after(self) -> None:
        """Called now and then: stops telling of rows set aside long ago."""
        told_s = self.figures.set_aside_s
        if told_s and self._clock.monotonic_s() - told_s > QUARANTINE_TOLD_S:
            self.figures.set_aside_s = 0.0
            self._troubles.mended("quarantined")

    async def _give_back(self, held: Sequence[Held]) -> None:
        await self._refuse(held, 0.0)
        self.intake.release(held)

    async def _refuse(self, held: Sequence[Held], delay_s: float) -> None:
        """Only hastens what the stream does by itself after its waiting time, so a failure does not matter."""
        for consumer, messages in _by_consumer(held):
            with contextlib.suppress(KandeliaError):
                await consumer.refuse(messages, delay_s)

    async def _acknowledge(self, held: Sequence[Held]) -> None:
        for consumer, messages in _by_consumer(held):
            await consumer.acknowledge(messages)


def _by_consumer(held: Sequence[Held]) -> Iterable[tuple[Consumer, list[Message]]]:
    groups: dict[int, tuple[Consumer, list[Message]]] = {}
    for one in held:
        groups.setdefault(id(one.consumer), (one.consumer, []))[1].append(one.message)
    return groups.values()

"""The history role: the bus into the store, and questions to the store; without Django."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from kandelia.base.clock import from_ns, to_ns
from kandelia.base.errors import KandeliaError, SettingsError
from kandelia.boot.roles.contracts import RoleContext
from kandelia.boot.settings import Settings
from kandelia.engines.chdb.history import ChdbHistory
from kandelia.engines.chdb.library import give_memory_back
from kandelia.engines.memory.history import MemoryHistory
from kandelia.kernel.connections.plane.snapshot import Snapshot
from kandelia.kernel.rules.plane.forwarding import Forwarder
from kandelia.kernel.signals.logic.checking import Reason
from kandelia.kernel.signals.logic.flushing import FlushRule
from kandelia.kernel.signals.plane.answering import Answering
from kandelia.kernel.signals.plane.intake import FLUSH_BYTES_MAX
from kandelia.kernel.signals.plane.recorder import Recorder
from kandelia.kernel.transfers.logic.naming import export_path
from kandelia.kernel.transfers.plane.exporting import Exporting
from kandelia.ports.history import History

RETENTION_PERIOD_S = 86_400.0
RETENTION_MAX = 255  # class, UInt8
LOOK_PERIOD_S = 30.0  # how often the size is asked
FINISH_S = 5.0  # for the append under way at a stop
MS_PER_S = 1_000
log = logging.getLogger("kandelia.history")


async def run(context: RoleContext) -> None:
    """Record and answer until asked to stop; then fetch no more, finish the append, cancel questions, close."""
    months_by_class(context.settings)
    history = await asyncio.to_thread(open_history, context.settings)
    snapshot = Snapshot(context.reporter, keep_documents=False)
    forwarder = Forwarder(context.bus, context.reporter) if context.settings.rules.run else None
    recorder = _recorder(context, history, snapshot, forwarder)
    answering = _answering(context, history, snapshot)
    exporting = _exporting(context, history, snapshot)
    keeping = _Keeping(context, history, recorder)
    _report(context, snapshot, recorder, answering, keeping)
    recording = asyncio.create_task(recorder.run())
    tasks = [
        asyncio.create_task(work)
        for work in (snapshot.follow(context.bus), answering.run(), exporting.run(), keeping.look(), keeping.retain())
    ]
    tasks += [asyncio.create_task(forwarder.run())] if forwarder else []
    stopping = asyncio.create_task(context.stopping.wait())
    try:
        done, _ = await asyncio.wait([recording, *tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            await task
    finally:
        recorder.stop()
        await asyncio.wait([recording], timeout=FINISH_S)
        answering.cancel_all()
        exporting.cancel_all()
        await asyncio.to_thread(history.close)
        await _end([recording, stopping, *tasks])


def open_history(settings: Settings) -> History:
    """The engine that the settings name; SettingsError for a name that is none."""
    chosen = settings.history
    if chosen.engine == "memory":
        return MemoryHistory()
    if chosen.engine == "chdb":
        return ChdbHistory(
            settings.history_directory,
            readers=chosen.readers + 2,  # one for the role's own questions (size and retention), one for exports
            reader_memory_bytes_max=chosen.reader_memory_bytes_max,
        )
    raise SettingsError(
        what=f'"{chosen.engine}" is no history engine', where="[history] engine", mend='give "chdb" or "memory"'
    )


def _recorder(context: RoleContext, history: History, snapshot: Snapshot, forwarder: Forwarder | None) -> Recorder:
    chosen = context.settings.history
    rule = FlushRule(chosen.flush_rows, FLUSH_BYTES_MAX, chosen.flush_ms / MS_PER_S)
    recorded = forwarder.forward if forwarder else None
    return Recorder(context.bus, history, snapshot, context.clock, context.reporter, rule, recorded)


def _answering(context: RoleContext, history: History, snapshot: Snapshot) -> Answering:
    chosen = context.settings.history
    return Answering(
        context.bus,
        history,
        snapshot,
        context.clock,
        readers=chosen.readers,
        memory_bytes_max=chosen.reader_memory_bytes_max,
    )


def _exporting(context: RoleContext, history: History, snapshot: Snapshot) -> Exporting:
    settings = context.settings
    path_of = partial(export_path, settings.directory)
    return Exporting(context.bus, history, snapshot, context.clock, path_of, settings.history.reader_memory_bytes_max)


class _Keeping:
    """The store's own upkeep: its size for the report, and whole months dropped when their time is over."""

    def __init__(self, context: RoleContext, history: History, recorder: Recorder) -> None:
        self.rows = self.bytes = 0
        self._context, self._history, self._recorder = context, history, recorder

    async def look(self) -> None:
        """Ask the size now and then, and keep no more memory than is in use."""
        while True:
            with contextlib.suppress(KandeliaError):
                size = await asyncio.to_thread(self._history.size)
                self.rows, self.bytes = size.rows, size.bytes
            self._recorder.look_after()
            await asyncio.to_thread(give_memory_back)
            await asyncio.sleep(LOOK_PERIOD_S)

    async def retain(self) -> None:
        """At the start and each day."""
        while True:
            for retention, months in months_by_class(self._context.settings).items():
                await self._drop(retention, months)
            await asyncio.sleep(RETENTION_PERIOD_S)

    async def _drop(self, retention: int, months: int) -> None:
        before_ns = months_before(self._context.clock.now_ns(), months)
        try:
            dropped = await asyncio.to_thread(self._history.retain, retention, before_ns)
        except KandeliaError as error:
            self._context.reporter.trouble("retention", f"old samples could not be dropped: {error}", "see the log")
            return
        self._context.reporter.mended("retention")
        if dropped:
            log.info("dropped %d months of retention class %d", dropped, retention)


def months_by_class(settings: Settings) -> dict[int, int]:
    """Months that each retention class is kept, without those kept for good; SettingsError for what is no class."""
    chosen = settings.history.retention_months
    for name in chosen:
        if not (name.isascii() and name.isdigit() and int(name) <= RETENTION_MAX):
            raise SettingsError(
                what=f'"{name}" is no retention class',
                where="[history.retention_months]",
                mend=f"name classes 0 … {RETENTION_MAX}",
            )
    return {int(name): months for name, months in sorted(chosen.items()) if months > 0}


def months_before(now_ns: int, months: int) -> int:
    """The start of the calendar month (UTC) that lies so many months back."""
    now = from_ns(now_ns)
    month = max(0, (now.year - 1970) * 12 + now.month - 1 - months)
    return to_ns(datetime(1970 + month // 12, month % 12 + 1, 1, tzinfo=UTC))


def _report(
    context: RoleContext, snapshot: Snapshot, recorder: Recorder, answering: Answering, keeping: _Keeping
) -> None:
    figures, intake = recorder.figures, recorder.intake
    gauges = {
        "recorder_lag_s": intake.lag_s,
        "recorder_messages_waiting": lambda: float(intake.messages_waiting),
        "recorder_held_bytes": lambda: float(intake.held_bytes),
        "rows_per_s": lambda: figures.rows_per_s(context.clock.monotonic_s()),
        "recorded_rows": lambda: float(figures.rows),
        "flush_ms": lambda: figures.flush_ms,
        "flush_rows": lambda: float(figures.flush_rows),
        "quarantined_rows": lambda: float(sum(figures.quarantined.values())),
        "history_rows": lambda: float(keeping.rows),
        "history_bytes": lambda: float(keeping.bytes),
        "questions_answered": lambda: float(answering.answered),
        "questions_refused": lambda: float(sum(answering.refused.values())),
        "questions_waiting": lambda: float(len(answering.waiting)),
        "signals": lambda: float(snapshot.numbers.signals),
    }
    for name, read in gauges.items():
        context.reporter.gauge(name, read)
    for reason in list(Reason)[1:]:
        name = f"quarantined_{reason.name.lower()}_rows"
        context.reporter.gauge(name, partial(_counted, figures.quarantined, reason.word))
    context.reporter.revisions(snapshot.revisions)


def _counted(counts: Mapping[str, int], word: str) -> float:
    return float(counts.get(word, 0))


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

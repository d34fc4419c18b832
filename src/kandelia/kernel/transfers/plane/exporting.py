"""Exports in the history role: rows from the store into a file of the data directory, one after another.

A file is written under another name and takes its own when it is whole; a role that dies leaves nothing that could be
taken for a file. Whoever ordered asks how far it is; when nobody asks for ASKED_S the writing ends.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from kandelia.base.clock import Clock
from kandelia.base.errors import InvalidInput, KandeliaError, NotAllowed, TooMuch, Unavailable
from kandelia.kernel.connections.plane.snapshot import Snapshot
from kandelia.kernel.events.plane.listening import keep_listening
from kandelia.kernel.signals.logic import formats
from kandelia.kernel.signals.plane.wire import ANSWER_HEADER, REFUSAL, refusal_of
from kandelia.kernel.transfers.contracts import EXPORT_ASK, EXPORT_CANCEL, EXPORT_STATE, ExportOrder, Standing
from kandelia.ports.bus import Bus, Message
from kandelia.ports.history import AGGREGATE_SCHEMA, RAW_SCHEMA, History, Reading, Window

GROUP = "history"
WRITERS = 1  # threads: an export is work for the background
ASKED_S = 60.0
SECONDS_MAX = 12 * 3_600.0
ROWS_MAX = 20_000_000_000
SNAPSHOT_WAIT_S = 5.0
WATCH_S = 1.0
KNOWN_MAX = 200  # of the exports that ended, whose end is still told
PRIVATE = 0o700
log = logging.getLogger("kandelia.history")
PathOf = Callable[[str, str, str], Path]  # organisation, id, format


@dataclass
class Writing:
    """One export under way, or ended."""

    order: ExportOrder
    standing: Standing
    asked_s: float
    reading: Reading = field(default_factory=lambda: Reading(rows_max=ROWS_MAX, seconds_max=SECONDS_MAX))


class Exporting:
    """`run` until cancelled; `cancel_all` before the store closes."""

    def __init__(
        self, bus: Bus, history: History, snapshot: Snapshot, clock: Clock, path_of: PathOf, memory_bytes_max: int
    ) -> None:
        self.written = 0
        self._bus, self._history, self._snapshot, self._clock = bus, history, snapshot, clock
        self._path_of, self._memory = path_of, memory_bytes_max
        self._pool = ThreadPoolExecutor(WRITERS, "history-export")
        self._known: dict[str, Writing] = {}

    async def run(self) -> None:
        """Listen and write."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_listening(self._bus, EXPORT_ASK, self._hear, group=GROUP))
                tasks.create_task(keep_listening(self._bus, EXPORT_STATE, self._hear_state))
                tasks.create_task(keep_listening(self._bus, EXPORT_CANCEL, self._hear_cancel))
                tasks.create_task(self._watch())
        finally:
            self.cancel_all()
            self._pool.shutdown(wait=False, cancel_futures=True)

    def cancel_all(self) -> None:
        """End every export, as before leaving."""
        for writing in self._known.values():
            writing.reading.cancelled.set()

    async def _hear(self, message: Message) -> None:
        try:
            order = msgspec.json.decode(message.data, type=ExportOrder)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            await self._refuse(message, InvalidInput(f"not an order: {str(error)[:200]}", code="invalid-order"))
            return
        try:
            await self._check_rights(order)
            await self._answer(message, self._begin(order).standing)
        except KandeliaError as error:
            await self._refuse(message, error)

    def _begin(self, order: ExportOrder) -> Writing:
        """An order that comes again while it is written is the same one."""
        known = self._known.get(order.id)
        if known is not None and known.standing.state == "writing" and not known.reading.cancelled.is_set():
            known.asked_s = self._clock.monotonic_s()
            return known
        path = self._path_of(order.organisation, order.id, order.format)
        reading = Reading(rows_max=ROWS_MAX, seconds_max=SECONDS_MAX, memory_bytes_max=self._memory)
        writing = Writing(order, Standing(order.id, "writing"), self._clock.monotonic_s(), reading)
        self._known[order.id] = writing
        for id in list(self._known)[: max(0, len(self._known) - KNOWN_MAX)]:
            if self._known[id].standing.state != "writing":
                del self._known[id]
        self._pool.submit(self._write, writing, path)
        return writing

    async def _check_rights(self, order: ExportOrder) -> None:
        try:
            await asyncio.wait_for(self._snapshot.ready(), SNAPSHOT_WAIT_S)
        except TimeoutError:
            raise Unavailable("the configuration is not known yet", mend="ask again", code="starting") from None
        if not order.ids or not self._snapshot.numbers.owned(order.organisation, np.array(list(order.ids), np.int64)):
            raise NotAllowed("a signal that was asked for is not there for you", code="not-allowed")

    async def _hear_state(self, message: Message) -> None:
        """Only the role that writes it answers."""
        writing = self._known.get(message.data.decode(errors="replace"))
        if writing is not None:
            writing.asked_s = self._clock.monotonic_s()
            await self._answer(message, writing.standing)

    async def _hear_cancel(self, message: Message) -> None:
        writing = self._known.get(message.data.decode(errors="replace"))
        if writing is not None:
            writing.reading.cancelled.set()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            now_s = self._clock.monotonic_s()
            for writing in self._known.values():
                if writing.standing.state == "writing" and now_s - writing.asked_s > ASKED_S:
                    writing.reading.cancelled.set()

    def _write(self, writing: Writing, path: Path) -> None:
        """In the writer's thread."""
        part = path.with_suffix(f"{path.suffix}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
            self._write_file(writing, part)
            part.replace(path)
            self.written += 1
            writing.standing = replace(writing.standing, state="done", share=1.0, bytes=path.stat().st_size)
        except Exception as error:
            if not isinstance(error, KandeliaError):
                log.exception("export %s failed", writing.order.id)
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            told = str(error) if isinstance(error, KandeliaError | OSError) else "the export failed; see the log"
            writing.standing = replace(writing.standing, state="failed", error=told[:500])

    def _write_file(self, writing: Writing, part: Path) -> None:
        order = writing.order
        schema = AGGREGATE_SCHEMA if order.bucket_ns else RAW_SCHEMA
        with part.open("wb") as file:
            batches = self._counted(writing, self._rows(writing), part)
            if order.format == "parquet":
                formats.write_parquet(batches, order.ids, file, schema, sequence=order.sequence)
                return
            raw = formats.RAW_HEAD_REPLACING if order.sequence else formats.RAW_HEAD
            for chunk in formats.csv_chunks(batches, order.ids, formats.TREND_HEAD if order.bucket_ns else raw):
                file.write(chunk)

    def _rows(self, writing: Writing) -> Iterator[pa.RecordBatch]:
        order, window = writing.order, Window(writing.order.start_ns, writing.order.end_ns)
        if order.bucket_ns:
            return self._history.aggregate(list(order.ids), window, order.bucket_ns, writing.reading)
        return self._history.raw(list(order.ids), window, writing.reading)

    def _counted(self, writing: Writing, batches: Iterator[pa.RecordBatch], part: Path) -> Iterator[pa.RecordBatch]:
        """Tell how far it is: rows come by signal, then by time."""
        order = writing.order
        places = {number: place for place, number in enumerate(sorted(order.ids))}
        span = order.end_ns - order.start_ns
        for batch in batches:
            if writing.reading.cancelled.is_set():
                raise Unavailable("the export was ended", code="cancelled")
            size = part.stat().st_size
            if order.bytes_max and size > order.bytes_max:
                mend = "ask for fewer signals, a shorter time, or remove other exports"
                raise TooMuch(f"the file is larger than {order.bytes_max // 1_000_000} MB", "export", mend, "quota")
            last, at_ns = batch["signal"][-1].as_py(), batch["time"].cast(pa.int64())[-1].as_py()
            share = (places.get(last, 0) + (at_ns - order.start_ns) / span) / len(places)
            rows = writing.standing.rows + batch.num_rows
            writing.standing = Standing(order.id, "writing", min(0.99, max(0.0, share)), rows, size)
            yield batch

    async def _answer(self, message: Message, standing: Standing) -> None:
        if message.reply:
            await self._bus.publish(message.reply, msgspec.json.encode(standing))

    async def _refuse(self, message: Message, error: KandeliaError) -> None:
        if message.reply:
            await self._bus.publish(message.reply, msgspec.json.encode(refusal_of(error)), {ANSWER_HEADER: REFUSAL})

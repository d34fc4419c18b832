"""Bounded reads: a pool of connections, a deadline and a memory bound for each, and cancel from any thread.

A connection that has seen an error is thrown away: rows of a failed query can stand before the next answer of
the same connection. Answers are read only as a stream of Arrow batches.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from queue import Empty, LifoQueue
from typing import Any

import pyarrow as pa

from kandelia.base.errors import KandeliaError, TooMuch, Unavailable
from kandelia.engines.chdb.library import in_our_words
from kandelia.ports.history import Reading

BATCH_ROWS_MAX = 65_536
WATCH_S = 0.05  # how often cancellation and deadlines are looked at
IDLE_S = 1.0
WAIT_STEP_S = 0.05
CLOSE_S = 5.0


@dataclass(eq=False)
class Read:
    """One running read."""

    id: str
    reading: Reading
    deadline: float
    killed: bool = False
    rows: int = 0

    def check(self, closing: bool) -> None:
        """Raise what ends this read."""
        if self.reading.cancelled.is_set() or closing:
            raise Unavailable(what="the question was cancelled", code="cancelled")
        if time.monotonic() > self.deadline:
            raise too_slow(self.reading)


def too_slow(reading: Reading) -> TooMuch:
    """The deadline has passed."""
    return TooMuch(
        what=f"the question needs more than {reading.seconds_max:g} s",
        mend="ask for a shorter time, fewer signals or wider buckets",
        code="too-much-time",
    )


@dataclass
class Readers:
    """At most `readers` reads at a time; more wait within their own deadline."""

    connect: Callable[[], Any]
    readers: int
    memory_bytes_max: int
    _idle: LifoQueue[Any] = field(default_factory=LifoQueue)
    _active: dict[str, Read] = field(default_factory=dict)
    _wake: threading.Condition = field(default_factory=threading.Condition)
    _closing: bool = False
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        for _ in range(self.readers):
            self._idle.put(None)  # opened when first needed
        self._watcher = threading.Thread(target=self._watch, name="history-watch", daemon=True)
        self._watcher.start()

    @contextmanager
    def read(self, reading: Reading) -> Iterator["Asking"]:
        """Everything one caller's question needs, on one connection."""
        read = Read(f"read-{next(self._numbers)}", reading, time.monotonic() + reading.seconds_max)
        connection = self._take(read)
        asking = Asking(self, read, connection)
        try:
            if asking.connection is None:
                asking.connection = self.connect()
            with self._wake:
                self._active[read.id] = read
                self._wake.notify_all()
            yield asking
        finally:
            with self._wake:
                self._active.pop(read.id, None)
            self._idle.put(asking.connection)

    def _take(self, read: Read) -> Any:
        while True:
            read.check(self._closing)
            with suppress(Empty):
                return self._idle.get(timeout=WAIT_STEP_S)

    def closing(self) -> bool:
        """Whether reads must end."""
        return self._closing

    def _watch(self) -> None:
        control = None
        while self._active or not self._closing:
            with self._wake:
                self._wake.wait(WATCH_S if self._active or self._closing else IDLE_S)
                overdue = [read for read in self._active.values() if self._must_end(read)]
            for read in overdue:
                control = self._kill(control, read)
        if control is not None:
            control.close()

    def _must_end(self, read: Read) -> bool:
        return self._closing or read.reading.cancelled.is_set() or time.monotonic() > read.deadline

    def _kill(self, control: Any, read: Read) -> Any:
        """Asked again at each turn, because a read may send several statements."""
        try:
            control = control or self.connect()
            control.query(f"KILL QUERY WHERE Settings['log_comment'] = '{read.id}' ASYNC")
        except (RuntimeError, KandeliaError):
            if control is not None:
                control.close()
            return None
        return control

    def close(self) -> None:
        """End all reads and close the connections; a caller that holds an answer loses it."""
        with self._wake:
            if self._closing:
                return
            self._closing = True
        with self._wake:
            self._wake.notify_all()
        deadline = time.monotonic() + CLOSE_S
        for _ in range(self.readers):
            with suppress(Empty):
                connection = self._idle.get(timeout=max(0.0, deadline - time.monotonic()))
                if connection is not None:
                    connection.close()
        self._watcher.join(max(0.1, deadline - time.monotonic()))


@dataclass(eq=False)
class Asking:
    """One caller's connection for the length of one question."""

    readers: Readers
    read: Read
    connection: Any

    def ask(self, sql: str, values: Mapping[str, Any], schema: pa.Schema, threads: int = 1) -> Iterator[pa.RecordBatch]:
        """Batches of `schema`; the connection is thrown away when anything goes wrong or the caller stops early."""
        self.read.check(self.readers.closing())
        done = False
        try:
            stream = self.connection.send_query(sql + self._bounds(threads), "Arrow", params=dict(values))
            for batch in stream.record_batch(rows_per_batch=1):
                self.read.check(self.readers.closing())
                yield from _fitted(batch, schema)
            done = True
        except (RuntimeError, pa.ArrowException, OSError) as error:
            raise self._reason(error) from error
        finally:
            if not done:
                self._drop()

    def _reason(self, error: BaseException) -> KandeliaError:
        """A killed query says only that it was killed; the read knows why."""
        try:
            self.read.check(self.readers.closing())
        except KandeliaError as reason:
            return reason
        return in_our_words(error)

    def _drop(self) -> None:
        connection, self.connection = self.connection, None
        with suppress(RuntimeError):
            connection.close()
        self.connection = self.readers.connect() if not self.readers.closing() else None

    def count(self, rows: int) -> None:
        """Add to what this read has answered; TooMuch past its bound."""
        self.read.rows += rows
        if self.read.rows > self.read.reading.rows_max:
            raise TooMuch(
                what=f"the answer has more than {self.read.reading.rows_max} rows",
                mend="ask for a shorter time, fewer signals or wider buckets",
                code="too-much-rows",
            )

    def _bounds(self, threads: int) -> str:
        reading = self.read.reading
        memory = min(reading.memory_bytes_max, self.readers.memory_bytes_max)
        seconds = max(1, int(self.read.deadline - time.monotonic()) + 1)
        return (
            f" SETTINGS log_comment = '{self.read.id}', max_threads = {threads},"
            f" max_memory_usage = {memory:d}, max_execution_time = {seconds}, timeout_overflow_mode = 'throw',"
            f" max_result_rows = {reading.rows_max + BATCH_ROWS_MAX:d}, result_overflow_mode = 'throw',"
            f" max_block_size = {BATCH_ROWS_MAX}, optimize_read_in_window_order = 1,"
            f" max_bytes_before_external_sort = {memory // 2:d}"
        )


def _fitted(batch: pa.RecordBatch, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    fitted = batch.cast(schema)
    for start in range(0, fitted.num_rows, BATCH_ROWS_MAX):
        yield fitted.slice(start, BATCH_ROWS_MAX)

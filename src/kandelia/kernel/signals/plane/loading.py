"""Bringing tables of samples into the LOAD stream: cut into batches, stored with a bounded number outstanding.

Message ids are made from the load and the place in it: what is sent again within one load is a repeat for the bus. A
second load of the same table is written anew, so that it comes last where the later value replaces the earlier one;
where values are kept, history sees that the rows are there already.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from kandelia.base.errors import InvalidInput, KandeliaError, TooMuch, Unavailable
from kandelia.base.ids import new_id
from kandelia.base.samples import BATCH_BYTES_MAX, encode
from kandelia.kernel.connections.contracts import load_subject
from kandelia.kernel.signals.logic.flushing import BackOff
from kandelia.kernel.signals.logic.tables import Signals, samples_of
from kandelia.ports.bus import Bus

BATCH_ROWS = 20_000
OUTSTANDING_MAX = 16
STORE_TIMEOUT_S = 10.0
TRIES_MAX = 10
RETRY = BackOff(first_s=0.2, max_s=5.0)
FULL_WAIT_S = 120.0  # how long a full stream is waited for while history drains it
READ_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Source:
    """Where a load comes from, as the subject names it, and whose it is."""

    organisation: str
    site: str
    name: str


Progress = Callable[[int, int], None]  # rows stored so far, rows in all (0: not known)


async def load_parquet(bus: Bus, file: Path, source: Source, signals: Signals, progress: Progress | None = None) -> int:
    """Load a Parquet file; how many rows were stored. InvalidInput names the column or signal that does not fit."""
    try:
        opened = pq.ParquetFile(file)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(
            what=f"not a Parquet file: {str(error)[:200]}", where=str(file), code="invalid-file"
        ) from error
    with opened:
        tables = (pa.Table.from_batches([batch]) for batch in opened.iter_batches(READ_ROWS))
        return await load_tables(
            bus, tables, source, signals, progress, total=opened.metadata.num_rows, where=str(file)
        )


async def load_table(
    bus: Bus, table: pa.Table, source: Source, signals: Signals, progress: Progress | None = None, *, load: str = ""
) -> int:
    """Load one table; see `logic.tables.samples_of` for the columns it may have.

    `load` names it for the bus, so that the same one sent again soon is a repeat; without a name each is new.
    """
    return await load_tables(bus, iter([table]), source, signals, progress, total=table.num_rows, load=load)


async def load_tables(
    bus: Bus,
    tables: Iterator[pa.Table],
    source: Source,
    signals: Signals,
    progress: Progress | None = None,
    *,
    total: int = 0,
    where: str = "",
    load: str = "",
) -> int:
    """Load tables one after another; returns once the stream has everything on disk."""
    subject, load = load_subject(source.organisation, source.site, source.name), load or new_id()
    outstanding: set[asyncio.Task[int]] = set()
    stored = place = 0
    try:
        while (table := await asyncio.to_thread(next, tables, None)) is not None:
            batches = await asyncio.to_thread(_cut, table, signals, where)
            for batch in batches:
                if len(outstanding) >= OUTSTANDING_MAX:
                    done, outstanding = await asyncio.wait(outstanding, return_when=asyncio.FIRST_COMPLETED)
                    stored = _told(done, stored, total, progress)
                outstanding.add(asyncio.create_task(_store(bus, subject, batch, f"{load}-{place}")))
                place += 1
        done, outstanding = await asyncio.wait(outstanding) if outstanding else (set(), set())
        return _told(done, stored, total, progress)
    finally:
        for task in outstanding:
            task.cancel()


def _told(done: Iterable[asyncio.Task[int]], stored: int, total: int, progress: Progress | None) -> int:
    stored += sum(task.result() for task in done)
    if progress is not None:
        progress(stored, total)
    return stored


async def _store(bus: Bus, subject: str, batch: pa.RecordBatch, name: str) -> int:
    data = await asyncio.to_thread(encode, batch)
    waited_s, failures = 0.0, 0
    while True:
        try:
            await bus.store(subject, data, message_id=name, timeout_s=STORE_TIMEOUT_S)
            return int(batch.num_rows)
        except (Unavailable, TooMuch) as error:
            failures += 1
            if _gives_up(error, failures, waited_s):
                raise
        delay_s = RETRY.delay_s(failures)
        waited_s += delay_s
        await asyncio.sleep(delay_s)


def _gives_up(error: KandeliaError, failures: int, waited_s: float) -> bool:
    """A full stream is being drained, so it is given more time than a bus that does not answer."""
    return waited_s > FULL_WAIT_S if isinstance(error, TooMuch) else failures >= TRIES_MAX


def _cut(table: pa.Table, signals: Signals, where: str) -> list[pa.RecordBatch]:
    return list(cut(samples_of(table, signals, where)))


def cut(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """Rows of SCHEMA as batches that each make one message."""
    for batch in table.combine_chunks().to_batches(max_chunksize=BATCH_ROWS):
        yield from _small_enough(batch)


def _small_enough(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    if batch.num_rows > 1 and batch.nbytes > BATCH_BYTES_MAX * 3 // 4:
        half = batch.num_rows // 2
        yield from _small_enough(batch.slice(0, half))
        yield from _small_enough(batch.slice(half))
    elif batch.num_rows:
        yield batch

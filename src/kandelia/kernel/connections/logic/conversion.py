"""From what a driver added to a sample batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from kandelia.base.clock import NS_PER_MS, NS_PER_S
from kandelia.base.quality import BAD_DATA_LOST, UNCERTAIN
from kandelia.base.samples import SOURCE_AHEAD_NS_MAX, Kind, make_batch
from kandelia.kernel.connections.logic.holding import mark_batch
from kandelia.kernel.connections.logic.roster import NEVER, Roster
from kandelia.kernel.connections.logic.values import column_of

SOURCE_PAST_NS_MAX = 3_653 * 86_400 * NS_PER_S  # ten years: a set point may have stood that long


@dataclass(slots=True)
class Added:
    """Rows as a driver gave them, with the receive time of each; `lost_before` as in `Sink.add`."""

    numbers: list[int] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    qualities: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    received_ns: list[int] = field(default_factory=list)
    lost_before: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: int) -> "Added":
        """The first rows, removed from here."""
        columns = (self.numbers, self.times_ns, self.qualities, self.values, self.received_ns)
        taken = Added(*(column[:rows] for column in columns))
        for column in columns:
            del column[:rows]
        taken.lost_before = [row for row in self.lost_before if row < rows]
        self.lost_before = [row - rows for row in self.lost_before if row >= rows]
        return taken


@dataclass(slots=True)
class Counts:
    """What conversion met, since the connection began."""

    unfit: int = 0  # values of the wrong kind, not finite, or too long
    strangers: int = 0  # rows of signals that are not (any more) this connection's
    clocks: int = 0  # source times out of range, replaced by the receive time
    confirmed: int = 0  # values written again at the end of a gap


def convert(added: Added, roster: Roster, counts: Counts) -> pa.RecordBatch:
    """The rows as a batch in the order added, then those that end a gap, then the marks of what the source lost.

    Rows of unknown signals are left out. Source times more than SOURCE_PAST_NS_MAX ago or SOURCE_AHEAD_NS_MAX
    ahead (history would take none of those) give way to the receive time, with uncertain quality. The roster learns
    the newest times.
    """
    numbers = np.array(added.numbers, dtype=np.int64)
    place, known = roster.places(numbers)
    values: Sequence[Any] = added.values
    rows = np.flatnonzero(known)
    if len(rows) < len(numbers):
        counts.strangers += len(numbers) - len(rows)
        values = [values[row] for row in rows.tolist()]
    place = place[rows]
    received = np.array(added.received_ns, dtype=np.int64)[rows]
    qualities = np.array(added.qualities, dtype=np.uint16)[rows]
    times = _plausible(_int64(added.times_ns)[rows], received, qualities, counts)
    if len(received):
        roster.forget_ahead(int(received.max()))
    columns = _columns(values, roster.kinds[place], qualities, counts)
    batch = make_batch(
        roster.numbers[place], times, lag_ms=(received - times) // NS_PER_MS, quality=qualities, **columns
    )
    lost = _marks_of_losses(np.isin(rows, added.lost_before), place, times, roster) if added.lost_before else None
    ended = _end_gaps(place, times, received, roster, batch)
    np.maximum.at(roster.newest_ns, place, times)
    counts.confirmed += ended.num_rows if ended is not None else 0
    more = [part for part in (ended, lost) if part is not None]
    return pa.concat_batches([batch, *more]) if more else batch


def _int64(times: list[int]) -> np.ndarray:
    try:
        return np.array(times, dtype=np.int64)
    except OverflowError:  # a device's clock beyond 2262 or before 1677
        return np.array([time if abs(time) < 2**63 else 0 for time in times], dtype=np.int64)


def _plausible(times: np.ndarray, received: np.ndarray, qualities: np.ndarray, counts: Counts) -> np.ndarray:
    wrong = (times < received - SOURCE_PAST_NS_MAX) | (times > received + SOURCE_AHEAD_NS_MAX)
    if wrong.any():
        counts.clocks += int(wrong.sum())
        qualities[wrong & (qualities < UNCERTAIN)] = UNCERTAIN
    return np.where(wrong, received, times)


def _columns(values: Sequence[Any], kinds: np.ndarray, qualities: np.ndarray, counts: Counts) -> dict[str, Any]:
    """Columns for make_batch; `qualities` learns of faults where the source itself had not said bad."""
    present = np.unique(kinds)
    rows = len(kinds)
    made: dict[str, Any] = {"kind": kinds.copy(), "value": np.zeros(rows), "integer": np.zeros(rows, dtype=np.int64)}
    texts: list[str] | None = None
    for kind in (Kind(int(k)) for k in present):
        where = np.flatnonzero(kinds == kind)
        chosen = values if len(present) == 1 else [values[row] for row in where.tolist()]
        column, faults = column_of(kind, chosen)
        if kind is Kind.TEXT:
            texts = texts or [""] * rows
            for row, text in zip(where, column, strict=True):
                texts[row] = text
        else:
            made["value" if kind is Kind.FLOAT else "integer"][where] = column
        _note_faults(where, faults, made["kind"], qualities, counts)
    return made | {"text": "" if texts is None else texts}


def _note_faults(
    where: np.ndarray, faults: np.ndarray, kinds: np.ndarray, qualities: np.ndarray, counts: Counts
) -> None:
    bad = where[faults != 0]
    kinds[bad] = Kind.MISSING
    unsaid = qualities[bad] < 0x8000
    counts.unfit += int(unsaid.sum())
    qualities[bad[unsaid]] = faults[faults != 0][unsaid]


def _marks_of_losses(after: np.ndarray, place: np.ndarray, times: np.ndarray, roster: Roster) -> pa.RecordBatch | None:
    """A bad row just behind the sample that came before each of the rows `after`, where there is room between."""
    before = roster.newest_ns[place]
    order = np.argsort(place, kind="stable")
    again = place[order[1:]] == place[order[:-1]]
    before[order[1:][again]] = np.maximum(before[order[1:][again]], times[order[:-1][again]])
    due = after & (before != NEVER) & (roster.gap_ns[place] == NEVER)
    due &= np.where(due, before, 0) + 1 < times
    if not due.any():
        return None
    return mark_batch(roster.numbers[place[due]], before[due] + 1, BAD_DATA_LOST)


def _end_gaps(
    place: np.ndarray, times: np.ndarray, received: np.ndarray, roster: Roster, batch: pa.RecordBatch
) -> pa.RecordBatch | None:
    """Rows that end a gap because the source's own time lies before it.

    After a reconnect a source tells values that last changed before the loss, with that old time. The source has
    thereby confirmed that the value holds now; without a row of the receive time the gap would never end.
    """
    open_ns = roster.gap_ns[place]
    if (open_ns == NEVER).all():
        return None
    last_row = {int(p): row for row, p in enumerate(place) if open_ns[row] != NEVER}
    again = []
    for p, row in last_row.items():
        if times[row] <= roster.gap_ns[p]:
            again.append(row)
        else:
            roster.gap_ns[p] = NEVER
    if not again:
        return None
    rows = np.array(again)
    at = np.maximum(received[rows], roster.gap_ns[place[rows]] + 1)
    roster.gap_ns[place[rows]] = NEVER
    roster.newest_ns[place[rows]] = np.maximum(roster.newest_ns[place[rows]], at)
    ended = batch.take(pa.array(rows))
    time = pa.array(at).cast(batch.schema.field("time").type)
    return ended.set_column(1, batch.schema.field(1), time).set_column(
        2, batch.schema.field(2), pa.array((received[rows] - at) // NS_PER_MS)
    )

"""The newest rows of each signal that rules read, and history for what lies before them."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kandelia.base.samples import SCHEMA, Kind
from kandelia.kernel.rules.logic.columns import Series, empty_series, joined, series_of
from kandelia.kernel.signals.contracts import Ask, Question
from kandelia.ports.bus import Bus

ROWS_KEPT = 200  # of each signal; twice as many until they are cut
ALWAYS = -(2**62)  # complete since: nothing lies before
Asking = Callable[[Bus, Question], AsyncIterator[pa.RecordBatch]]
Frame = dict[int, Series]


@dataclass(slots=True)
class _Kept:
    """All rows since `since_ns` that were recorded so far."""

    series: Series
    since_ns: int


class Memory:
    """Of one organisation."""

    def __init__(self, organisation: str, bus: Bus, ask: Asking) -> None:
        self.questions = 0
        self._organisation, self._bus, self._ask = organisation, bus, ask
        self._kept: dict[int, _Kept] = {}

    def forget(self, numbers: Iterable[int]) -> None:
        """What is known of these may be wrong."""
        for number in numbers:
            self._kept.pop(number, None)

    def add(self, number: int, series: Series) -> None:
        """Rows that were recorded now; nothing is begun to be kept by this."""
        kept = self._kept.get(number)
        if kept is None:
            return
        kept.series = joined(kept.series, series.cut(kept.since_ns, 2**62))
        if len(kept.series) > 2 * ROWS_KEPT:
            kept.since_ns = int(kept.series.times[-ROWS_KEPT])
            cut = kept.series.cut(kept.since_ns, 2**62)
            kept.series = Series(cut.times.copy(), cut.column)

    def next_after(self, number: int, at_ns: int) -> int | None:
        """The time of the next row after an instant, as far as is known: never too early. None: there is none yet."""
        kept = self._kept.get(number)
        if kept is None:
            return None
        if at_ns < kept.since_ns:
            return kept.since_ns
        place = int(np.searchsorted(kept.series.times, at_ns, "right"))
        return int(kept.series.times[place]) if place < len(kept.series) else None

    async def frame(self, kinds: Mapping[int, Kind], start_ns: int, end_ns: int, keep: bool) -> Frame:
        """Of each signal all rows in [start, end) and the one before, at least; `keep`: nothing newer than that is
        expected, so that what history had to be asked for is kept from now on.
        """
        found = {
            number: kept.series for number, kept in self._kept.items() if number in kinds and kept.since_ns <= start_ns
        }
        wanted = {number: kind for number, kind in kinds.items() if number not in found}
        if wanted:
            before = await self._asked(
                Question(Ask.LAST, self._organisation, tuple(wanted), before_ns=start_ns), wanted
            )
            window = Question(Ask.RAW, self._organisation, tuple(wanted), start_ns=max(0, start_ns), end_ns=end_ns)
            inside = await self._asked(window, wanted)
            for number in wanted:
                series = joined(before[number], inside[number])
                found[number] = series
                if keep:
                    since_ns = int(before[number].times[0]) if len(before[number]) else ALWAYS
                    self._kept[number] = _Kept(series, since_ns)
        return found

    async def newest(self, kinds: Mapping[int, Kind]) -> Frame:
        """The last row of each."""
        return await self._asked(Question(Ask.LAST, self._organisation, tuple(kinds)), kinds)

    async def _asked(self, question: Question, kinds: Mapping[int, Kind]) -> Frame:
        self.questions += 1
        batches: list[pa.RecordBatch] = []
        async with aclosing(self._ask(self._bus, question)) as answer:  # type: ignore[type-var]
            async for batch in answer:
                batches.append(batch.select(SCHEMA.names))
        return split(pa.Table.from_batches(batches, SCHEMA), kinds)


def split(rows: pa.Table, kinds: Mapping[int, Kind]) -> Frame:
    """Rows of many signals as a series each; those of a kind that the signal no longer has have no value."""
    frame: Frame = {number: empty_series(kind) for number, kind in kinds.items()}
    if not rows.num_rows:
        return frame
    numbers = rows["signal"].to_numpy()
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    bounds = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    rows = rows.take(pa.array(order)).combine_chunks()
    for first, last in zip(bounds, [*bounds[1:], len(ordered)], strict=True):
        number = int(ordered[first])
        if number in kinds:
            frame[number] = series_of(rows.slice(first, last - first), kinds[number])
    return frame

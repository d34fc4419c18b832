"""Derived signals of one organisation: what recorded rows touch is evaluated, and what differs is handed out.

Nothing is remembered as written before the caller says so (`Output.done`): what could not be stored comes again.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from kandelia.base.clock import NS_PER_S
from kandelia.base.samples import Kind
from kandelia.kernel.rules.contracts import DerivedEntry
from kandelia.kernel.rules.logic.columns import Series, differing, empty_series
from kandelia.kernel.rules.logic.evaluation import evaluate_rows
from kandelia.kernel.rules.logic.windows import Windows, evaluate_windows
from kandelia.kernel.rules.plane.memory import Frame, Memory

LOAD_NS = 600 * NS_PER_S  # read at once where nothing is in memory yet
OPEN_NS = 2**62
WINDOWS_AT_ONCE = 500
CATCH_UP_NS = 7 * 86_400 * NS_PER_S  # what was open when the role ended is closed when it is back, so far back
GRACE_NS = NS_PER_S  # rows are on the way from the driver to the disk
log = logging.getLogger("kandelia.rules")


@dataclass(frozen=True, slots=True)
class Output:
    """Rows of a derived signal to be written; call `done` once they are stored."""

    number: int
    series: Series
    done: Callable[[], None]


@dataclass
class Deriving:
    """All derived signals of one organisation."""

    memory: Memory
    entries: dict[int, DerivedEntry] = field(default_factory=dict)
    next_window: dict[int, int] = field(default_factory=dict)  # the first that is not yet evaluated
    _readers: dict[int, list[int]] = field(default_factory=dict)

    def define(self, entries: Iterable[DerivedEntry]) -> None:
        """From now on these; what has changed begins anew."""
        fresh = {one.number: one for one in entries}
        for number in set(self.entries) | set(fresh):
            if self.entries.get(number) != fresh.get(number):
                self.next_window.pop(number, None)
                self.memory.forget([number])
        self.entries = fresh
        self._readers = {}
        for entry in fresh.values():
            for number, _ in entry.inputs:
                self._readers.setdefault(number, []).append(entry.number)

    @property
    def kinds(self) -> dict[int, Kind]:
        """Of every input."""
        return {number: kind for entry in self.entries.values() for number, kind in entry.inputs}

    async def take(self, rows: Mapping[int, Series], now_ns: int) -> list[Output]:
        """Rows that were recorded now, by input."""
        await self._begin(now_ns)
        spans = {number: self._span(number, series) for number, series in rows.items() if len(series)}
        for number, series in rows.items():
            self.memory.add(number, series)
        outputs = []
        for number in sorted({reader for input in spans for reader in self._readers.get(input, ())}):
            entry = self.entries[number]
            touched = [spans[input] for input, _ in entry.inputs if input in spans]
            firsts, lasts, ends = zip(*touched, strict=True)
            start_ns, last_ns, end_ns = min(firsts), max(lasts), max(ends)
            if entry.window_ns:
                outputs += await self._late_windows(entry, start_ns, min(end_ns, last_ns + entry.hold_ns))
            else:
                outputs += await self._rows(entry, start_ns, end_ns)
        return outputs

    def _span(self, number: int, series: Series) -> tuple[int, int, int]:
        """The first row, the last, and the one that follows it: what these rows change."""
        last_ns = int(series.times[-1])
        following = self.memory.next_after(number, last_ns)
        return int(series.times[0]), last_ns, OPEN_NS if following is None else following

    async def _rows(self, entry: DerivedEntry, start_ns: int, end_ns: int) -> list[Output]:
        newest = end_ns == OPEN_NS
        until_ns = start_ns + LOAD_NS if newest else end_ns
        kinds = {**dict(entry.inputs), entry.number: entry.kind}
        frame = await self.memory.frame(kinds, start_ns, until_ns, keep=newest)
        known = frame.pop(entry.number)
        fresh = evaluate_rows(entry.root, frame, start_ns, end_ns, entry.hold_ns)
        return self._output(entry.number, fresh, known)

    async def _late_windows(self, entry: DerivedEntry, start_ns: int, end_ns: int) -> list[Output]:
        """Windows that were evaluated before and are touched by late rows; the open ones wait for their end."""
        first = start_ns // entry.window_ns
        last = min(end_ns // entry.window_ns + 1, self.next_window.get(entry.number, first))
        return await self._all_windows(entry, first, last)

    async def _all_windows(self, entry: DerivedEntry, first: int, last: int) -> list[Output]:
        """So many at once that one question stays small."""
        outputs: list[Output] = []
        for begin in range(first, last, WINDOWS_AT_ONCE):
            part = Windows(entry.window_ns, begin, min(begin + WINDOWS_AT_ONCE, last))
            outputs += await self._evaluated(entry, part)
        return outputs

    async def _evaluated(self, entry: DerivedEntry, windows: Windows) -> list[Output]:
        kinds = {**dict(entry.inputs), entry.number: entry.kind}
        end_ns = windows.end_ns + 1
        frame = await self.memory.frame(kinds, windows.start_ns, end_ns, keep=False)
        return self._window_output(entry, windows, frame)

    def _window_output(self, entry: DerivedEntry, windows: Windows, frame: Frame) -> list[Output]:
        known = frame[entry.number]
        inputs = {number: frame[number] for number, _ in entry.inputs}
        fresh = evaluate_windows(entry.root, inputs, windows, entry.hold_ns)
        return self._output(entry.number, fresh, known)

    def _output(self, number: int, fresh: Series, known: Series) -> list[Output]:
        places = np.flatnonzero(differing(fresh, known))
        if not len(places):
            return []
        series = Series(fresh.times[places], fresh.column.take(places))
        return [Output(number, series, lambda: self.memory.add(number, series))]

    async def close(self, now_ns: int) -> list[Output]:
        """Evaluate every window whose time is over."""
        await self._begin(now_ns)
        groups: dict[Windows, list[DerivedEntry]] = {}
        for entry in self.entries.values():
            if windows := self._due(entry, now_ns):
                groups.setdefault(windows, []).append(entry)
        outputs = []
        for windows, entries in groups.items():
            kinds: dict[int, Kind] = {}
            for entry in entries:
                kinds.update(dict(entry.inputs))
                kinds[entry.number] = entry.kind
            frame = await self.memory.frame(kinds, windows.start_ns, windows.end_ns + 1, keep=False)
            for entry in entries:
                outputs.append(self._closing(entry, windows, frame))
        return outputs

    def _closing(self, entry: DerivedEntry, windows: Windows, frame: Frame) -> Output:
        """Empty where no window gave anything new, so that the next windows come all the same."""
        found = self._window_output(entry, windows, frame)
        series = found[0].series if found else empty_series(entry.kind)

        def done() -> None:
            self.memory.add(entry.number, series)
            if entry.number in self.next_window:
                self.next_window[entry.number] = windows.last

        return Output(entry.number, series, done)

    def _due(self, entry: DerivedEntry, now_ns: int) -> Windows | None:
        if not entry.window_ns:
            return None
        first = self.next_window[entry.number]
        last = (now_ns - entry.lateness_ns - GRACE_NS) // entry.window_ns
        return Windows(entry.window_ns, first, min(last, first + WINDOWS_AT_ONCE)) if last > first else None

    async def _begin(self, now_ns: int) -> None:
        """Where the windows of a derived signal go on: after its last result, else with the present one."""
        unknown = {
            one.number: one.kind
            for one in self.entries.values()
            if one.window_ns and one.number not in self.next_window
        }
        if not unknown:
            return
        newest = await self.memory.newest(unknown)
        for number, series in newest.items():
            length_ns = self.entries[number].window_ns
            at_ns = int(series.times[-1]) if len(series) else now_ns
            goes_on = now_ns - CATCH_UP_NS < at_ns < now_ns
            self.next_window[number] = (at_ns if goes_on else now_ns) // length_ns

    async def anew(self, number: int, start_ns: int, end_ns: int) -> list[Output]:
        """A derived signal over [start, end) once more."""
        entry = self.entries[number]
        if not entry.window_ns:
            return await self._rows(entry, start_ns, end_ns)
        last = min(-(-end_ns // entry.window_ns), self.next_window.get(number, end_ns // entry.window_ns))
        return await self._all_windows(entry, start_ns // entry.window_ns, last)

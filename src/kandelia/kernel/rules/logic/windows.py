"""Operators with a window: fixed windows by source time, [k·w, (k+1)·w); a result stands at the window's end.

Bad rows do not enter; where a window has some beside usable ones, its result is uncertain. A value stands until the
next row, at most for the hold limit; that is what `time_weighted`, `duration`, `delta` and `rate` carry into a window.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from kandelia.base.clock import NS_PER_S
from kandelia.base.quality import BAD, UNCERTAIN_SUB_NORMAL
from kandelia.base.samples import Kind
from kandelia.kernel.rules.logic.columns import Column, Series, dtype_of
from kandelia.kernel.rules.logic.evaluation import evaluate, evaluate_rows, no_data
from kandelia.kernel.rules.logic.operators import WINDOW
from kandelia.kernel.rules.logic.tree import Node, inputs_of


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows `first` … `last` − 1 of a length."""

    length_ns: int
    first: int
    last: int

    @property
    def count(self) -> int:
        """How many."""
        return max(0, self.last - self.first)

    @property
    def ends(self) -> np.ndarray:
        """Where the results stand."""
        return (np.arange(self.first, self.last, dtype=np.int64) + 1) * self.length_ns

    @property
    def start_ns(self) -> int:
        """Of the first."""
        return self.first * self.length_ns

    @property
    def end_ns(self) -> int:
        """Of the last."""
        return self.last * self.length_ns


def evaluate_windows(root: Node, series: Mapping[int, Series], windows: Windows, hold_ns: int) -> Series:
    """One row for each window into which an input has or carries a row; others give none.

    `series` reach back to the row before the first window. Inputs outside of any window are read just before its end.
    """
    alive = np.zeros(windows.count, bool)
    for one in series.values():
        alive |= _counts(one.cut(windows.start_ns, windows.end_ns).times, windows) > 0
        alive |= one.at(windows.ends - 1, hold_ns).usable
    before = {number: one.at(windows.ends - 1, hold_ns) for number, one in series.items()}

    def windowed(node: Node) -> Column:
        argument = node.args[0]
        own = {number: series[number] for number in inputs_of(argument)} or series
        back_ns = windows.start_ns - hold_ns - 1
        rows = evaluate_rows(argument, own, back_ns, windows.end_ns, hold_ns)
        return _applied(node, rows, windows, hold_ns)

    found = evaluate(root, before, windows.count, windowed)
    places = np.flatnonzero(alive)
    return Series(windows.ends[places], found.take(places))


def _counts(times: np.ndarray, windows: Windows) -> np.ndarray:
    """How many of these instants, which rise, lie in each window."""
    edges = np.arange(windows.first, windows.last + 1, dtype=np.int64) * windows.length_ns
    return np.diff(np.searchsorted(times, edges))


def _usable(series: Series) -> Series:
    good = series.column.usable
    return series if good.all() else Series(series.times[good], series.column.take(np.flatnonzero(good)))


def _applied(node: Node, rows: Series, windows: Windows, hold_ns: int) -> Column:
    kind, op = Kind(node.kind), node.op.removeprefix(WINDOW)
    if op in _STEPS:
        return _STEPS[op](kind, rows, windows, hold_ns)
    inside = rows.cut(windows.start_ns, windows.end_ns)
    used = _usable(inside)
    counts = _counts(used.times, windows)
    quality = _quality(inside, used, counts, windows)
    if op == "count":
        quality = np.where(counts > 0, quality, 0).astype(np.uint16)
        return Column(Kind.INTEGER, counts.astype(np.int64), quality)
    data = _SAMPLES[op](used, counts, windows)
    return no_data(kind, quality, data, counts == 0)


def _quality(inside: Series, used: Series, counts: np.ndarray, windows: Windows) -> np.ndarray:
    """The worst of the rows that entered, uncertain where bad ones stood beside them."""
    mixed = (_counts(inside.times, windows) > counts) & (counts > 0)
    quality = _reduced(np.maximum)(
        Series(used.times, Column(Kind.INTEGER, used.column.quality, used.column.quality)), counts, windows
    )
    return np.where(mixed & (quality < UNCERTAIN_SUB_NORMAL), UNCERTAIN_SUB_NORMAL, quality).astype(np.uint16)


def _reduced(reduce: np.ufunc) -> Callable[[Series, np.ndarray, Windows], np.ndarray]:
    """Any ufunc over the rows of each window; 0 where a window has none."""

    def apply(used: Series, counts: np.ndarray, windows: Windows) -> np.ndarray:
        result = np.zeros(windows.count, used.column.data.dtype)
        filled = counts > 0
        if filled.any():
            starts = (np.cumsum(counts) - counts)[filled]
            result[filled] = reduce.reduceat(used.column.data, starts)
        return result

    return apply


def _sum(used: Series, counts: np.ndarray, windows: Windows) -> np.ndarray:
    wide = Series(used.times, Column(Kind.FLOAT, used.column.data.astype(np.float64), used.column.quality))
    return _reduced(np.add)(wide, counts, windows)


def _mean(used: Series, counts: np.ndarray, windows: Windows) -> np.ndarray:
    return np.asarray(_sum(used, counts, windows) / np.maximum(counts, 1))


def _deviation(used: Series, counts: np.ndarray, windows: Windows) -> np.ndarray:
    """About each window's own mean, so that large levels cost no digits."""
    place = used.times // windows.length_ns - windows.first
    apart = used.column.data - _mean(used, counts, windows)[place]
    squares = Series(used.times, Column(Kind.FLOAT, apart * apart, used.column.quality))
    result: np.ndarray = np.sqrt(_mean(squares, counts, windows))
    return result


def _edge(place_of: Callable[[np.ndarray], np.ndarray]) -> Callable[[Series, np.ndarray, Windows], np.ndarray]:
    def apply(used: Series, counts: np.ndarray, windows: Windows) -> np.ndarray:
        if not len(used):
            return np.zeros(windows.count, dtype_of(used.column.kind))
        return np.asarray(used.column.data[np.clip(place_of(counts), 0, len(used) - 1)])

    return apply


_SAMPLES: dict[str, Callable[[Series, np.ndarray, Windows], np.ndarray]] = {
    "avg": _mean,
    "min": _reduced(np.minimum),
    "max": _reduced(np.maximum),
    "sum": _sum,
    "stddev": _deviation,
    "first": _edge(lambda counts: np.cumsum(counts) - counts),
    "last": _edge(lambda counts: np.cumsum(counts) - 1),
}


def _delta(kind: Kind, rows: Series, windows: Windows, hold_ns: int) -> Column:
    """Last value less the one before the window; without one, less the window's first."""
    used = _usable(rows)
    before = used.at(windows.ends - windows.length_ns - 1, hold_ns)
    counts = _counts(used.cut(windows.start_ns, windows.end_ns).times, windows)
    end = used.at(windows.ends - 1, hold_ns)
    inside = used.cut(windows.start_ns, windows.end_ns)
    first = _SAMPLES["first"](inside, counts, windows)
    begin = np.where(before.usable, before.data, first)
    without = ~end.usable | (~before.usable & (counts == 0))
    quality = _quality(rows.cut(windows.start_ns, windows.end_ns), inside, counts, windows)
    return no_data(kind, quality, end.data - begin, without)


def _rate(kind: Kind, rows: Series, windows: Windows, hold_ns: int) -> Column:
    grown = _delta(Kind.FLOAT, rows, windows, hold_ns)
    return Column(kind, grown.data / (windows.length_ns / NS_PER_S), grown.quality)


def _standing(rows: Series, windows: Windows, hold_ns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Σ value·ns, Σ ns and the worst quality of usable values by window; each row stands until the next or the hold."""
    follows = np.append(rows.times[1:], windows.end_ns)
    ends = np.minimum(np.minimum(follows, rows.times + hold_ns), windows.end_ns)
    starts = np.maximum(rows.times, windows.start_ns)
    used = np.flatnonzero(rows.column.usable & (ends > starts))
    starts, ends = starts[used], ends[used]
    first = starts // windows.length_ns
    pieces = (ends - 1) // windows.length_ns - first + 1
    row = np.repeat(np.arange(len(used)), pieces)
    window = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begin = np.maximum(starts[row], window * windows.length_ns)
    stood = np.minimum(ends[row], (window + 1) * windows.length_ns) - begin
    place = window - windows.first
    data = rows.column.data[used].astype(np.float64)[row]
    total = np.bincount(place, data * stood, windows.count)[: windows.count]
    covered = np.bincount(place, stood, windows.count)[: windows.count]
    quality = np.zeros(windows.count, np.uint16)
    np.maximum.at(quality, place, rows.column.quality[used][row])
    return total, covered, quality


def _time_weighted(kind: Kind, rows: Series, windows: Windows, hold_ns: int) -> Column:
    total, covered, quality = _partly(rows, windows, hold_ns)
    return no_data(kind, quality, total / np.maximum(covered, 1), covered == 0)


def _duration(kind: Kind, rows: Series, windows: Windows, hold_ns: int) -> Column:
    total, covered, quality = _partly(rows, windows, hold_ns)
    return no_data(kind, quality, total / NS_PER_S, covered == 0)


def _partly(rows: Series, windows: Windows, hold_ns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `_standing`; uncertain where bad rows stand in the window too."""
    total, covered, quality = _standing(rows, windows, hold_ns)
    bad = rows.cut(windows.start_ns, windows.end_ns)
    spoiled = _counts(bad.times[bad.column.quality >= BAD], windows) > 0
    marked = spoiled & (quality < UNCERTAIN_SUB_NORMAL)
    return total, covered, np.where(marked, UNCERTAIN_SUB_NORMAL, quality).astype(np.uint16)


_STEPS: dict[str, Callable[[Kind, Series, Windows, int], Column]] = {
    "delta": _delta,
    "rate": _rate,
    "time_weighted": _time_weighted,
    "duration": _duration,
}

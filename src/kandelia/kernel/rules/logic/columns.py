"""Samples of one signal as numpy columns, and how columns are joined by time."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kandelia.base.quality import BAD, BAD_NO_DATA
from kandelia.base.samples import Kind, make_batch, times_ns

CODES = (Kind.INTEGER, Kind.BOOLEAN, Kind.ENUMERATION)
_TYPES = {Kind.FLOAT: np.float64, Kind.TEXT: np.object_}


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one kind with their qualities; where the quality is bad there is no usable value.

    `data` is float64, int64 (integer, boolean, enumeration) or object (text).
    """

    kind: Kind
    data: np.ndarray
    quality: np.ndarray  # uint16

    @property
    def usable(self) -> np.ndarray:
        """True where there is a good or uncertain value."""
        found: np.ndarray = self.quality < BAD
        return found

    def take(self, places: np.ndarray | slice) -> "Column":
        """The rows at these places; of a slice without a copy."""
        return Column(self.kind, self.data[places], self.quality[places])


@dataclass(frozen=True, slots=True)
class Series:
    """One signal by time: `times` (int64 ns) rise strictly."""

    times: np.ndarray
    column: Column

    def __len__(self) -> int:
        return len(self.times)

    def cut(self, start_ns: int, end_ns: int) -> "Series":
        """The rows in [start, end)."""
        first, last = np.searchsorted(self.times, (start_ns, end_ns))
        return Series(self.times[first:last], self.column.take(slice(int(first), int(last))))

    def at(self, instants: np.ndarray, hold_ns: int) -> Column:
        """The newest row at or before each instant; what is older than `hold_ns`, or missing, is BAD_NO_DATA."""
        if not len(self.times):
            return nothing(self.column.kind, len(instants))
        if np.array_equal(self.times, instants):  # nothing to align
            return self.column
        places = np.searchsorted(self.times, instants, "right") - 1
        known = places >= 0
        places = np.maximum(places, 0)
        known &= instants - self.times[places] <= hold_ns
        found = self.column.take(places)
        return Column(found.kind, found.data, np.where(known, found.quality, BAD_NO_DATA).astype(np.uint16))


def dtype_of(kind: Kind) -> type:
    """What `Column.data` holds for a kind."""
    return _TYPES.get(kind, np.int64)


def nothing(kind: Kind, rows: int) -> Column:
    """Rows without a value."""
    return Column(kind, np.zeros(rows, dtype_of(kind)), np.full(rows, BAD_NO_DATA, np.uint16))


def empty_series(kind: Kind) -> Series:
    """No rows."""
    return Series(np.zeros(0, np.int64), nothing(kind, 0))


def worst(qualities: Iterable[np.ndarray]) -> np.ndarray:
    """Row by row the worst by severity; of two alike the first."""
    result: np.ndarray | None = None
    for quality in qualities:
        result = quality if result is None else np.where(quality >> 14 > result >> 14, quality, result)
    assert result is not None  # noqa: S101 — every expression reads a signal
    return result


def series_of(batch: pa.RecordBatch | pa.Table, kind: Kind) -> Series:
    """Rows of one signal in SCHEMA (or with more columns) and any order; of equal times the last row stands."""
    if isinstance(batch, pa.Table):
        batch = batch.combine_chunks().to_batches()[0] if batch.num_rows else None
    if batch is None or not batch.num_rows:
        return empty_series(kind)
    times = times_ns(batch)
    places = _last_of_each(times)
    quality = batch.column("quality").to_numpy()
    missing = batch.column("kind").to_numpy() == Kind.MISSING
    quality = np.where(missing & (quality < BAD), BAD_NO_DATA, quality).astype(np.uint16)
    if kind is Kind.TEXT:
        data = np.array(batch.column("text").to_pylist(), object)
    else:
        data = batch.column("value" if kind is Kind.FLOAT else "integer").to_numpy()
    return Series(times[places], Column(kind, data, quality).take(places))


def all_times(series: Iterable[Series]) -> np.ndarray:
    """Every instant at which one of them has a row, once, in order."""
    found = [one.times for one in series if len(one)]
    if not found:
        return np.zeros(0, np.int64)
    if all(np.array_equal(found[0], one) for one in found[1:]):
        return found[0]
    times = np.sort(np.concatenate(found), kind="stable")  # what is sorted in parts is merged
    return np.asarray(times[np.append(True, times[1:] != times[:-1])])


def _last_of_each(times: np.ndarray) -> np.ndarray:
    """Places in time order, the last of equal times alone."""
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    kept: np.ndarray = order[np.append(ordered[1:] != ordered[:-1], True)] if len(order) else order
    return kept


def joined(earlier: Series, later: Series) -> Series:
    """Both in one; where both have a time, `later` stands."""
    if not len(earlier) or not len(later):
        return later if len(later) else earlier
    if later.times[0] > earlier.times[-1]:
        places: np.ndarray | slice = slice(None)
    else:
        places = _last_of_each(np.concatenate([earlier.times, later.times]))
    data = np.concatenate([earlier.column.data, later.column.data])[places]
    quality = np.concatenate([earlier.column.quality, later.column.quality])[places]
    times = np.concatenate([earlier.times, later.times])[places]
    return Series(times, Column(later.column.kind, data, quality))


def differing(fresh: Series, known: Series) -> np.ndarray:
    """Which rows of `fresh` are not in `known` with the same value and quality."""
    if not len(known) or not len(fresh):
        return np.ones(len(fresh), bool)
    places = np.minimum(np.searchsorted(known.times, fresh.times), len(known) - 1)
    there = known.column.take(places)
    same_value = (fresh.column.data == there.data) | ~fresh.column.usable
    same = (known.times[places] == fresh.times) & (there.quality == fresh.column.quality) & same_value
    return np.asarray(~same)


def batch_of(number: int, series: Series) -> pa.RecordBatch:
    """Rows of SCHEMA; without a usable value they are of kind MISSING."""
    column, rows = series.column, len(series)
    usable = column.usable
    kinds = np.where(usable, int(column.kind), int(Kind.MISSING)).astype(np.uint8)
    value = np.where(usable, column.data, 0.0) if column.kind is Kind.FLOAT else np.zeros(rows)
    integer = np.where(usable, column.data, 0).astype(np.int64) if column.kind in CODES else np.zeros(rows, np.int64)
    text = [str(one) if good else "" for one, good in zip(column.data, usable, strict=True)]
    return make_batch(
        number,
        series.times,
        quality=column.quality,
        kind=kinds,
        value=value,
        integer=integer,
        text=text if column.kind is Kind.TEXT else "",
    )

"""The newest sample of each signal, in columns, so that a batch costs the same few numpy calls whatever its length.

A signal gets a slot when it becomes known and keeps it: numbers are never reused (kernel/signals).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from kandelia.base.clock import NS_PER_MS, NS_PER_S
from kandelia.base.samples import Kind, times_ns

AHEAD_S_MAX = 86_400  # a source clock further ahead would hold "newest" for good; such samples are not shown live
SLOTS_GROWTH = 2
_WHOLE = (Kind.INTEGER, Kind.ENUMERATION)


class NewestValues:
    """Newest by source time wins; of equal times the later arrival."""

    def __init__(self) -> None:
        self._sorted = np.empty(0, np.uint32)  # known numbers, ascending
        self._slot_of = np.empty(0, np.int64)  # their slots, in the same order
        self._organisations: dict[str, int] = {}
        self._used = 0
        self._allocate(1_024)

    def _allocate(self, slots: int) -> None:
        self._number = np.zeros(slots, np.uint32)
        self._owner = np.full(slots, -1, np.int32)  # -1: no longer known
        self._time = np.zeros(slots, np.int64)  # 0: nothing yet
        self._quality = np.zeros(slots, np.uint16)
        self._kind = np.zeros(slots, np.uint8)
        self._value = np.zeros(slots, np.float64)
        self._integer = np.zeros(slots, np.int64)
        self._text = np.full(slots, "", object)
        self._changed = np.zeros(slots, bool)

    def _grow(self, slots: int) -> None:
        columns = [name for name, held in vars(self).items() if isinstance(held, np.ndarray) and name in _COLUMNS]
        old = {name: getattr(self, name) for name in columns}
        self._allocate(slots)
        for name, held in old.items():
            getattr(self, name)[: len(held)] = held

    def track(self, owners: Mapping[int, str]) -> list[int]:
        """From now on these numbers are known, each to its organisation; returns those that are new."""
        known = dict(zip(self._sorted.tolist(), self._slot_of.tolist(), strict=True))
        fresh = sorted(set(owners) - set(known))
        if self._used + len(fresh) > len(self._number):
            self._grow(max(self._used + len(fresh), SLOTS_GROWTH * len(self._number)))
        for number in fresh:
            known[number] = self._used
            self._number[self._used] = number
            self._used += 1
        self._owner[:] = -1
        for number, organisation in owners.items():
            self._owner[known[number]] = self._organisations.setdefault(organisation, len(self._organisations))
        order = np.array(sorted(known), np.uint32)
        self._slot_of = np.array([known[number] for number in order.tolist()], np.int64)
        self._sorted = order
        return fresh

    def slots(self, numbers: Sequence[int] | np.ndarray, organisation: str) -> np.ndarray:
        """The slot of each number, -1 where it is unknown or another organisation's."""
        wanted = np.asarray(numbers, np.uint32)
        if not len(self._sorted):
            return np.full(len(wanted), -1, np.int64)
        place = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        slots = np.where(self._sorted[place] == wanted, self._slot_of[place], -1)
        owner = self._organisations.get(organisation, -2)
        return np.where((slots >= 0) & (self._owner[slots] == owner), slots, -1)

    def apply(self, batch: pa.RecordBatch, organisation: str, now_ns: int) -> int:
        """Take what is newer than what is held; returns how many rows are of known signals."""
        times = times_ns(batch)
        slots = self.slots(batch.column("signal").to_numpy(), organisation)
        rows = np.flatnonzero((slots >= 0) & (times <= now_ns + AHEAD_S_MAX * NS_PER_S) & (times > 0))
        known = len(rows)
        if known > 1 and (np.diff(times[rows]) < 0).any():
            rows = rows[np.argsort(times[rows], kind="stable")]
        rows = rows[times[rows] >= self._time[slots[rows]]]
        if len(rows):
            self._store(batch, rows, slots[rows], times)
        return known

    def _store(self, batch: pa.RecordBatch, rows: np.ndarray, slots: np.ndarray, times: np.ndarray) -> None:
        winner = np.full(self._used, -1, np.int64)
        winner[slots] = rows  # of repeated slots numpy keeps the last: rows go up in time
        slots = np.flatnonzero(winner >= 0)
        rows = winner[slots]
        kinds = batch.column("kind").to_numpy()[rows]
        columns = {
            "_quality": batch.column("quality").to_numpy()[rows],
            "_kind": kinds,
            "_value": batch.column("value").to_numpy()[rows],
            "_integer": batch.column("integer").to_numpy()[rows],
        }
        same = self._time[slots] == times[rows]
        for name, column in columns.items():
            same &= getattr(self, name)[slots] == column
            getattr(self, name)[slots] = column
        self._time[slots] = times[rows]
        texts = kinds == Kind.TEXT
        if texts.any():
            self._text[slots[texts]] = batch.column("text").take(pa.array(rows[texts])).to_pylist()
            same &= ~texts
        self._changed[slots[~same]] = True

    def take_changed(self) -> np.ndarray:
        """Which slots changed since the last call, as a mask over all slots."""
        changed, self._changed = self._changed, np.zeros(len(self._changed), bool)
        return changed

    def rows(self, slots: np.ndarray) -> list[list[object]]:
        """[number, time_ms, value, quality] of the slots that hold a sample; value None where it is missing."""
        slots = slots[self._time[slots] > 0]
        kinds = self._kind[slots]
        values = self._value[slots].astype(object)
        whole = np.isin(kinds, _WHOLE)
        values[whole] = self._integer[slots[whole]]
        truth = kinds == Kind.BOOLEAN
        values[truth] = self._integer[slots[truth]] != 0
        values[kinds == Kind.TEXT] = self._text[slots[kinds == Kind.TEXT]]
        values[kinds == Kind.MISSING] = None
        columns = (
            self._number[slots].tolist(),
            (self._time[slots] // NS_PER_MS).tolist(),
            values.tolist(),
            self._quality[slots].tolist(),
        )
        return [list(row) for row in zip(*columns, strict=True)]

    @property
    def known(self) -> int:
        """How many signals have an owner."""
        return int((self._owner >= 0).sum())


_COLUMNS = ("_number", "_owner", "_time", "_quality", "_kind", "_value", "_integer", "_text", "_changed")

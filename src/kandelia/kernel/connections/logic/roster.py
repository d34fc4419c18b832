"""The signals of one connection as look-up arrays, and what is remembered of each while it runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from kandelia.base.samples import SOURCE_AHEAD_NS_MAX
from kandelia.kernel.connections.drivers import Item

NEVER = np.iinfo(np.int64).min


@dataclass
class Roster:
    """Arrays aligned to `numbers` (sorted).

    `newest_ns` is the latest source time handed on of each signal, NEVER before the first; `stored_ns` the latest that
    the bus has acknowledged; `gap_ns` the time of the gap mark that is open, NEVER where there is none.
    """

    numbers: np.ndarray
    kinds: np.ndarray
    newest_ns: np.ndarray
    gap_ns: np.ndarray
    stored_ns: np.ndarray

    @classmethod
    def of(cls, items: Iterable[Item], before: Self | None = None) -> Self:
        """A roster of these items that remembers what `before` knew of those that stay."""
        ordered = sorted(items, key=lambda item: item.number)
        roster = cls(
            numbers=np.array([item.number for item in ordered], dtype=np.uint32),
            kinds=np.array([item.kind for item in ordered], dtype=np.uint8),
            newest_ns=np.full(len(ordered), NEVER, dtype=np.int64),
            gap_ns=np.full(len(ordered), NEVER, dtype=np.int64),
            stored_ns=np.full(len(ordered), NEVER, dtype=np.int64),
        )
        if before is not None:
            place, known = before.places(roster.numbers)
            roster.newest_ns[known] = before.newest_ns[place[known]]
            roster.gap_ns[known] = before.gap_ns[place[known]]
            roster.stored_ns[known] = before.stored_ns[place[known]]
        return roster

    def places(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(index of each number, True where it is known); the index means nothing where it is not."""
        if not len(self.numbers):
            return np.zeros(len(numbers), dtype=np.int64), np.zeros(len(numbers), dtype=bool)
        place = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        return place, self.numbers[place] == numbers

    def note_stored(self, numbers: np.ndarray, times: np.ndarray) -> None:
        """The bus has these rows on disk."""
        place, known = self.places(numbers)
        np.maximum.at(self.stored_ns, place[known], times[known])

    def open_since(self, waiting: Iterable[int]) -> np.ndarray:
        """`stored_ns` of the signals of which something is not acknowledged, NEVER for all others.

        `waiting` are the numbers of signals whose rows are not handed on yet.
        """
        open_ = self.newest_ns > self.stored_ns
        unsent = list(waiting)
        if unsent:
            open_ |= np.isin(self.numbers, unsent)
        return np.where(open_, self.stored_ns, NEVER)

    def forget_ahead(self, now_ns: int) -> None:
        """Times further ahead than SOURCE_AHEAD_NS_MAX come from a clock that was wrong; history holds none of them.

        Without this every mark and confirmation behind them would lie as far ahead, and be refused as well.
        """
        for times in (self.newest_ns, self.gap_ns, self.stored_ns):
            np.copyto(times, now_ns, where=times > now_ns + SOURCE_AHEAD_NS_MAX)

    def open_gap(self, at_ns: int, chosen: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Begin a gap for all signals (or the chosen places) that have none; (numbers, times) of the marks.

        A mark stands at `at_ns`, or just after the newest sample where that is later.
        """
        due = self.gap_ns == NEVER
        if chosen is not None:
            due &= chosen
        times = np.maximum(self.newest_ns[due], at_ns - 1) + 1
        self.gap_ns[due] = times
        return self.numbers[due], times

"""One unit, polled on a fixed grid: what it answers goes to the sink, what it refuses is found, its silence is kept
from everybody else.
"""

import asyncio
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from kandelia.base.quality import BAD_COMMUNICATION, BAD_DEVICE_FAILURE, BAD_NO_COMMUNICATION, BAD_NODE_UNKNOWN
from kandelia.drivers.modbus.config import ModbusConfig
from kandelia.drivers.modbus.frames import (
    GATEWAY_PATH,
    GATEWAY_TARGET,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    Damaged,
    Refused,
    read_answer,
    read_request,
)
from kandelia.drivers.modbus.link import Gone, Link, Silent
from kandelia.drivers.modbus.plan import Group, Limits, Piece, Wanted, group_of, pieces_of, smaller
from kandelia.sdk.drivers import Sink

MISSES_MAX = 2  # one lost answer costs one sample; the second in a row is silence
SILENT_FIRST_S = 1.0
SILENT_MAX_S = 30.0  # between two questions to a silent unit
RECHECK_S = 60.0  # of what a unit refused though it was had before
_ILLEGAL = (ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE)


@dataclass
class UnitPoller:
    """Guarantees: polls keep to their grid, those that are missed are left out and never caught up; one unanswered
    poll is one missing sample, the second marks each signal bad once and from then on the unit is only asked at
    growing distances, up to SILENT_MAX_S; an address that is refused is found among its neighbours, which go on.
    """

    unit: int
    link: Link
    config: ModbusConfig
    sink: Sink
    groups: dict[int, Group] = field(default_factory=dict)  # by period
    bad: dict[int, tuple[Wanted, str]] = field(default_factory=dict)
    announced: set[int] = field(default_factory=set)  # of `bad`: told as refused, not asked again
    polls: int = 0  # begun
    late_s: float = 0.0  # by which the newest of them began behind its grid
    silent: bool = False
    _due_s: dict[int, float] = field(default_factory=dict)
    _fresh: set[int] = field(default_factory=set)  # periods that were not polled yet in their present form
    _misses: int = 0
    _told: dict[int, int] = field(default_factory=dict)
    _recheck_s: float = 0.0
    _first: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def change(self, items: Sequence[Wanted], sink: Sink) -> None:
        """Other items from the next poll on; the grid of those that stay is kept, what was refused is asked again."""
        self.sink = sink
        self.bad, self.announced = {}, set()
        wanted = {one.item.number for one in items}
        self._told = {number: told for number, told in self._told.items() if number in wanted}
        limits = Limits(self.config.gap, self.config.registers_max, self.config.bits_max)
        former, self.groups = self.groups, {}
        for period in sorted({one.item.period_ms for one in items}):
            of_period = [one for one in items if one.item.period_ms == period]
            kept = former.get(period)
            same = kept is not None and {w.item for piece in kept.pieces for w in piece} == {w.item for w in of_period}
            self.groups[period] = kept if kept is not None and same else group_of(period, pieces_of(of_period, limits))
            if not same:
                self._fresh.add(period)
            self._due_s.setdefault(period, self._grid(period))
        self._first.clear()
        self._changed.set()

    async def first(self) -> None:
        """Returns once everything has been asked for once, answered or not."""
        await self._first.wait()

    def give_up(self) -> None:
        """Nobody shall wait for the first answers any more."""
        self._first.set()

    async def run(self) -> None:
        """Poll until the link is gone."""
        try:
            while True:
                self._changed.clear()
                await self._ask_fresh()
                self._first.set()
                period = min(self.groups, key=self._due_s.__getitem__)
                if await self._wait(self._due_s[period]):
                    continue
                self.polls += 1
                self.late_s = time.monotonic() - self._due_s[period]
                await self._poll(period)
                self._due_s[period] = self._next(self._due_s[period], period)
                await self._recheck()
        except Gone:
            self._first.set()

    async def _ask_fresh(self) -> None:
        for period in sorted(self._fresh & set(self.groups)):
            self._fresh.discard(period)
            await self._poll(period)

    async def _wait(self, until_s: float) -> bool:
        """Until then; True when the items changed before."""
        rest_s = until_s - time.monotonic()
        if rest_s <= 0:
            return False
        try:
            async with asyncio.timeout(rest_s):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def _grid(self, period_ms: int) -> float:
        """Units are spread over a period, so that they do not all ask at once."""
        seed = zlib.crc32(f"{self.config.where}/{self.unit}/{period_ms}".encode())
        return time.monotonic() + period_ms / 1_000 * ((seed % 1_000 + 1) / 1_000)

    @staticmethod
    def _next(due_s: float, period_ms: int) -> float:
        period_s = period_ms / 1_000
        missed = max(0, int((time.monotonic() - due_s) / period_s))
        return due_s + (missed + 1) * period_s

    async def _poll(self, period: int) -> None:
        """One poll, or while the unit is silent one question at a time until it answers."""
        try:
            await self._read(period)
            self._misses, self.silent = 0, False
        except Silent:
            self._misses += 1
            if self._misses >= MISSES_MAX:
                await self._outlast_silence(period)

    async def _outlast_silence(self, period: int) -> None:
        self._tell([n for group in self.groups.values() for n in group.numbers.tolist()], BAD_NO_COMMUNICATION)
        delay_s, self.silent = SILENT_FIRST_S, True
        while not self._changed.is_set():
            self._first.set()
            if await self._wait(time.monotonic() + delay_s):
                return
            delay_s = min(delay_s * 2, SILENT_MAX_S)
            try:
                await self._read(period)
            except Silent:
                continue
            self._misses, self.silent = 0, False
            return

    async def _read(self, period: int) -> None:
        """Ask for all blocks of a group and hand the rows on."""
        group = self.groups[period]
        if not group.blocks:
            return
        times = np.zeros(len(group.blocks), dtype=np.int64)
        faults = np.zeros(len(group.blocks), dtype=np.uint16)
        refused: list[tuple[Piece, Refused]] = []
        for place, block in enumerate(group.blocks):
            try:
                group.take(place, await self._answer(block.request))
            except Refused as error:
                faults[place] = BAD_NODE_UNKNOWN if error.code in _ILLEGAL else BAD_DEVICE_FAILURE
                if error.code in _ILLEGAL:
                    refused.append((group.pieces[place], error))
            except Damaged as error:
                faults[place] = BAD_COMMUNICATION
                self.sink.fault(f"unit {self.unit}: {error}")
            times[place] = time.time_ns()
        self._hand_on(group, times, faults, {w.item.number for piece, _ in refused for w in piece})
        if refused:
            await self._part(period, refused)

    async def _answer(self, request: bytes) -> bytes:
        """The data of a read; a gateway that cannot reach the unit is a unit that is silent."""
        try:
            return read_answer(request, await self.link.ask(self.unit, request))
        except Refused as error:
            self.sink.alive()
            if error.code in (GATEWAY_PATH, GATEWAY_TARGET):
                raise Silent from error
            raise

    def _hand_on(self, group: Group, times: np.ndarray, faults: np.ndarray, parting: set[int]) -> None:
        values, qualities = group.rows()
        row_times = times[group.block_of_row]
        if not faults.any():
            if self._told:
                self._told = {n: told for n, told in self._told.items() if n in self.bad}
            self.sink.add(group.numbers, row_times, qualities, values)
            return
        row_faults = faults[group.block_of_row]
        good = np.flatnonzero(row_faults == 0)
        numbers = group.numbers[good]
        if len(good):
            self.sink.add(numbers, row_times[good], qualities[good], [values[row] for row in good.tolist()])
        for number in numbers.tolist():
            self._told.pop(number, None)
        for fault in np.unique(row_faults[row_faults != 0]).tolist():
            self._tell([n for n in group.numbers[row_faults == fault].tolist() if n not in parting], fault)

    def _tell(self, numbers: Iterable[int], quality: int) -> None:
        """One row without value for each signal of which this was not the last word."""
        news = [number for number in numbers if self._told.get(number) != quality]
        self._told.update(dict.fromkeys(news, quality))
        if news:
            rows = len(news)
            self.sink.add(news, [time.time_ns()] * rows, [quality] * rows, [None] * rows)

    async def _part(self, period: int, refused: list[tuple[Piece, Refused]]) -> None:
        """Replace the pieces that are refused as a whole by such that are not."""
        working: list[Piece] = []
        for piece, error in refused:
            working += await self._working(piece, error)
        gone = {piece for piece, _ in refused}
        kept = [piece for piece in self.groups[period].pieces if piece not in gone]
        self.groups[period] = group_of(period, [*kept, *working])
        self._recheck_s = time.monotonic() + RECHECK_S

    async def _working(self, piece: Piece, error: Refused) -> list[Piece]:
        """The parts of a refused piece that the unit answers; single items that it does not are noted as bad."""
        if len(piece) == 1 or error.code == ILLEGAL_FUNCTION:
            for wanted in piece:
                self.bad[wanted.item.number] = (wanted, _reason(wanted, error))
            self._tell([wanted.item.number for wanted in piece], BAD_NODE_UNKNOWN)
            return []
        found: list[Piece] = []
        for part in smaller(piece):
            try:
                await self._answer(_request(part))
            except Refused as refusal:
                found += await self._working(part, refusal) if refusal.code in _ILLEGAL else [part]
            except Damaged:
                found.append(part)
            else:
                found.append(part)
        return found

    async def _recheck(self) -> None:
        """What was had before and then refused is asked for again now and then."""
        if time.monotonic() < self._recheck_s:
            return
        for number, (wanted, _) in [*self.bad.items()]:
            if number not in self.announced and await self._is_back((wanted,)):
                del self.bad[number]
                period = wanted.item.period_ms
                self.groups[period] = group_of(period, [*self.groups[period].pieces, (wanted,)])
        self._recheck_s = time.monotonic() + RECHECK_S

    async def _is_back(self, piece: Piece) -> bool:
        try:
            await self._answer(_request(piece))
        except (Refused, Damaged, Silent):
            return False
        return True


def _request(piece: Piece) -> bytes:
    start = piece[0].address.start
    count = max(w.address.start + w.address.count for w in piece) - start
    return read_request(piece[0].address.table, start, count)


def _reason(wanted: Wanted, error: Refused) -> str:
    """With the usual mistake named: a manual's 40010 taken for an address on the wire."""
    address = wanted.address
    hint = ""
    leading = {"holding": "4", "input": "3", "discrete": "1"}.get(str(address.table), "")
    if leading and str(address.start).startswith(leading) and len(str(address.start)) == 5:
        hint = f"; if the manual counts from {leading}0001, write register={address.start}"
    return f"{wanted.item.address}: {error} (unit {address.unit}, {address.table} {address.start}){hint}"

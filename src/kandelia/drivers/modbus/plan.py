"""What is asked of a unit in one poll, and how the answers become rows: worked out once, used each period.

A piece is the items that one request fetches. Pieces come from the items by merging what lies close together; a
device that refuses a piece (it has holes that may not be read) gets it in smaller ones.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kandelia.drivers.modbus.addresses import Address
from kandelia.drivers.modbus.frames import read_request
from kandelia.drivers.modbus.values import (
    EXACT,
    FAULT_TEXT,
    WORD,
    decode_numbers,
    decode_text,
    scaled,
    scales_of,
)
from kandelia.sdk.drivers import Item, Kind

Decode = Callable[[np.ndarray, np.ndarray], tuple[list[Any], np.ndarray | None]]  # registers, bits → values, faults


@dataclass(frozen=True, slots=True)
class Wanted:
    """An item whose address is understood."""

    item: Item
    address: Address


Piece = tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one request reaches: the protocol's limits or the device's own."""

    gap: int
    registers_max: int
    bits_max: int


def pieces_of(items: Iterable[Wanted], limits: Limits) -> list[Piece]:
    """Items of one unit as few requests; what lies further apart than `gap` is asked for by itself."""
    pieces: list[list[Wanted]] = []
    end, table = -1, None
    for wanted in sorted(items, key=lambda w: (w.address.table, w.address.start, w.address.count)):
        address = wanted.address
        most = limits.bits_max if address.table.of_bits else limits.registers_max
        gap = limits.gap * 16 if address.table.of_bits else limits.gap
        near = table is address.table and address.start <= end + gap
        if near and max(end, address.start + address.count) - pieces[-1][0].address.start <= most:
            pieces[-1].append(wanted)
            end = max(end, address.start + address.count)
        else:
            pieces.append([wanted])
            end, table = address.start + address.count, address.table
    return [tuple(piece) for piece in pieces]


def smaller(piece: Piece) -> list[Piece]:
    """The piece in smaller ones: without its gaps, else in halves. One item cannot be made smaller."""
    close = pieces_of(piece, Limits(0, 2_000, 2_000))
    if len(close) > 1:
        return close
    middle = len(piece) // 2
    return [piece[:middle], piece[middle:]]


@dataclass(frozen=True, slots=True)
class Block:
    """One request: `at` is where its answer stands in the group's array of registers, or of bits."""

    request: bytes
    of_bits: bool
    count: int
    at: int


@dataclass(frozen=True, slots=True)
class _Lane:
    """Rows from `first` on that are decoded together."""

    first: int
    rows: int
    decode: Decode


@dataclass(frozen=True)
class Group:
    """All that one unit is asked for with one period. Rows stand in the order of the lanes."""

    period_ms: int
    pieces: tuple[Piece, ...]
    blocks: tuple[Block, ...]
    numbers: np.ndarray  # of each row
    block_of_row: np.ndarray
    registers: np.ndarray  # WORD
    bits: np.ndarray  # 0 or 1
    lanes: tuple[_Lane, ...] = field(repr=False, default=())

    def take(self, place: int, data: bytes) -> None:
        """Keep the answer of a block until `rows`."""
        block = self.blocks[place]
        if block.of_bits:
            bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
            self.bits[block.at : block.at + block.count] = bits[: block.count]
        else:
            self.registers[block.at : block.at + block.count] = np.frombuffer(data, dtype=WORD)

    def rows(self) -> tuple[list[Any], np.ndarray]:
        """Values and qualities of all rows, as the blocks stand now."""
        values: list[Any] = []
        qualities = np.zeros(len(self.numbers), dtype=np.uint16)
        for lane in self.lanes:
            decoded, faults = lane.decode(self.registers, self.bits)
            values += decoded
            if faults is not None:
                qualities[lane.first : lane.first + lane.rows] = faults
        return values, qualities


def group_of(period_ms: int, pieces: Sequence[Piece]) -> Group:
    """The plan for these pieces, each one request."""
    blocks: list[Block] = []
    placed: dict[tuple[Any, ...], list[tuple[Wanted, int, int]]] = {}  # lane → (item, block, index of its first)
    sizes = {True: 0, False: 0}
    for piece in pieces:
        start = piece[0].address.start
        count = max(w.address.start + w.address.count for w in piece) - start
        table = piece[0].address.table
        at = sizes[table.of_bits]
        sizes[table.of_bits] += count
        for wanted in piece:
            place = (wanted, len(blocks), at + wanted.address.start - start)
            placed.setdefault(_lane_key(wanted), []).append(place)
        blocks.append(Block(read_request(table, start, count), table.of_bits, count, at))
    lanes, first = [], 0
    for members in placed.values():
        lanes.append(_lane(first, members))
        first += len(members)
    rows = [member for members in placed.values() for member in members]
    return Group(
        period_ms=period_ms,
        pieces=tuple(pieces),
        blocks=tuple(blocks),
        numbers=np.array([wanted.item.number for wanted, _, _ in rows], dtype=np.int64),
        block_of_row=np.array([block for _, block, _ in rows], dtype=np.int64),
        registers=np.zeros(sizes[False], dtype=WORD),
        bits=np.zeros(sizes[True], dtype=np.uint8),
        lanes=tuple(lanes),
    )


def _lane_key(wanted: Wanted) -> tuple[Any, ...]:
    address, kind = wanted.address, wanted.item.kind
    if address.table.of_bits:
        return (True, kind is Kind.BOOLEAN)
    if address.type == "string":
        return (False, "string", wanted.item.number)
    return (False, address.type, address.order, address.scaled, kind)


def _lane(first: int, members: Sequence[tuple[Wanted, int, int]]) -> _Lane:
    wanted, _, at = members[0]
    address, kind = wanted.address, wanted.item.kind
    starts = np.array([place for _, _, place in members], dtype=np.int64)
    if address.table.of_bits:
        decode = _bits(starts, boolean=kind is Kind.BOOLEAN)
    elif address.type == "bool":
        places = np.array([member.address.bit for member, _, _ in members], dtype=np.int64)
        decode = _register_bits(starts, places, boolean=kind is Kind.BOOLEAN)
    elif address.type == "string":
        decode = _text(address, at)
    else:
        decode = _numbers(address, kind, starts, scales_of([member.address for member, _, _ in members]))
    return _Lane(first, len(members), decode)


def _bits(starts: np.ndarray, *, boolean: bool) -> Decode:
    kind = np.bool_ if boolean else np.int64
    return lambda _registers, bits: (bits[starts].astype(kind).tolist(), None)


def _register_bits(starts: np.ndarray, places: np.ndarray, *, boolean: bool) -> Decode:
    kind = np.bool_ if boolean else np.int64

    def decode(registers: np.ndarray, _bits: np.ndarray) -> tuple[list[Any], None]:
        return ((registers[starts].astype(np.int64) >> places) & 1).astype(kind).tolist(), None

    return decode


def _text(address: Address, at: int) -> Decode:
    def decode(registers: np.ndarray, _bits: np.ndarray) -> tuple[list[Any], np.ndarray | None]:
        text = decode_text(registers[at : at + address.count], address.order, address.length)
        return [text], None if text is not None else np.array([FAULT_TEXT], dtype=np.uint16)

    return decode


def _numbers(address: Address, kind: Kind, starts: np.ndarray, scales: np.ndarray) -> Decode:
    places = starts[:, None] + np.arange(address.count)
    as_float = kind is Kind.FLOAT and address.type in EXACT

    def decode(registers: np.ndarray, _bits: np.ndarray) -> tuple[list[Any], np.ndarray | None]:
        values, faults = decode_numbers(registers[places], address.type, address.order)
        if address.scaled:
            values = scaled(values, scales)
        elif as_float:
            values = values.astype(np.float64)
        column = values.tolist()
        for row in () if faults is None else np.flatnonzero(faults).tolist():
            column[row] = None
        return column, faults

    return decode

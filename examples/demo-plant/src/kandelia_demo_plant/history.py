"""Months of history to Parquet: the same physics as live, in slices of time, with bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kandelia_demo_plant.declaration import Kind
from kandelia_demo_plant.faults import Effects
from kandelia_demo_plant.layout import Column
from kandelia_demo_plant.simulation import COUNTERS, Frame, PlantState, advance, begin, layout, run
from kandelia_demo_plant.smt_physics import CLEAN_EVERY, MICRO
from kandelia_demo_plant.wording import words

Array = np.ndarray[Any, Any]
SLICE_S = 900  # one row group
SCHEMA = pa.schema(
    [
        pa.field("signal", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("time", pa.timestamp("ns", "UTC"), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("integer", pa.int64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("quality", pa.uint16(), nullable=False),
        pa.field("kind", pa.uint8(), nullable=False),
    ]
)
_ENCODINGS = {
    "time": "DELTA_BINARY_PACKED",
    "value": "BYTE_STREAM_SPLIT",
    "integer": "DELTA_BINARY_PACKED",
}
_LED_BY = {"demand-start": "sub-energy", "demand-now": "sub-energy"}
_ROUNDS = {"boards": CLEAN_EVERY * MICRO, "mould-cycles": MICRO}
_DICTIONARY = ["signal", "text", "quality", "kind"]
Progress = Callable[[int, int], None]  # seconds done, seconds in all


@dataclass(frozen=True, slots=True)
class Block:
    """Signals that are written at the same seconds: their places in the layout and in their matrix."""

    kind: Kind
    period_s: int
    places: Array
    columns: Array


def write(file: Path, state: PlantState, seconds: int, progress: Progress) -> tuple[PlantState, int]:
    """Write the next `seconds` to `file`, complete or not at all; returns the state after and the rows."""
    rows, end = 0, state.time + seconds
    part = file.with_name(f"{file.name}.part")
    try:
        with _writer(part) as writer:
            recorder = Recorder()
            while state.time < end:
                state, frame = advance(state, min(SLICE_S, end - state.time), Effects())
                table = recorder.table(frame)
                rows += table.num_rows
                writer.write_table(table, row_group_size=table.num_rows)
                progress(seconds - (end - state.time), seconds)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return state, rows


def _writer(file: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        file, SCHEMA, compression="zstd", compression_level=1, use_dictionary=_DICTIONARY, column_encoding=_ENCODINGS
    )


class Recorder:
    """Turns frames into rows; signals sent on change are written when they change, and once at the beginning."""

    def __init__(self) -> None:
        plan = layout()
        self._names = pa.array([column.id for column in plan.columns], pa.string())
        self._blocks = list(_blocks())
        self._changing = [(i, c) for i, c in enumerate(plan.columns) if c.signal.on_change]
        self._changing_at = np.array([column.index for _, column in self._changing])
        self._last = np.full(len(self._changing), -1, dtype=np.int64)

    def table(self, frame: Frame) -> pa.Table:
        """The rows of one frame: block by block, within each by signal, then by time."""
        parts = [_rows(block, frame) for block in self._blocks]
        changed, texts = self._changes(frame)
        count = sum(len(part[0]) for part in parts)
        signal, time, value, integer, kind = (np.concatenate(c) for c in zip(*parts, changed, strict=True))
        return pa.Table.from_arrays(
            [
                pa.DictionaryArray.from_arrays(pa.array(signal), self._names),
                pa.array(time).cast(SCHEMA.field("time").type),
                pa.array(value),
                pa.array(integer),
                pa.concat_arrays([pa.repeat("", count), pa.array(texts, pa.string())]),
                pa.array(np.zeros(len(signal), dtype=np.uint16)),
                pa.array(kind),
            ],
            schema=SCHEMA,
        )

    def _changes(self, frame: Frame) -> tuple[tuple[Array, ...], list[str]]:
        codes = frame.codes[:, self._changing_at]
        before = np.vstack([self._last[None, :], codes[:-1]])
        self._last = codes[-1].copy()
        which, row = np.nonzero((codes != before).T)
        found = [self._changing[i] for i in which]
        kinds = np.array([column.signal.kind for _, column in found], dtype=np.uint8)
        chosen = codes[row, which]
        texts = [_text(column, int(code)) for (_, column), code in zip(found, chosen, strict=True)]
        rows = (
            np.array([place for place, _ in found], dtype=np.int32),
            frame.times[row] * 1_000_000_000,
            np.zeros(len(row)),
            np.where(kinds == Kind.TEXT, 0, chosen),
            kinds,
        )
        return rows, texts


def _blocks() -> Iterator[Block]:
    columns = list(enumerate(layout().columns))
    for kind, period in sorted({(c.signal.kind, c.signal.period_s) for _, c in columns if not c.signal.on_change}):
        members = [(i, c) for i, c in columns if c.signal.kind is kind and c.signal.period_s == period]
        members = [(i, c) for i, c in members if not c.signal.on_change]
        places = np.array([i for i, _ in members], dtype=np.int32)
        yield Block(kind, period, places, np.array([c.index for _, c in members]))


def _rows(block: Block, frame: Frame) -> tuple[Array, ...]:
    due = np.flatnonzero(frame.times % block.period_s == 0)
    rows = slice(None) if block.period_s == 1 else due
    count = len(due) * len(block.places)
    is_float = block.kind is Kind.FLOAT
    data = (frame.values if is_float else frame.codes)[rows][:, block.columns].T.ravel()
    return (
        np.repeat(block.places, len(due)),
        np.tile(frame.times[due] * 1_000_000_000, len(block.places)),
        data if is_float else np.zeros(count),
        np.zeros(count, dtype=np.int64) if is_float else data,
        np.full(count, block.kind, dtype=np.uint8),
    )


def _text(column: Column, code: int) -> str:
    return words(column, code) if column.signal.kind is Kind.TEXT else ""


def start_before(target: PlantState, seconds: int) -> PlantState:
    """The state `seconds` before `target` from which the counters arrive at the target's and never pass them."""
    start = begin(target.seed, target.time - seconds)
    end = run(start, seconds, Effects())
    totals = dict(start.totals)
    for name in COUNTERS:
        leader = _LED_BY.get(name, name)
        totals[name] = start.totals[name] + _shift(leader, target.totals[leader] - end.totals[leader])
    return replace(start, totals=totals | {"turning": start.totals["turning"]})


def _shift(name: str, missing: Array) -> Array:
    """Counters whose phase the physics see move by whole rounds, so that the second run meets what the first met."""
    whole = _ROUNDS.get(name, 1)
    result: Array = missing // whole * whole
    return result

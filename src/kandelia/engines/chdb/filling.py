"""Carrying values forward over a regular grid: what the engine answers is sparse, what is asked for is not."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kandelia.ports.history import AGGREGATE_SCHEMA, RAW_SCHEMA, WEIGHTED_SCHEMA, Window

SPARSE_SCHEMA = pa.schema(
    [pa.field("signal", pa.uint32()), pa.field("bucket", pa.int64())]
    + [field for field in WEIGHTED_SCHEMA if field.name not in ("signal", "time", "mean", "covered_s")]
    + [
        pa.field("area", pa.float64()),
        pa.field("covered_ns", pa.int64()),
        pa.field("head", pa.int64()),
        pa.field("tail", pa.float64()),
        pa.field("tail_numeric", pa.uint8()),
    ]
)
CLASH_SCHEMA = AGGREGATE_SCHEMA.append(pa.field("clash", pa.bool_()))
CELL_SCHEMA = pa.schema([pa.field("signal", pa.uint32()), pa.field("cell", pa.int64()), *list(RAW_SCHEMA)[1:]])
_ZERO_WHERE_ABSENT = ("count", "bad", "uncertain")


@dataclass(frozen=True, slots=True)
class Grid:
    """Signals (ascending) × `cells` steps of `step_ns` from `window.start_ns`."""

    signals: np.ndarray
    window: Window
    step_ns: int

    @property
    def cells(self) -> int:
        """How many steps begin inside the window."""
        return -(-(self.window.end_ns - self.window.start_ns) // self.step_ns)

    def values(self) -> dict[str, Any]:
        """The typed parameters of an aggregate over this grid."""
        return {
            "signals": self.signals.tolist(),
            "origin": self.window.start_ns,
            "start": self.window.start_ns,
            "end": self.window.end_ns,
            "bucket": self.step_ns,
        }

    def around(self, buckets: pa.Table) -> "Grid":
        """The part of this grid that holds some buckets (columns `signal`, `time`), whole buckets only."""
        starts = buckets["time"].cast(pa.int64()).to_numpy()
        end_ns = min(int(starts.max()) + self.step_ns, self.window.end_ns)
        return Grid(np.unique(buckets["signal"].to_numpy()), Window(int(starts.min()), end_ns), self.step_ns)

    def flat(self, signals: np.ndarray, cells: np.ndarray) -> np.ndarray:
        """Positions in a row-major signals × cells grid."""
        rows: np.ndarray = np.searchsorted(self.signals, signals)
        return np.asarray(rows * self.cells + cells)

    def carried(self, positions: np.ndarray, *, before: bool) -> np.ndarray:
        """For every grid position the index into `positions` that is newest there, −1 where none yet.

        With `before` a position does not see itself. `positions` ascend.
        """
        newest = np.full((len(self.signals), self.cells + int(before)), -1, dtype=np.int64)
        newest[positions // self.cells, positions % self.cells + int(before)] = np.arange(len(positions))
        return np.asarray(np.maximum.accumulate(newest, axis=1)[:, : self.cells].ravel())

    def starts_ns(self) -> np.ndarray:
        """The instants, once per signal."""
        return np.tile(self.window.start_ns + np.arange(self.cells, dtype=np.int64) * self.step_ns, len(self.signals))


def replaced(rows: pa.Table, exact: pa.Table) -> pa.Table:
    """`rows` with those marked `clash` exchanged for the ones of `exact` (CLASH_SCHEMA both)."""
    keys = ["signal", "time"]
    wanted = rows.filter(rows["clash"]).select(keys)
    exact = exact.join(wanted, keys, join_type="left semi").select(CLASH_SCHEMA.names).cast(CLASH_SCHEMA)
    together = pa.concat_tables([rows.filter(pc.invert(rows["clash"])), exact])
    return together.sort_by([(key, "ascending") for key in keys])


def weigh(sparse: pa.Table, seeds: dict[int, float], grid: Grid) -> pa.Table:
    """WEIGHTED_SCHEMA rows: the sparse buckets and those that a value is carried into.

    `seeds` holds the usable number before the window of each signal that has one.
    """
    positions = grid.flat(_ints(sparse, "signal"), _ints(sparse, "bucket"))
    here = grid.carried(positions, before=False)
    is_row = np.zeros(len(here), dtype=bool)
    is_row[positions] = True
    value, known = _carried_in(sparse, seeds, grid, positions)
    starts = grid.starts_ns()
    ends = np.minimum(starts + grid.step_ns, grid.window.end_ns)
    if len(positions):
        ends = np.where(is_row, _ints(sparse, "head")[here], ends)
    carried_ns = np.where(known, ends - starts, 0)
    area, covered_ns = value * (carried_ns / 1e9), carried_ns
    area[positions] += sparse["area"].to_numpy()
    covered_ns[positions] += _ints(sparse, "covered_ns")
    keep = np.flatnonzero(is_row | (covered_ns > 0))
    mean = np.divide(area, covered_ns / 1e9, out=np.zeros_like(area), where=covered_ns > 0)
    rows = _taken(sparse, np.where(is_row, here, -1)[keep])
    columns = {
        "signal": pa.array(np.repeat(grid.signals, grid.cells)[keep].astype(np.uint32)),
        "time": pa.array(starts[keep]).cast(WEIGHTED_SCHEMA.field("time").type),
        "mean": pa.array(mean[keep], mask=covered_ns[keep] <= 0),
        "covered_s": pa.array(covered_ns[keep] / 1e9),
    }
    return pa.table(
        [columns.get(field.name, rows.get(field.name)) for field in WEIGHTED_SCHEMA], schema=WEIGHTED_SCHEMA
    )


def _carried_in(
    sparse: pa.Table, seeds: dict[int, float], grid: Grid, positions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The number that each bucket begins with, and whether there is one."""
    before = grid.carried(positions, before=True)
    seed = np.repeat(np.array([seeds.get(int(s), np.nan) for s in grid.signals], dtype=np.float64), grid.cells)
    tails = np.where(_ints(sparse, "tail_numeric") != 0, sparse["tail"].to_numpy(), np.nan)
    value = np.where(before >= 0, tails[before], seed) if len(positions) else seed
    known = ~np.isnan(value)
    return np.where(known, value, 0.0), known


def _taken(sparse: pa.Table, indices: np.ndarray) -> dict[str, pa.ChunkedArray]:
    rows = sparse.take(pa.array(indices, mask=indices < 0))
    return {
        name: pc.fill_null(rows[name], 0) if name in _ZERO_WHERE_ABSENT else rows[name] for name in sparse.column_names
    }


def align(cells: pa.Table, seeds: pa.Table, grid: Grid) -> pa.Table:
    """RAW_SCHEMA rows, one per signal and instant from its first known row on.

    `cells` are the newest rows of each cell (CELL_SCHEMA), `seeds` the newest rows (RAW_SCHEMA) at or before the
    window's start.
    """
    first = pa.array(np.zeros(seeds.num_rows, dtype=np.int64))
    known = pa.concat_tables([cells, seeds.add_column(1, CELL_SCHEMA.field("cell"), first).cast(CELL_SCHEMA)])
    known = known.take(pc.sort_indices(known, sort_keys=[("signal", "ascending"), ("cell", "ascending")]))
    newest = grid.carried(grid.flat(_ints(known, "signal"), _ints(known, "cell")), before=False)
    keep = np.flatnonzero(newest >= 0)
    rows = known.take(pa.array(newest[keep]))
    instants = grid.starts_ns()[keep]
    times = rows["time"].cast(pa.int64()).to_numpy()
    columns = {
        "time": pa.array(instants).cast(RAW_SCHEMA.field("time").type),
        "lag_ms": pa.array((instants - times) // 1_000_000),
    }
    return pa.table([columns.get(field.name, rows[field.name]) for field in RAW_SCHEMA], schema=RAW_SCHEMA)


def _ints(table: pa.Table, name: str) -> np.ndarray:
    return np.asarray(table[name].to_numpy()).astype(np.int64)

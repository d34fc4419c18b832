"""Carrying values forward over a regular grid: what the engine answers is sparse, what is asked for is not."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kandelia.ports.history import AGGREGATE_SCHEMA, RAW_SCHEMA, WEIGHTED_SCHEMA, Window

_COUNTS = ("count", "rows", "uncertain", "numbers")
_NUMBERS = ("min", "max", "total", "first", "last")
SUMS_SCHEMA = pa.schema(
    [
        pa.field("signal", pa.uint32()),
        pa.field("bucket", pa.int64()),
        *(pa.field(name, pa.uint64()) for name in _COUNTS),
        *(pa.field(name, pa.float64()) for name in _NUMBERS),
        pa.field("first_time", pa.int64()),
        pa.field("last_time", pa.int64()),
        pa.field("times", pa.uint64()),
    ]
)
SPARSE_SCHEMA = pa.schema(
    [
        *SUMS_SCHEMA,
        pa.field("area", pa.float64()),
        pa.field("covered_ns", pa.int64()),
        pa.field("head", pa.int64()),
        pa.field("tail", pa.float64()),
        pa.field("tail_numeric", pa.uint8()),
    ]
)
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

    def around(self, sums: pa.Table) -> dict[str, Any]:
        """The typed parameters for only the part of this grid that holds some buckets."""
        buckets = _ints(sums, "bucket")
        start_ns = self.window.start_ns + int(buckets.min()) * self.step_ns
        end_ns = self.window.start_ns + (int(buckets.max()) + 1) * self.step_ns
        return self.values() | {
            "signals": np.unique(sums["signal"].to_numpy()).tolist(),
            "start": start_ns,
            "end": min(end_ns, self.window.end_ns),
        }

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


def clashing(sums: pa.Table) -> pa.ChunkedArray:
    """Which buckets hold a time more than once."""
    return pc.not_equal(sums["times"], sums["rows"])


def replaced(sums: pa.Table, exact: pa.Table) -> pa.Table:
    """`sums` with the clashing buckets exchanged for those of `exact` (SUMS_SCHEMA both)."""
    keys, clash = ["signal", "bucket"], clashing(sums)
    exact = exact.join(sums.filter(clash).select(keys), keys, join_type="left semi").select(SUMS_SCHEMA.names)
    together = pa.concat_tables([sums.filter(pc.invert(clash)), exact.cast(SUMS_SCHEMA)])
    return together.sort_by([(key, "ascending") for key in keys])


def finished(sums: pa.Table, grid: Grid) -> pa.Table:
    """AGGREGATE_SCHEMA rows: what has no number or no usable row is null."""
    starts = grid.window.start_ns + _ints(sums, "bucket") * grid.step_ns
    columns = _columns(sums) | {
        "signal": sums["signal"],
        "time": pa.array(starts).cast(AGGREGATE_SCHEMA.field("time").type),
    }
    return pa.table([columns[field.name] for field in AGGREGATE_SCHEMA], schema=AGGREGATE_SCHEMA)


def _columns(sums: pa.Table) -> dict[str, pa.Array]:
    """The columns of an aggregate that come from its sums alone."""
    count, numbers = _ints(sums, "count"), _ints(sums, "numbers")
    average = np.divide(sums["total"], numbers, out=np.zeros(len(numbers)), where=numbers > 0)
    columns = {"count": sums["count"], "uncertain": sums["uncertain"], "bad": pc.subtract(sums["rows"], sums["count"])}
    columns["avg"] = pa.array(average, mask=numbers == 0)
    for name in ("min", "max", "first", "last"):
        columns[name] = pa.array(sums[name].to_numpy(), mask=numbers == 0)
    for name in ("first_time", "last_time"):
        times = pa.array(sums[name].to_numpy(), mask=count == 0)
        columns[name] = times.cast(AGGREGATE_SCHEMA.field(name).type)
    return columns


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
    rows = pa.table(_columns(sparse)).take(pa.array(indices, mask=indices < 0))
    return {
        name: pc.fill_null(rows[name], 0) if name in _ZERO_WHERE_ABSENT else rows[name] for name in rows.column_names
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

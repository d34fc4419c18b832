"""Workload W: a plant of 2,000 signals for 10,000 seconds, as it arrives, from a fixed seed.

1 Hz, 20 signals a device that share their source times (whole milliseconds); half the devices jitter by up to
3 ms. Rows arrive 5 ms later, plus 10 ms on average. 60 % of the signals
are random walks with two decimals; noisy sines (two decimals), booleans, counters (whole numbers) and set points
have 10 % each. 1 % of the rows are late by up to ten minutes, 0.5 % are delivered twice, all in order of arrival.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather

from kandelia.base.samples import Kind
from kandelia.ports.history import STORED_SCHEMA

SEED = 20_260
SIGNALS = 2_000
POINTS = 10_000
DEVICE_SIGNALS = 20
START_NS = 1_767_225_600_000_000_000  # 2026-01-01, so that everything is one month
SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000
END_NS = START_NS + POINTS * SECOND_NS
LATE_SHARE = 0.01
LATE_MS_MAX = 600_000
REPEAT_SHARE = 0.005
UNIQUE_ROWS = SIGNALS * POINTS
WALKS, SINES, BOOLEANS, COUNTERS = 0.6, 0.7, 0.8, 0.9  # upper ends of each family's share


def workload(directory: Path | None = None) -> pa.Table:
    """The rows of STORED_SCHEMA in order of arrival, memory-mapped from a file made at the first call."""
    directory = directory or Path(tempfile.gettempdir()) / "kandelia-benchmarks"
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"w-{SEED}-{SIGNALS}x{POINTS}.arrow"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        pyarrow.feather.write_feather(_make(), unfinished, compression="uncompressed")
        unfinished.rename(path)
    return pyarrow.feather.read_table(path, memory_map=True)


def batches(rows: pa.Table, size: int) -> Iterator[pa.Table]:
    """The rows in pieces of one contiguous chunk each."""
    for start in range(0, rows.num_rows, size):
        yield rows.slice(start, size).combine_chunks()


def _make() -> pa.Table:
    chance = np.random.default_rng(SEED)
    values = np.zeros((SIGNALS, POINTS))
    integers = np.zeros((SIGNALS, POINTS), dtype=np.int64)
    kinds = np.zeros(SIGNALS, dtype=np.uint8)
    for signal in range(SIGNALS):
        kinds[signal], values[signal], integers[signal] = _series(chance, signal / SIGNALS)
    order, lag_ms = _arrival(chance)
    times = _times(chance)
    rows = len(order)
    columns = {
        "signal": (order // POINTS + 1).astype(np.uint32),
        "time": times.ravel()[order],
        "lag_ms": lag_ms,
        "quality": np.zeros(rows, np.uint16),
        "kind": kinds[order // POINTS],
        "value": values.ravel()[order],
        "integer": integers.ravel()[order],
        "sequence": np.zeros(rows, np.uint64),
        "retention": np.zeros(rows, np.uint8),
    }
    arrays = {name: pa.array(data) for name, data in columns.items()}
    arrays["time"] = arrays["time"].cast(STORED_SCHEMA.field("time").type)
    arrays["text"] = pa.repeat("", rows)
    return pa.table([arrays[field.name] for field in STORED_SCHEMA], schema=STORED_SCHEMA)


def _series(chance: np.random.Generator, share: float) -> tuple[Kind, np.ndarray, np.ndarray]:
    """Kind, values and integers of one signal; `share` says which family it belongs to."""
    no_values, no_integers = np.zeros(POINTS), np.zeros(POINTS, dtype=np.int64)
    if share < WALKS:
        return Kind.FLOAT, np.round(50 + np.cumsum(chance.normal(0, 0.1, POINTS)), 2), no_integers
    if share < SINES:
        wave = np.sin(np.arange(POINTS) * 2 * np.pi / chance.uniform(300, 3_000))
        return Kind.FLOAT, np.round(100 + 20 * wave + chance.normal(0, 0.2, POINTS), 2), no_integers
    if share < BOOLEANS:
        return Kind.BOOLEAN, no_values, np.cumsum(chance.random(POINTS) < 0.01) % 2
    if share < COUNTERS:
        return Kind.INTEGER, no_values, 10**9 + np.cumsum(chance.poisson(3, POINTS))
    changes = chance.random(POINTS) < 0.002
    return Kind.FLOAT, np.round(chance.uniform(0, 200, POINTS), 1)[np.cumsum(changes)], no_integers


def _times(chance: np.random.Generator) -> np.ndarray:
    devices = SIGNALS // DEVICE_SIGNALS
    times = np.tile(START_NS + np.arange(POINTS, dtype=np.int64) * SECOND_NS, (devices, 1))
    jitter_ns = chance.integers(-3, 4, (devices // 2, POINTS)) * MILLISECOND_NS
    times[1::2] += jitter_ns
    return np.repeat(times, DEVICE_SIGNALS, axis=0)


def _arrival(chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Which row arrives when, and how late it was; a repeat carries the lag of the first delivery."""
    way_ms = 5 + chance.exponential(10, (SIGNALS // DEVICE_SIGNALS, POINTS)).astype(np.int64)
    lag_ms = np.repeat(way_ms, DEVICE_SIGNALS, axis=0).ravel()
    late = chance.random(UNIQUE_ROWS) < LATE_SHARE
    lag_ms[late] = chance.integers(1_000, LATE_MS_MAX, late.sum())
    arrival_ms = np.tile(np.arange(POINTS, dtype=np.int64) * 1_000, SIGNALS) + lag_ms
    repeated = np.flatnonzero(chance.random(UNIQUE_ROWS) < REPEAT_SHARE)
    index = np.concatenate([np.arange(UNIQUE_ROWS), repeated])
    again_ms = arrival_ms[repeated] + chance.integers(1_000, 60_000, len(repeated))
    order = index[np.argsort(np.concatenate([arrival_ms, again_ms]), kind="stable")]
    return order, lag_ms[order]

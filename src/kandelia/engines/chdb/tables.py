# ruff: noqa: S608 (every piece of SQL here is a constant of this module; values travel as typed parameters)
"""The tables of the store and why they are so (docs/decisions/0002-history-store.md)."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# A fresh part is one file (fewer to fsync, a quarter less time to write); merged parts keep a file a column.
WIDE_PART_BYTES_MIN = 64_000_000
SYNCED = """fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1"""

# The value itself tells clashing rows apart, so that repeats merge away and clashes stay, without a stored hash.
# The primary key in memory is only (signal, time).
SAMPLES = f"""CREATE TABLE IF NOT EXISTS samples (
    signal UInt32 CODEC(Delta, ZSTD(1)),
    time DateTime64(9, 'UTC') CODEC(GCD, Delta, ZSTD(3)),
    sequence UInt64 CODEC(T64, ZSTD(1)),
    kind UInt8 CODEC(ZSTD(1)),
    value Float64 CODEC(Delta, ZSTD(3)),
    integer Int64 CODEC(Delta, ZSTD(3)),
    text String CODEC(ZSTD(1)),
    quality UInt16 CODEC(ZSTD(1)),
    lag_ms Int64 CODEC(T64, ZSTD(1)),
    retention UInt8 CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY (retention, toYYYYMM(time))
PRIMARY KEY (signal, time)
ORDER BY (signal, time, sequence, kind, value, integer, text, quality)
SETTINGS {SYNCED}, min_bytes_for_wide_part = {WIDE_PART_BYTES_MIN}"""

# One row a signal; `newest` compares from left to right, which is the stated order of clashing rows.
LATEST = f"""CREATE TABLE IF NOT EXISTS latest (
    signal UInt32,
    newest SimpleAggregateFunction(max, Tuple(
        time DateTime64(9, 'UTC'), sequence UInt64, kind UInt8, value Float64, integer Int64, text String,
        quality UInt16, lag_ms Int64))
) ENGINE = AggregatingMergeTree ORDER BY signal
SETTINGS {SYNCED}"""

STORED = "signal, time, lag_ms, quality, kind, value, integer, text, sequence, retention"
# Every month between 1970 and 2262 may stand in one append. Repeats wait for a merge: reading drops them anyway.
INSERT = f"""INSERT INTO samples ({STORED}) SELECT {STORED} FROM Python(rows)
SETTINGS max_partitions_per_insert_block = 0, optimize_on_insert = 0, max_insert_threads = 1, max_threads = 1"""

# Written in the same append: an inserted view would sort every row again and costs a third of the rate.
NEWEST = "(time, sequence, kind, value, integer, text, quality, lag_ms)"
INSERT_LATEST = f"INSERT INTO latest SELECT signal, {NEWEST} AS newest FROM Python(rows) SETTINGS max_threads = 1"


def create(session: Any) -> None:
    """Make what is missing; a store of an earlier version opens as it is."""
    for statement in (SAMPLES, LATEST):
        session.query(statement)


def newest_of(rows: pa.Table) -> pa.Table:
    """The rows that can be the newest of their signal: those at its latest time, clashes included."""
    latest = rows.select(["signal", "time"]).group_by("signal").aggregate([("time", "max")])
    position = pc.index_in(rows["signal"], value_set=latest["signal"].combine_chunks())
    return rows.filter(pc.equal(rows["time"], latest["time_max"].combine_chunks().take(position)))

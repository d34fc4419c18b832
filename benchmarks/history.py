"""How fast and how small history is on workload W, beside VictoriaMetrics fed the same rows in the same run.

`python -m benchmarks.history`. Both run on loopback in temporary directories; read ratios, not figures.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.peers import Victoria, victoria_lines, victoria_program
from benchmarks.workload import END_NS, POINTS, SECOND_NS, SIGNALS, START_NS, UNIQUE_ROWS, batches, workload
from kandelia.base.samples import make_batch
from kandelia.engines.chdb.history import SERVER_MEMORY_BYTES_MAX, ChdbHistory
from kandelia.engines.chdb.library import Directory
from kandelia.ports.history import STORED_SCHEMA, Reading, Window

BATCH_ROWS = (100_000, 400_000)
TURNS = 5
ONE = 77
HOUR_NS = 3_600 * SECOND_NS
EVERYTHING = Window(START_NS, END_NS)
HOUR = Window(START_NS + HOUR_NS, START_NS + 2 * HOUR_NS)
DAY_SECONDS = 86_400
DAY = Window(START_NS, START_NS + DAY_SECONDS * SECOND_NS)
DAY_BUCKET_NS = DAY_SECONDS * SECOND_NS // 1_000
DAY_SIGNAL = SIGNALS + 1
HUNDRED = range(100, 200)
TEN = range(5, 15)
AIMS = {"bytes": 2.7, "bytes without receive time": 2.0, "q3": 15.0}
QUESTIONS = {
    "q1": f"last value of {SIGNALS}",
    "q2": "raw hour of one",
    "q3": "whole range of one, 1,000 buckets",
    "q4": "100 signals x 1 h by minute",
    "q5": "mean of all of everything",
    "q6": "as-of join of 10 on a 1 s grid",
    "weighted": "q3 with time-weighted mean",
    "day": "day of one at 1 Hz, 1,000 buckets",
    "day, w.": "the same with time-weighted mean",
}


def main() -> None:
    """Print everything."""
    rows = workload()
    print(f"workload W: {rows.num_rows:,} rows, {UNIQUE_ROWS:,} unique")
    with tempfile.TemporaryDirectory(prefix="kandelia-history-") as directory:
        ours = measure_ours(rows, Path(directory) / "ours")
        if victoria_program() is None:
            print("VictoriaMetrics is not installed (apt-get install victoria-metrics): no ratios")
            return
        theirs = measure_victoria(rows, Path(directory) / "victoria")
    print(f"\n{'':32}{'ours':>10}{'Victoria':>10}{'ratio':>8}")
    for name in theirs:
        print(f"{name:32}{ours[name]:10.2f}{theirs[name]:10.2f}{ours[name] / theirs[name]:8.2f}")


def measure_ours(rows: pa.Table, directory: Path) -> dict[str, float]:
    """Ingest at each batch size, bytes a sample, each question hot and settled."""
    found: dict[str, float] = {}
    for size in BATCH_ROWS:
        place = directory / str(size)
        history = ChdbHistory(place)
        used = time.process_time()
        rate = _ingest(rows, size, history.append)
        used = time.process_time() - used
        found["ingest, M rows/s"] = rate
        print(
            f"ingest, {size:,} rows a batch, fsync on: {rate:.2f} M rows/s, {used / rows.num_rows * 1e6:.2f} "
            f"processor µs a row, load {os.getloadavg()[0]:.1f}"
        )
        history.append(day_of_one())
        if size == BATCH_ROWS[0]:
            _print_times("hot", time_questions(our_questions(history)))
        history.close()
    found |= _bytes_per_sample(place)
    history = ChdbHistory(place)
    times = time_questions(our_questions(history))
    history.close()
    _print_times("settled", times)
    print(f"aims: {AIMS}")
    return found | times


def _ingest(rows: pa.Table, size: int, append: Callable[[pa.Table], None]) -> float:
    """M rows a second inside `append`."""
    spent = 0.0
    for batch in batches(rows, size):
        started = time.perf_counter()
        append(batch)
        spent += time.perf_counter() - started
    return float(rows.num_rows / spent / 1e6)


def day_of_one() -> pa.Table:
    """A random walk with two decimals each second of a day."""
    values = np.random.default_rng(1).normal(scale=0.05, size=DAY_SECONDS).cumsum().round(2)
    times = START_NS + np.arange(DAY_SECONDS, dtype=np.int64) * SECOND_NS
    rows = pa.Table.from_batches([make_batch(np.full(DAY_SECONDS, DAY_SIGNAL), times, value=values)])
    for name in ("sequence", "retention"):
        rows = rows.append_column(name, pa.array(np.zeros(DAY_SECONDS, np.uint8)))
    return rows.select(STORED_SCHEMA.names).cast(STORED_SCHEMA)


def our_questions(history: ChdbHistory) -> Mapping[str, Callable[[], Iterable[object]]]:
    """q1 … q6 as the history role asks them."""
    signals = range(1, SIGNALS + 1)
    ten_s, minute_ns, day_ns = 10 * SECOND_NS, 60 * SECOND_NS, 86_400 * SECOND_NS
    return {
        "q1": lambda: history.last(signals, Reading()),
        "q2": lambda: history.raw([ONE], HOUR, Reading()),
        "q3": lambda: history.aggregate([ONE], EVERYTHING, ten_s, Reading()),
        "q4": lambda: history.aggregate(HUNDRED, HOUR, minute_ns, Reading()),
        "q5": lambda: history.aggregate(signals, EVERYTHING, day_ns, Reading()),
        "q6": lambda: history.as_of(TEN, EVERYTHING, SECOND_NS, Reading()),
        "weighted": lambda: history.aggregate([ONE], EVERYTHING, ten_s, Reading(), weighted=True),
        "day": lambda: history.aggregate([DAY_SIGNAL], DAY, DAY_BUCKET_NS, Reading()),
        "day, w.": lambda: history.aggregate([DAY_SIGNAL], DAY, DAY_BUCKET_NS, Reading(), weighted=True),
    }


def time_questions(questions: Mapping[str, Callable[[], Iterable[object]]]) -> dict[str, float]:
    """Median milliseconds of each, answers read to the end; the first turn warms up."""
    found = {}
    for name, ask in questions.items():
        spent = []
        for _ in range(TURNS + 1):
            started = time.perf_counter()
            for _part in ask():
                pass
            spent.append((time.perf_counter() - started) * 1_000)
        found[name] = statistics.median(spent[1:])
    return found


def _bytes_per_sample(place: Path) -> dict[str, float]:
    """Bytes on disk a unique sample once everything is merged, in all and without the receive time."""
    directory = Directory(place, SERVER_MEMORY_BYTES_MAX)
    connection = directory.connect()
    connection.query("OPTIMIZE TABLE samples FINAL")
    whole = _number(connection, "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'samples'")
    lag = _number(
        connection,
        "SELECT sum(column_bytes_on_disk) FROM system.parts_columns"
        " WHERE active AND table = 'samples' AND column = 'lag_ms'",
    )
    connection.close()
    directory.release()
    with_lag, without = whole / UNIQUE_ROWS, (whole - lag) / UNIQUE_ROWS
    print(f"bytes a sample: {with_lag:.2f} with receive time, {without:.2f} without")
    return {"bytes a sample (no receive time)": without}


def _number(connection: object, sql: str) -> float:
    return float(str(connection.query(sql, "TSV")).strip())  # type: ignore[attr-defined]


def measure_victoria(rows: pa.Table, directory: Path) -> dict[str, float]:
    """The same for VictoriaMetrics; making its text is not counted."""
    with Victoria(directory) as victoria:
        spent = 0.0
        for batch in batches(rows, BATCH_ROWS[0]):
            lines = victoria_lines(batch)
            started = time.perf_counter()
            victoria.feed(lines)
            spent += time.perf_counter() - started
        print(f"VictoriaMetrics: {victoria.cpu_s() / rows.num_rows * 1e6:.2f} processor µs a row")
        victoria.feed(victoria_lines(day_of_one()))
        found = {"ingest, M rows/s": rows.num_rows / spent / 1e6}
        victoria.settle()
        found["bytes a sample (no receive time)"] = victoria.bytes_on_disk() / UNIQUE_ROWS
        return found | time_questions(victoria_questions(victoria))


def victoria_questions(victoria: Victoria) -> Mapping[str, Callable[[], Iterable[object]]]:
    """q1 … q6 in its language, without its result cache."""
    six = '"min_over_time","max_over_time","avg_over_time","first_over_time","last_over_time","count_over_time"'
    hundred = "|".join(str(number) for number in HUNDRED)
    ten = "|".join(str(number) for number in TEN)

    def over(query: str, window: Window, step_s: int) -> Callable[[], Iterable[object]]:
        span = {"start": str(window.start_ns // SECOND_NS), "end": str(window.end_ns // SECOND_NS)}
        return lambda: [victoria.get("/api/v1/query_range", query=query, step=f"{step_s}s", nocache="1", **span)]

    def at_end(query: str) -> Callable[[], Iterable[object]]:
        end = str(END_NS // SECOND_NS)
        return lambda: [victoria.get("/api/v1/query", query=query, time=end, nocache="1")]

    hour = {"start": str(HOUR.start_ns // SECOND_NS), "end": str(HOUR.end_ns // SECOND_NS)}
    return {
        "q1": at_end("last_over_time(s[1h])"),
        "q2": lambda: [victoria.get("/api/v1/export", **{"match[]": f's{{n="{ONE}"}}'}, **hour)],
        "q3": over(f'aggr_over_time(({six}), s{{n="{ONE}"}}[10s])', EVERYTHING, 10),
        "q4": over(f'aggr_over_time(({six}), s{{n=~"{hundred}"}}[1m])', HOUR, 60),
        "q5": at_end(f"avg_over_time(s[{POINTS}s])"),
        "q6": over(f's{{n=~"{ten}"}}', EVERYTHING, 1),
        "day": over(f'aggr_over_time(({six}), s{{n="{DAY_SIGNAL}"}}[86s])', DAY, 86),
    }


def _print_times(state: str, times: Mapping[str, float]) -> None:
    for name, milliseconds in times.items():
        print(f"{state:8}{name:10}{milliseconds:10.1f} ms   {QUESTIONS[name]}; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()

"""Samples a second through expressions, windows and limits, against the same arithmetic in bare numpy and pandas.

`python -m benchmarks.rules [--rows 1000000]`. pandas is BSD-3-Clause. Prints each as M samples/s of one core and the
ratio to the quicker peer of the same run; the best of three runs each.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from kandelia.base.samples import Kind
from kandelia.kernel.rules.logic.checking import Known, check
from kandelia.kernel.rules.logic.columns import Column, Series
from kandelia.kernel.rules.logic.evaluation import evaluate_rows
from kandelia.kernel.rules.logic.limits import LimitEntry, LimitKind, Watch
from kandelia.kernel.rules.logic.windows import Windows, evaluate_windows

S = 1_000_000_000
HOLD_NS = 3_600 * S
RUNS = 3
LIMITS = 1_000
KNOWN = {"a": Known(1, Kind.FLOAT), "b": Known(2, Kind.FLOAT)}


def best(action: Callable[[], Any]) -> float:
    """Seconds of the quickest run."""
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def say(name: str, rows: int, ours: float, **peers: float) -> None:
    """One line of the answer."""
    told = ", ".join(f"{peer} {rows / seconds / 1e6:.1f}" for peer, seconds in peers.items())
    ratio = min(peers.values()) / ours
    print(f"{name:34} {rows / ours / 1e6:8.1f} M samples/s   peers: {told}   ratio {ratio:.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    times = np.arange(rows, dtype=np.int64) * S
    a, b = (np.random.default_rng(seed).random(rows) + 1 for seed in (1, 2))
    series = {
        number: Series(times, Column(Kind.FLOAT, values, np.zeros(rows, np.uint16)))
        for number, values in ((1, a), (2, b))
    }
    expression(rows, series, a, b)
    windows(rows, series, times, a)
    limits(rows, a)


def expression(rows: int, series: dict[int, Series], a: np.ndarray, b: np.ndarray) -> None:
    """Two inputs aligned as of each other, six operators, qualities; the peers align too."""
    checked = check("if({a} > {b}, {a} / {b}, {b} / {a}) * 100", KNOWN.get)
    left, right = pd.Series(a), pd.Series(b)
    stamps = series[1].times

    def bare() -> Any:
        place = np.searchsorted(stamps, stamps, "right") - 1
        x, y = a[place], b[place]
        return np.where(x > y, x / y, y / x) * 100

    def frames() -> Any:
        joined = pd.merge_asof(
            pd.DataFrame({"t": stamps, "a": left}),
            pd.DataFrame({"t": stamps, "b": right}),
            on="t",
            direction="backward",
        )
        return (joined.a / joined.b).where(joined.a > joined.b, joined.b / joined.a) * 100

    ours = best(lambda: evaluate_rows(checked.root, series, 0, rows * S, HOLD_NS))
    say("expression of two inputs", 2 * rows, ours, numpy=best(bare), pandas=best(frames))


def windows(rows: int, series: dict[int, Series], times: np.ndarray, a: np.ndarray) -> None:
    """A mean over windows of a minute."""
    checked = check("avg({a}, 1m)", KNOWN.get)
    count = rows // 60
    frame = pd.Series(a, index=pd.to_datetime(times))

    def bare() -> Any:
        return np.add.reduceat(a, np.arange(0, count * 60, 60)) / 60

    ours = best(lambda: evaluate_windows(checked.root, {1: series[1]}, Windows(60 * S, 0, count), HOLD_NS))
    say("mean by minute", rows, ours, numpy=best(bare), pandas=best(lambda: frame.resample("1min").mean()))


def limits(rows: int, a: np.ndarray) -> None:
    """1,000 signals with a high limit each that nothing breaks, all rows in one message; the peers only compare."""
    numbers = np.repeat(np.arange(1, LIMITS + 1), rows // LIMITS).astype(np.int64)
    values = a[: len(numbers)]
    entries = tuple(LimitEntry(one, one, f"s.a.m.t{one}", LimitKind.HIGH, 5.0) for one in range(1, LIMITS + 1))
    levels = np.full(LIMITS + 1, 5.0)
    frame = pd.DataFrame({"signal": numbers, "value": values})

    def ours() -> Any:
        watch = Watch()
        watch.define(entries, 0)
        return watch.take(numbers, np.arange(len(numbers), dtype=np.int64), values)

    bare, frames = (
        best(lambda: (values > levels[numbers]).any()),
        best(lambda: (frame.groupby("signal").value.max() > 5).any()),
    )
    say("1,000 quiet limits", len(numbers), best(ours), numpy=bare, pandas=frames)


if __name__ == "__main__":
    main()

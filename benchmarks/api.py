"""What a chart waits for: `python -m benchmarks.api`. A whole installation over workload W, asked through its API.

W (20 M rows) is put into the history before the start, so that what is timed is the question alone: page process,
bus, history role and store.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.workload import END_NS, SIGNALS, START_NS, batches, workload
from kandelia.engines.chdb.history import ChdbHistory
from tests.installation import installation, until

TURNS = 30
APPEND_ROWS = 400_000
POINTS = 1_000
MS_NS = 1_000_000
AIM_MS = 60.0
PLANT = """
sites:
- key: w
  name: {en: W}
  areas:
  - key: a
    name: {en: A}
    machines:
    - key: m
      name: {en: M}
      signals:
"""


def fill(directory: Path) -> int:
    """Workload W in the history of an installation that does not run yet; how many rows."""
    rows = workload()
    history = ChdbHistory(directory / "history")
    for batch in batches(rows, APPEND_ROWS):
        history.append(batch)
    history.close()
    return int(rows.num_rows)


def plant(directory: Path) -> Path:
    """A plant file with as many signals as W has."""
    file = directory / "plant.yaml"
    file.write_text(PLANT + "".join(f"      - {{key: s{n}, name: {{en: s{n}}}}}\n" for n in range(SIGNALS)))
    return file


def ask(client: httpx.Client, number: int, *, weighted: bool = False) -> float:
    """Milliseconds for the whole range of one signal in POINTS buckets."""
    began = time.perf_counter()
    answer = client.get(
        "/api/v1/history/trend",
        params={
            "signals": str(number),
            "start": START_NS // MS_NS,
            "end": END_NS // MS_NS,
            "points": POINTS,
            "weighted": weighted,
        },
    )
    taken_ms = (time.perf_counter() - began) * 1_000
    answer.raise_for_status()
    if len(answer.json()["signals"][str(number)]["t"]) < POINTS - 1:
        raise ValueError("the answer is short")
    return taken_ms


def tell(name: str, taken_ms: list[float]) -> None:
    """Print one question."""
    print(
        f"  {name:<34} median {statistics.median(taken_ms):6.1f} ms, least {min(taken_ms):6.1f} ms, "
        f"most {max(taken_ms):6.1f} ms; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def main() -> None:
    """Fill, start, ask."""
    with tempfile.TemporaryDirectory(prefix="kandelia-api-") as name:
        directory = Path(name)
        rows = fill(directory)
        print(f"api: {rows:,} rows, {SIGNALS} signals, aim {AIM_MS:.0f} ms for q3", flush=True)
        with installation(directory) as here:
            here.command("things", "load", str(plant(directory)))
            with here.client(here.token()) as client:
                until("the history knows the signals", lambda: ask(client, 77), 30)
                tell("q3, one signal again and again", [ask(client, 77) for _ in range(TURNS)])
                tell("q3, another signal each time", [ask(client, 100 + turn) for turn in range(TURNS)])
                tell("q3 with time-weighted mean", [ask(client, 77, weighted=True) for _ in range(TURNS)])


if __name__ == "__main__":
    main()

"""Other makers' stores fed the samples of benchmarks.ingest, in the same run."""

import os
import time
from pathlib import Path

import pyarrow as pa

from benchmarks.peers import Victoria, victoria_lines, victoria_program
from benchmarks.publishing import Walks
from benchmarks.questdb import QuestDb, jar, questdb_lines

PEER_ROWS = 100_000  # a request


def measure_victoria(directory: Path, total: int) -> float | None:
    """VictoriaMetrics with the same samples: text made before, fed by one client, counted until it has taken all."""
    if victoria_program() is None:
        print("  VictoriaMetrics is not installed: apt-get install victoria-metrics; no ratio")
        return None
    walks = Walks(PEER_ROWS, 1)
    requests = [victoria_lines(pa.Table.from_batches([next(walks)])) for _ in range(total // PEER_ROWS)]
    with Victoria(directory) as peer:
        started, used = time.monotonic(), peer.cpu_s()
        for lines in requests:
            peer.feed(lines)
        taken_s, used = time.monotonic() - started, peer.cpu_s() - used
    return tell_peer("VictoriaMetrics", "acknowledged before they are on disk", total, taken_s, used)


def measure_questdb(directory: Path, total: int) -> float | None:
    """QuestDB with the same samples: text made before, fed by one client, counted until it finds all of them."""
    program = jar()
    if isinstance(program, str):
        print(f"  QuestDB is left out: {program}; no ratio")
        return None
    walks = Walks(PEER_ROWS, 1)
    requests = [questdb_lines(pa.Table.from_batches([next(walks)])) for _ in range(total // PEER_ROWS)]
    with QuestDb(program, directory) as peer:
        started, used = time.monotonic(), peer.cpu_s()
        for lines in requests:
            peer.feed(lines)
        peer.wait_rows(total)
        taken_s, used = time.monotonic() - started, peer.cpu_s() - used
    return tell_peer("QuestDB", "commits synced, repeats dropped", total, taken_s, used)


def tell_peer(name: str, promise: str, total: int, taken_s: float, used_s: float) -> float:
    """Print a peer's measurement; samples a second."""
    print(
        f"  {name}, {PEER_ROWS} a request: {total / taken_s / 1e6:6.2f} M samples/s ({promise}); "
        f"processor µs a sample {used_s / total * 1e6:.2f}; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return total / taken_s

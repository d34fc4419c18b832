"""Peers to measure against in the same run: each an own process on loopback with a directory of its own."""

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType

import numpy as np
import orjson
import psutil
import pyarrow as pa

from kandelia.base.samples import Kind

START_S = 20.0
REQUEST_S = 120.0
MILLISECOND_NS = 1_000_000
VICTORIA_PROGRAMS = ("victoria-metrics", "victoria-metrics-prod")


def victoria_program() -> str | None:
    """Where VictoriaMetrics is installed (Debian: apt-get install victoria-metrics), or None."""
    return next((path for name in VICTORIA_PROGRAMS if (path := shutil.which(name))), None)


def victoria_lines(rows: pa.Table) -> bytes:
    """Rows of the sample schema in the form of its /api/v1/import: a line per signal (floats, milliseconds)."""
    signal = rows["signal"].to_numpy()
    order = np.argsort(signal, kind="stable")
    times = (rows["time"].cast(pa.int64()).to_numpy() // MILLISECOND_NS)[order]
    is_float = rows["kind"].to_numpy() == Kind.FLOAT
    values = np.where(is_float, rows["value"].to_numpy(), rows["integer"].to_numpy())[order]
    numbers, starts = np.unique(signal[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    return b"".join(
        orjson.dumps(
            {
                "metric": {"__name__": "s", "n": str(number)},
                "values": values[start:end],
                "timestamps": times[start:end],
            },
            option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE,
        )
        for number, start, end in zip(numbers.tolist(), starts, ends, strict=True)
    )


class Victoria:
    """A VictoriaMetrics that keeps its data in `directory`; a context manager."""

    def __init__(self, directory: Path) -> None:
        program = victoria_program()
        if program is None:
            raise FileNotFoundError("victoria-metrics is not installed; apt-get install victoria-metrics")
        self.directory = directory
        self.address = f"127.0.0.1:{_free_port()}"
        self._process = subprocess.Popen(
            [
                program,
                f"-storageDataPath={directory}",
                f"-httpListenAddr={self.address}",
                "-retentionPeriod=100y",
                "-dedup.minScrapeInterval=1ms",
                "-search.latencyOffset=0s",
                "-loggerLevel=ERROR",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def __enter__(self) -> "Victoria":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        while True:
            try:
                self.get("/health")
                return
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > deadline or self._process.poll() is not None:
                    self.stop()
                    raise
                time.sleep(0.1)

    def feed(self, lines: bytes) -> None:
        """One import request; answered when the rows are taken (kept in memory for some seconds)."""
        request = urllib.request.Request(f"http://{self.address}/api/v1/import", data=lines, method="POST")
        with urllib.request.urlopen(request, timeout=REQUEST_S) as answer:
            answer.read()

    def get(self, path: str, **arguments: str) -> bytes:
        """A GET; the whole answer."""
        query = f"?{urllib.parse.urlencode(arguments)}" if arguments else ""
        with urllib.request.urlopen(f"http://{self.address}{path}{query}", timeout=REQUEST_S) as answer:
            return bytes(answer.read())

    def settle(self) -> None:
        """Write everything to disk and merge it."""
        self.get("/internal/force_flush")
        self.get("/internal/force_merge")
        while _merging(self.get("/metrics")):
            time.sleep(0.2)

    def bytes_on_disk(self) -> int:
        """Size of its data directory."""
        return sum(path.stat().st_size for path in self.directory.rglob("*") if path.is_file())

    def cpu_s(self) -> float:
        """Processor seconds it has used."""
        used = psutil.Process(self._process.pid).cpu_times()
        return float(used.user + used.system)

    def stop(self) -> None:
        """End it; harmless when done twice."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _merging(metrics: bytes) -> bool:
    """Whether a forced merge is still going on."""
    lines = [line for line in metrics.splitlines() if line.startswith(b"vm_active_force_merges")]
    return any(float(line.rsplit(b" ", 1)[-1]) > 0 for line in lines)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

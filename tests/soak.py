"""Half an hour with the demo plant while peers come and go: memory, threads and open files of the roles stay flat.

`python -m tests.soak [--minutes 30] [--seed 1] [--data DIR]`. Exit code 1 when one of HELD grew or died.

Growth of memory is the slope of a Theil-Sen fit (the median of the slopes of all pairs, so that single peaks do
not count) over the samples after warm-up, times their span. Memory is what the process has for itself (USS).
Threads and open files come and go with questions; what grew is the least in the last third after warm-up over the
least in the first. Sockets come and go with the peers: they are counted when all peers have left.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.installation import Installation, until

SAMPLE_S = 10.0
WARM_UP_SHARE, WARM_UP_S_MIN = 0.25, 240.0  # web is level after four minutes: its threads come as they are needed
MEMORY_GROWTH_BYTES_MAX = 1_000_000
COUNT_GROWTH_MAX = 2
KEEP_ALIVE_S, SOCKETS_CLOSED_S = 35, 90  # how long the platform keeps an idle connection; and after which it must not
HELD = ("web", "edge", "live", "jobs", "rules")  # must not grow; history is killed on the way, the bus caches by design
SHOWN = (*HELD, "history", "bus")
CUT_S, CUT_PERIOD_S = (3.0, 12.0), (20.0, 45.0)
KILL_PERIOD_S = (60.0, 120.0)
SOCKETS, SOCKET_S, SIGNALS_PER_SOCKET = 12, (2.0, 15.0), 30
QUERY_PERIOD_S, QUERY_SIGNALS = 0.5, 4
SPAN_S = (30, 3_600)


@dataclass
class Sample:
    """One look at one process."""

    at_s: float
    pid: int
    memory_bytes: int
    threads: int
    files: int


def open_files(pid: int) -> tuple[int, int]:
    """(files and pipes, sockets) that a process holds."""
    names = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            names.append(str(entry.readlink()))
    sockets = sum(name.startswith("socket:") for name in names)
    return len(names) - sockets, sockets


@dataclass
class Soak:
    """The installation, what troubles it, and what was seen."""

    installation: Installation
    chance: random.Random
    samples: dict[str, list[Sample]] = field(default_factory=lambda: {name: [] for name in SHOWN})
    done: threading.Event = field(default_factory=threading.Event)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("cuts", "kills", "sockets", "queries"), 0))
    failures: dict[str, int] = field(default_factory=dict)
    token: str = ""
    numbers: list[int] = field(default_factory=list)
    sockets_before: dict[str, int] = field(default_factory=dict)

    def prepare(self) -> None:
        """A token, and the numbers of the demo plant's signals; how many sockets the roles hold among themselves."""
        self.token = self.installation.token()
        self.numbers = until("the signals are there", self._learn, 60)
        with self.installation.client(self.token) as client:  # web's own link to the bus comes with the first question
            client.get(f"/api/v1/history/last?signals={self.numbers[0]}").raise_for_status()
            client.post("/api/v1/live/ticket").raise_for_status()
        time.sleep(KEEP_ALIVE_S)
        self.sockets_before = until("every role runs", self.sockets, 60)

    def _learn(self) -> list[int]:
        with self.installation.client(self.token) as client:
            items = client.get("/api/v1/signals?limit=1000").json()["items"]
        return [item["number"] for item in items if item["kind"] == "float"]

    def run(self, seconds: float) -> None:
        """Trouble it and look at it until the time is over."""
        works = (self.cut_network, self.kill_history, self.query, lambda: asyncio.run(self.use_sockets()))
        threads = [threading.Thread(target=self._guarded, args=(work,), daemon=True) for work in works]
        for thread in threads:
            thread.start()
        began_s = time.monotonic()
        while (now_s := time.monotonic() - began_s) < seconds:
            self.look(now_s)
            time.sleep(SAMPLE_S)
        self.done.set()
        for thread in threads:
            thread.join(30)
        try:
            until("the sockets of peers who left are closed", self._left, SOCKETS_CLOSED_S)
        except AssertionError as error:
            self._failed(f"stopped: {error} {self.sockets_before} {self.sockets()}")

    def sockets(self) -> dict[str, int]:
        """Role → how many it holds now."""
        return {name: open_files(self.installation.pid(name))[1] for name in HELD}

    def _left(self) -> bool:
        now = self.sockets()
        return all(now[name] <= self.sockets_before[name] + COUNT_GROWTH_MAX for name in HELD)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self._failed(f"stopped: {error!r}")
            raise

    def _failed(self, what: str) -> None:
        self.failures[what] = self.failures.get(what, 0) + 1

    def _rest(self, between_s: tuple[float, float]) -> bool:
        return self.done.wait(self.chance.uniform(*between_s))

    def cut_network(self) -> None:
        """The demo plant closes its connections and lets nobody in for a while."""
        while not self._rest(CUT_PERIOD_S):
            self.installation.fault("on", "network-cut")
            self._rest(CUT_S)
            self.installation.fault("off", "network-cut")
            self.counts["cuts"] += 1

    def kill_history(self) -> None:
        """Kill -9, again and again."""
        while not self._rest(KILL_PERIOD_S):
            self.installation.kill("history", signal.SIGKILL)
            self.counts["kills"] += 1

    def query(self) -> None:
        """Trends of some signals over spans by chance; history may be away."""
        with self.installation.client(self.token) as client:
            while not self.done.wait(QUERY_PERIOD_S):
                end_ms = int(time.time() * 1_000)
                start_ms = end_ms - self.chance.randint(*SPAN_S) * 1_000
                chosen = ",".join(map(str, self.chance.sample(self.numbers, QUERY_SIGNALS)))
                try:
                    path = f"/api/v1/history/trend?signals={chosen}&start={start_ms}&end={end_ms}&points=800"
                    self._note(client.get(path).status_code)
                except httpx.HTTPError as error:
                    self._failed(type(error).__name__)

    def _note(self, status: int) -> None:
        self.counts["queries"] += 1
        if status != 200:
            self._failed(f"HTTP {status}")

    async def use_sockets(self) -> None:
        """Sockets that open, listen and go, some without saying so."""
        await asyncio.gather(*(self._one_socket() for _ in range(SOCKETS)))

    async def _one_socket(self) -> None:
        while not self.done.is_set():
            try:
                await self._listen(self.chance.uniform(*SOCKET_S))
                self.counts["sockets"] += 1
            except (OSError, TimeoutError, WebSocketException, httpx.HTTPError, KeyError) as error:
                self._failed(type(error).__name__)
                await asyncio.sleep(1)

    async def _listen(self, seconds: float) -> None:
        ticket = (await asyncio.to_thread(self._ticket))["ticket"]
        chosen = self.chance.sample(self.numbers, SIGNALS_PER_SOCKET)
        async with connect(f"ws://127.0.0.1:{self.installation.port}/live?ticket={ticket}") as socket:
            await socket.send(json.dumps({"subscribe": chosen, "connections": True}))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while True:
                        await socket.recv()
            if self.chance.random() < 0.3:
                socket.transport.abort()

    def _ticket(self) -> dict[str, str]:
        with self.installation.client(self.token) as client:
            return dict(client.post("/api/v1/live/ticket").json())

    def look(self, now_s: float) -> None:
        """One sample of each process."""
        for name in SHOWN:
            pid = self.installation.pid(name)
            with contextlib.suppress(psutil.Error, OSError):
                process = psutil.Process(pid)
                memory = process.memory_full_info().uss
                self.samples[name].append(Sample(now_s, pid, memory, process.num_threads(), open_files(pid)[0]))


def growth(points: list[tuple[float, float]]) -> float:
    """Slope of the Theil-Sen fit times the span; 0 for fewer than two points."""
    pairs = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.combinations(points, 2) if b[0] > a[0]]
    return statistics.median(pairs) * (points[-1][0] - points[0][0]) if pairs else 0.0


def least_growth(values: list[int]) -> int:
    """The least of the last third over the least of the first."""
    third = max(1, len(values) // 3)
    return min(values[-third:]) - min(values[:third]) if values else 0


@dataclass(frozen=True)
class Verdict:
    """A role's line in the table."""

    name: str
    samples: int
    memory_bytes: tuple[int, int]
    memory_growth_bytes: float
    threads_growth: int
    files_growth: int
    pids: int

    @property
    def faults(self) -> list[str]:
        """What must not be."""
        found = []
        if self.memory_growth_bytes > MEMORY_GROWTH_BYTES_MAX:
            found.append(f"{self.name} grew by {self.memory_growth_bytes / 1e6:.2f} MB")
        if self.files_growth > COUNT_GROWTH_MAX:
            found.append(f"{self.name} holds {self.files_growth} more files")
        if self.threads_growth > COUNT_GROWTH_MAX:
            found.append(f"{self.name} runs {self.threads_growth} more threads")
        if self.pids != 1:
            found.append(f"{self.name} was started {self.pids} times")
        return found


def judge(name: str, samples: list[Sample], warm_up_s: float) -> Verdict:
    """What the samples after warm-up say."""
    warm = [sample for sample in samples if sample.at_s >= warm_up_s]
    memory = [sample.memory_bytes for sample in warm] or [0]
    return Verdict(
        name,
        len(warm),
        (memory[0], memory[-1]),
        growth([(sample.at_s, float(sample.memory_bytes)) for sample in warm]),
        least_growth([sample.threads for sample in warm]),
        least_growth([sample.files for sample in warm]),
        len({sample.pid for sample in samples}),
    )


def table(verdicts: list[Verdict]) -> str:
    """For people."""
    lines = [
        f"{'role':9}{'samples':>8}{'first MB':>10}{'last MB':>9}{'fit MB':>8}{'threads':>9}{'files':>7}{'starts':>8}"
    ]
    for one in verdicts:
        first, last = (size / 1e6 for size in one.memory_bytes)
        head = f"{one.name:9}{one.samples:>8}{first:>10.2f}{last:>9.2f}{one.memory_growth_bytes / 1e6:>+8.2f}"
        lines.append(f"{head}{one.threads_growth:>+9}{one.files_growth:>+7}{one.pids:>8}")
    return "\n".join(lines)


def by_minute(name: str, samples: list[Sample]) -> str:
    """How memory went, in MB."""
    minutes = {int(sample.at_s // 60): sample.memory_bytes / 1e6 for sample in reversed(samples)}
    return f"{name:9}" + " ".join(f"{minutes[minute]:.1f}" for minute in sorted(minutes))


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="where the installation is made; else a temporary directory")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        soak = Soak(Installation(options.data or temporary / "data", demo=True), random.Random(options.seed))
        soak.installation.start()
        stack.callback(soak.installation.stop)
        soak.prepare()
        soak.run(options.minutes * 60)
        return report(soak, options.minutes * 60)


def report(soak: Soak, seconds: float) -> int:
    """Print what was seen; 1 when something grew."""
    warm_up_s = min(max(WARM_UP_S_MIN, seconds * WARM_UP_SHARE), seconds / 2)
    verdicts = [judge(name, soak.samples[name], warm_up_s) for name in SHOWN]
    print(f"{seconds / 60:g} minutes, {warm_up_s:.0f} s of them warm-up; {soak.counts}; failures {soak.failures}")
    print(table(verdicts))
    print("MB at each minute:", *(by_minute(name, soak.samples[name]) for name in SHOWN), sep="\n")
    faults = [fault for one in verdicts if one.name in HELD for fault in one.faults]
    faults += [what for what in soak.failures if what.startswith("stopped")]
    print("\n".join(faults) or "Nothing grew.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

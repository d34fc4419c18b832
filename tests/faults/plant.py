"""A whole installation with a source and a writer that both know what was promised to them.

Source: the OPC UA peer of tests.peers behind a proxy; signal i takes the value k at start + k × period, so of each
number one can say whether it is in history, and once. Writer: the write API, the same request until it is
acknowledged. A witness on the bus sees every batch that the edge publishes.
"""

import asyncio
import contextlib
import hashlib
import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pyarrow.parquet as pq

from kandelia.base.errors import KandeliaError
from kandelia.base.quality import BAD
from kandelia.base.samples import Kind, decode, times_ns
from kandelia.boot.connecting import open_settings_bus
from kandelia.boot.settings import Settings
from tests.installation import Installation, print_logs, until
from tests.peers.freezing_proxy import FreezingProxy
from tests.peers.opcua_server import OpcUaPeer
from tests.peers.ports import free_port

SIGNALS = 24
PERIOD_MS = 200
WRITTEN = ("a", "b", "c", "d")
ROWS = 25  # of each signal in a request
WRITE_PERIOD_S = 0.1
DRAINED_S = 60.0
ALIVE_S = 1.5  # the driver asks so often whether the peer lives: a loss is known within three times this
MS = 1_000_000
Row = tuple[int, int, float]  # signal, time (ns), value


def is_bad(quality: int) -> bool:
    return quality >= BAD


def digest(rows: Iterable[Row]) -> str:
    """Equal for equal multisets of rows."""
    return hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Any], timeout_s: float = 30.0) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout_s)

    def call(self, function: Callable[[], None]) -> None:
        async def called() -> None:
            function()

        self.run(called())

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)


class Writer(threading.Thread):
    """Writes numbered samples by the API until `finish`; `rows` holds what was acknowledged."""

    def __init__(self, plant: "Plant") -> None:
        super().__init__(daemon=True)
        self.plant, self.rows = plant, set[Row]()
        self.refusals: list[int] = []  # HTTP status of answers that were no acknowledgement, 0 where none came
        self.base_ms = int(time.time() * 1_000)
        self._requests = 0
        self._finishing, self._pausing = threading.Event(), threading.Event()

    def run(self) -> None:
        while not self._finishing.is_set():
            if self._pausing.is_set():
                time.sleep(WRITE_PERIOD_S)
                continue
            self._write_one()
            self._finishing.wait(WRITE_PERIOD_S)

    def _write_one(self) -> None:
        first, self._requests = self._requests * ROWS, self._requests + 1
        times = [self.base_ms + place for place in range(first, first + ROWS)]
        values = list(range(first, first + ROWS))
        numbers = [self.plant.numbers[f"test.hall.bench.{key}"] for key in WRITTEN]
        series = [{"signal": number, "times": times, "values": values} for number in numbers]
        key = f"{self.base_ms}-{first}"
        while not self._acknowledged(series, key):
            time.sleep(0.2)
        for number in numbers:
            self.rows.update((number, at * MS, float(value)) for at, value in zip(times, values, strict=True))

    def _acknowledged(self, series: list[dict[str, Any]], key: str) -> bool:
        status = 0
        with contextlib.suppress(httpx.HTTPError, OSError):
            with self.plant.client() as client:
                answer = client.post("/api/v1/samples", json={"samples": series}, headers={"Idempotency-Key": key})
            status = answer.status_code
        if status != 202:
            self.refusals.append(status)
        return status == 202

    def pause(self) -> None:
        self._pausing.set()
        time.sleep(WRITE_PERIOD_S)

    def resume(self) -> None:
        self._pausing.clear()

    def finish(self) -> None:
        """The last request is acknowledged too."""
        self._finishing.set()
        self.join(60)
        assert not self.is_alive(), f"a request was never acknowledged: {Counter(self.refusals)}"


class Witness:
    """Every good row that the edge publishes, as a listener on the bus sees it pass; survives the bus."""

    def __init__(self, plant: "Plant") -> None:
        self.plant, self.rows = plant, set[Row]()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        async def begin() -> None:
            self._task = asyncio.create_task(self._listen())

        self.plant.loop.run(begin())

    def stop(self) -> None:
        async def end() -> None:
            if self._task is not None:
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)

        self.plant.loop.run(end())

    async def _listen(self) -> None:
        bus = await open_settings_bus(Settings(self.plant.directory), "witness", wait_s=0)
        try:
            while True:
                with contextlib.suppress(KandeliaError):
                    async for message in await bus.subscribe("org.main.site.test.edge.*"):
                        self._note(message.data)
                await asyncio.sleep(0.1)
        finally:
            await bus.close()

    def _note(self, data: bytes) -> None:
        batch = decode(data)
        columns = (batch.column("signal").to_pylist(), times_ns(batch).tolist(), batch.column("value").to_pylist())
        qualities = batch.column("quality").to_pylist()
        for number, at, value, quality in zip(*columns, qualities, strict=True):
            if not is_bad(quality):
                self.rows.add((number, at, value))


class Stored(NamedTuple):
    """A row as history has it."""

    at_ns: int
    value: float
    quality: int


class Plant:
    """`start`, harm it, `check` that what was promised is there once, `stop`."""

    def __init__(self, directory: Path, **options: Any) -> None:
        self.directory = directory
        self.loop = Loop()
        self.installation = Installation(directory, **options)
        self.peer = OpcUaPeer(free_port(), signals=SIGNALS, period_ms=PERIOD_MS)
        self.proxy = FreezingProxy(self.peer.port)
        self.numbers: dict[str, int] = {}
        self.token = ""
        self.writer = Writer(self)
        self.witness = Witness(self)

    def start(self) -> "Plant":
        self.peer.start()
        self.loop.run(self.proxy.__aenter__())
        self.installation.start()
        self.token = self.installation.token()
        file = self.directory.parent / f"{self.directory.name}-plant.yaml"
        file.write_text(self._plant_file())
        self.installation.command("things", "load", str(file))
        with self.client() as client:
            items = client.get("/api/v1/signals?limit=1000").json()["items"]
        self.numbers = {item["id"]: item["number"] for item in items}
        self.witness.start()
        self.writer.start()
        self.until_flows()
        return self

    def _plant_file(self) -> str:
        signals = [f"{{key: s{i}, period: {PERIOD_MS}ms, address: '{OpcUaPeer.address(i)}'}}" for i in range(SIGNALS)]
        settings = f"{{endpoint: 'opc.tcp://127.0.0.1:{self.proxy.port}/', publishing_ms: 200, alive_s: {ALIVE_S}}}"
        written = ", ".join(f"{{key: {key}, type: integer, period: 1s}}" for key in WRITTEN)
        return (
            f"connections: [{{key: line, site: test, driver: opcua, settings: {settings}}}]\n"
            "sites:\n- key: test\n  name: {en: Test}\n  areas:\n  - key: hall\n    name: {en: Hall}\n    machines:\n"
            f"    - {{key: press, connection: line, signals: [{', '.join(signals)}]}}\n"
            f"    - {{key: bench, signals: [{written}]}}\n"
        )

    @property
    def whole(self) -> bool:
        """Installation, source and writer still run."""
        process = self.installation.process
        alive = process is not None and process.poll() is None
        return alive and self.peer.process is not None and self.writer.is_alive()

    def client(self) -> httpx.Client:
        return self.installation.client(self.token)

    def get(self, path: str) -> Any:
        with self.client() as client:
            answer = client.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text[:300]
        return answer.json()

    def raw(self, installation: Installation | None = None) -> dict[str, list[Stored]]:
        """Every row of every signal, by the last word of its id; also of a copy of the installation."""
        end_ms = int(time.time() * 1_000) + 7_200_000
        numbers = ",".join(map(str, self.numbers.values()))
        path = f"/api/v1/history/export?signals={numbers}&start=1000000000000&end={end_ms}&format=parquet"
        with (installation or self.installation).client(self.token) as client:
            answer = client.get(path)
        assert answer.status_code == 200, answer.text[:300]
        table = pq.read_table(io.BytesIO(answer.content))
        found: dict[str, list[Stored]] = {id_: [] for id_ in self.numbers}
        times = table["time"].cast("int64").to_pylist()
        values, integers = table["value"].to_pylist(), table["integer"].to_pylist()
        kinds, qualities = table["kind"].to_pylist(), table["quality"].to_pylist()
        for place, id_ in enumerate(table["signal"].to_pylist()):
            value = integers[place] if kinds[place] == Kind.INTEGER else values[place]
            found[id_].append(Stored(times[place], float(value or 0), qualities[place]))
        return {id_.rpartition(".")[2]: sorted(rows) for id_, rows in found.items()}

    def connection_state(self) -> dict[str, Any]:
        (found,) = [one for one in self.get("/system/status")["connections"] if one["key"] == "line"]
        return dict(found)

    def told(self, what: str, process: str) -> list[dict[str, Any]]:
        """The data of each event kandelia.process.`what` of a process, oldest first."""
        told, after = list[dict[str, Any]](), ""
        while True:
            page = self.get(f"/events?limit=1000&after={after}")
            told += [
                one["data"]
                for one in page["items"]
                if (one["type"], one["subject"]) == (f"kandelia.process.{what}", process)
            ]
            after = page["next"]
            if not after:
                return told

    def recorded(self) -> bool:
        """History has written rows since it started."""
        (row,) = [one for one in self.get("/system/status")["roles"] if one["role"] == "history"]
        return bool(row["gauges"]["recorded_rows"])

    def flows(self) -> bool:
        """The newest value of a collected signal and of a written one are in history, and fresh."""
        source, written = self.numbers["test.hall.press.s0"], self.numbers["test.hall.bench.a"]
        newest = self.get(f"/history/last?signals={source},{written}")["signals"]
        at = newest[str(source)]
        fresh = time.time() * 1_000 - at["t"] < 5_000 and not is_bad(at["quality"])
        return fresh and str(written) in newest and self.connection_state()["state"] == "running"

    def until_flows(self, timeout_s: float = 60.0) -> None:
        until("samples flow from source and writer to history", self.flows, timeout_s)

    def check(self) -> None:
        """After everything has been drained: written and collected rows are there, once, and nothing else."""
        self.writer.pause()
        promised, seen = set(self.writer.rows), set(self.witness.rows)
        assert promised and seen
        self.until_stored(promised | seen)
        self.writer.resume()
        stored = self.raw()
        written = [row for key in WRITTEN for row in self._rows_of(key, stored)]
        written = [row for row in written if row in promised or row not in self.writer.rows]
        assert digest(written) == digest(promised), _difference(written, promised)
        self.until_source_whole()

    def until_source_whole(self, installation: Installation | None = None) -> None:
        """What the source said is there, each number once; what is only late comes again within DRAINED_S."""
        until("the source's numbers are whole", lambda: self._check_sources(installation), DRAINED_S)

    def _check_sources(self, installation: Installation | None) -> bool:
        stored = self.raw(installation)
        for place in range(SIGNALS):
            check_source(stored[f"s{place}"], f"s{place}")
        return True

    def until_stored(self, wanted: set[Row], installation: Installation | None = None) -> None:
        """Every wanted row is in history; else some that are not are named."""
        missing = set(wanted)

        def nothing_missing() -> bool:
            missing.difference_update(self.rows(installation))
            return not missing

        try:
            until("all that was promised is in history", nothing_missing, DRAINED_S)
        except AssertionError as error:
            raise AssertionError(f"{error}: {len(missing)} rows, such as {sorted(missing)[:3]}") from None

    def rows(self, installation: Installation | None = None) -> set[Row]:
        """Every good row of every signal."""
        stored = self.raw(installation)
        return {row for key in stored for row in self._rows_of(key, stored)}

    def _rows_of(self, key: str, stored: dict[str, list[Stored]]) -> list[Row]:
        machine = "bench" if key in WRITTEN else "press"
        number = self.numbers[f"test.hall.{machine}.{key}"]
        return [(number, row.at_ns, row.value) for row in stored[key] if not is_bad(row.quality)]

    def stop(self) -> None:
        try:
            self.witness.stop()
            if self.writer.is_alive() and self.installation.process is not None:
                self.writer.finish()
        finally:
            if self.installation.process is not None:
                with contextlib.suppress(AssertionError):
                    self.installation.stop()
            self.peer.kill()
            self.loop.run(self.proxy.__aexit__())
            self.loop.close()


def _difference(found: list[Row], promised: set[Row]) -> str:
    double = [row for row, count in Counter(found).items() if count > 1]
    return f"missing {sorted(promised - set(found))[:5]}, double {double[:5]}, more {list(set(found) - promised)[:5]}"


def check_source(rows: list[Stored], key: str) -> None:
    """Each number once, at its own time, and where numbers are missing a bad row says so.

    A row between the steps is a value confirmed at the end of a gap; it has no number of its own.
    """
    good = [row for row in rows if not is_bad(row.quality) and row.at_ns % (PERIOD_MS * MS) == 0]
    marks = [row.at_ns for row in rows if is_bad(row.quality)]
    assert len({row.at_ns for row in good}) == len(good), f"{key}: a number is there twice"
    for one, next_one in pairwise(good):
        steps = (next_one.at_ns - one.at_ns) // (PERIOD_MS * MS)
        if steps == next_one.value - one.value == 1:
            continue
        said = any(one.at_ns < at < next_one.at_ns for at in marks)
        assert said, f"{key}: {one}, then {next_one}, and no mark between"


@contextlib.contextmanager
def running_plant(directory: Path, **options: Any) -> Iterator[Plant]:
    """A plant that flows; stopped whatever happens, its logs printed when that was bad."""
    plant = Plant(directory, **options)
    try:
        yield plant.start()
    except BaseException:
        print_logs(directory)
        raise
    finally:
        plant.stop()

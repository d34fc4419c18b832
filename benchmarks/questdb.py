"""QuestDB as a peer: its jar by Maven (org.questdb:questdb), run on the machine's JVM in a process of its own."""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType

import psutil
import pyarrow as pa
import pyarrow.compute as pc

from kandelia.engines.nats.server import free_port

VERSION = "9.1.0"
ARTIFACT = f"org.questdb:questdb:{VERSION}"
JAR = Path.home() / ".m2/repository/org/questdb/questdb" / VERSION / f"questdb-{VERSION}.jar"
MAVEN_S = 300
START_S = 60.0
REQUEST_S = 120.0
HEAP = "1g"
# Acknowledged means synced, and a repeat is dropped: what is promised here as well.
CONFIGURATION = """http.bind.to=127.0.0.1:{port}
http.min.enabled=false
pg.enabled=false
line.tcp.enabled=false
telemetry.enabled=false
metrics.enabled=false
cairo.commit.mode=sync
"""
TABLE = (
    "create table samples (n symbol capacity 4096, v double, ts timestamp) "
    "timestamp(ts) partition by day wal dedup upsert keys(ts, n)"
)


def jar() -> Path | str:
    """The program, brought in at first need; else the reason why there is none."""
    if shutil.which("java") is None:
        return "no JVM on this machine (java)"
    if not JAR.exists():
        if shutil.which("mvn") is None:
            return f"{ARTIFACT} is not in the local Maven repository, and there is no mvn"
        command = ["mvn", "-q", "dependency:get", f"-Dartifact={ARTIFACT}", "-Dtransitive=false"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=MAVEN_S, check=False)
        if done.returncode or not JAR.exists():
            return f"{ARTIFACT} cannot be had by Maven: {done.stdout[-200:]}"
    return JAR


def questdb_lines(rows: pa.Table) -> bytes:
    """Rows of the sample schema (floats) in the line protocol that it is fed by."""
    number = pc.cast(rows["signal"], pa.string())
    value = pc.cast(rows["value"], pa.string())
    at = pc.cast(rows["time"].cast(pa.int64()), pa.string())
    fields = [pc.binary_join_element_wise("samples,n=", number, ""), pc.binary_join_element_wise("v=", value, "")]
    return "\n".join(pc.binary_join_element_wise(*fields, at, " ").to_pylist()).encode() + b"\n"


class QuestDb:
    """A QuestDB that keeps its data in `directory`; a context manager."""

    def __init__(self, program: Path, directory: Path) -> None:
        port = free_port()
        (directory / "conf").mkdir(parents=True)
        (directory / "conf" / "server.conf").write_text(CONFIGURATION.format(port=port))
        self.address = f"127.0.0.1:{port}"
        command = ["java", f"-Xmx{HEAP}", "-p", str(program), "-m", "io.questdb/io.questdb.ServerMain"]
        self._process = subprocess.Popen(
            [*command, "-d", str(directory)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait()

    def __enter__(self) -> "QuestDb":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait(self) -> None:
        deadline_s = time.monotonic() + START_S
        while True:
            try:
                self.ask(TABLE)
                return
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > deadline_s or self._process.poll() is not None:
                    self.stop()
                    raise
                time.sleep(0.2)

    def ask(self, sql: str) -> list[list[object]]:
        """A statement; its rows."""
        address = f"http://{self.address}/exec?{urllib.parse.urlencode({'query': sql})}"
        with urllib.request.urlopen(address, timeout=REQUEST_S) as answer:
            rows: list[list[object]] = json.loads(answer.read()).get("dataset", [])
        return rows

    def feed(self, lines: bytes) -> None:
        """One request; answered when its rows are committed."""
        request = urllib.request.Request(f"http://{self.address}/write?precision=n", data=lines, method="POST")
        with urllib.request.urlopen(request, timeout=REQUEST_S) as answer:
            answer.read()

    def wait_rows(self, rows: int) -> None:
        """Until so many can be found."""
        while int(str(self.ask("select count() from samples")[0][0])) < rows:
            time.sleep(0.05)

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

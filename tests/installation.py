"""A whole installation under test: started by its own command in a directory of its own, driven as its user would."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from kandelia.boot.demo_bureau import MARK as BUREAU_MARK
from kandelia.boot.demo_history import MARK

ROLES = ("web", "edge", "history", "live", "jobs")
START_S = 180.0
STOP_S = 15.0
POLL_S = 0.1


def until(what: str, check: Callable[[], Any], timeout_s: float) -> Any:
    """The first true answer of `check`; AssertionError naming `what` when none came in time."""
    deadline_s = time.monotonic() + timeout_s
    last: Exception | None = None
    while time.monotonic() < deadline_s:
        try:
            if answer := check():
                return answer
        except (httpx.HTTPError, OSError, ValueError, KeyError, AssertionError) as error:
            last = error
        time.sleep(POLL_S)
    raise AssertionError(f"not within {timeout_s:.0f} s: {what}" + (f" ({last!r})" if last else ""))


@dataclass
class Installation:
    """`start`, use, `stop`. Every process is ended by its process id."""

    directory: Path
    port: int = 0
    demo: bool = False
    history: bool = False  # with the demo plant's last hours, which load in the background
    settings: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> "Installation":
        """Run `kandelia up` and wait until every role runs and a page is served."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.demo:  # the plant, without the bureau's thousands of records
            (self.directory / "demo").mkdir(exist_ok=True)
            for mark in (BUREAU_MARK, *(() if self.history else (MARK,))):
                (self.directory / "demo" / mark).touch()
        if self.settings:
            (self.directory / "settings.toml").write_text(self.settings)
        command = [sys.executable, "-m", "kandelia.boot.command", "up", "--data", str(self.directory)]
        command += ["--port", str(self.port)] + (["--demo"] if self.demo else [])
        with (self.directory / "up.out").open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, env=self._environment())
        if wait:
            until("the platform is up", self._up, START_S)
        return self

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment, "KANDELIA_DATA": str(self.directory)}

    def _up(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise SystemExit(f"kandelia up ended: {self.output()[-2000:]}")
        running = all(self.pid(role) for role in ROLES)
        return running and "Kandelia is at" in self.output() and self.client().get("/healthz").status_code < 500

    def output(self) -> str:
        """What `kandelia up` has said."""
        return (self.directory / "up.out").read_text(errors="replace")

    def state(self) -> dict[str, dict[str, Any]]:
        """Each process by name, from run/supervisor.json."""
        kept = json.loads((self.directory / "run" / "supervisor.json").read_bytes())
        self.port = int(kept["address"].rstrip("/").rpartition(":")[2])
        return {process["name"]: process for process in kept["processes"]}

    def pid(self, name: str) -> int:
        """The process id, 0 while it does not run."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            found = self.state()[name]
            return int(found["pid"]) if found["state"] == "running" else 0
        return 0

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to a process that runs; its pid."""
        pid = until(f"{name} runs", lambda: self.pid(name), 40)
        os.kill(pid, number)
        return int(pid)

    def until_back(self, name: str, old_pid: int, timeout_s: float = 45.0) -> int:
        """The new pid of a process that had died."""
        return int(
            until(f"{name} runs again", lambda: self.pid(name) not in (0, old_pid) and self.pid(name), timeout_s)
        )

    def command(self, *arguments: str, check: bool = True, stdin: str = "") -> str:
        """Run `kandelia …` on this installation; what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "kandelia.boot.command", *arguments],
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, f"{arguments}: {done.stderr[-3000:]}{done.stdout[-1000:]}"
        return done.stdout if check else done.stdout + done.stderr

    def fault(self, turn: str, name: str) -> None:
        """Switch a fault of the demo plant on or off."""
        command = [sys.executable, "-m", "kandelia_demo_plant", "faults", turn, name]
        done = subprocess.run(
            [*command, "--data", str(self.directory / "demo")], capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{turn} {name}: {done.stderr}"

    def python(self, code: str) -> str:
        """Run a program that uses the records in this installation, one process for many changes; what it prints."""
        program = f"from kandelia.boot.django_start import start\nstart()\n{code}"
        done = subprocess.run(
            [sys.executable, "-c", program], env=self._environment(), capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def token(self, role: str = "administrator", organisation: str = "main") -> str:
        """A fresh API token."""
        name = f"test-{time.monotonic_ns()}"
        said = self.command("token", "create", name, "--role", role, "--org", organisation, "--json")
        return str(json.loads(said)["token"])

    def client(self, token: str = "") -> httpx.Client:
        """A foreign program's view of the API."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=30)

    @property
    def password(self) -> str:
        """The administrator's."""
        return (self.directory / "secrets" / "administrator-password").read_text().strip()

    def stop(self) -> float:
        """Ctrl-C; how many seconds it took. Asserts that no process is left."""
        if self.process is None:
            return 0.0
        pids = [self.pid(name) for name in self._names()]
        began_s = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_S + 10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        took_s = time.monotonic() - began_s
        left = [pid for pid in pids if pid and Path(f"/proc/{pid}").exists()]
        self.process = None
        assert not left, f"processes left: {left}"
        return took_s

    def _names(self) -> Sequence[str]:
        with contextlib.suppress(OSError, ValueError):
            return tuple(self.state())
        return ()

    def kill_all(self) -> None:
        """A power cut as far as processes go: the supervisor and every child at once."""
        assert self.process is not None
        pids = [self.process.pid, *(self.pid(name) for name in self._names())]
        for pid in filter(None, pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None


@contextlib.contextmanager
def installation(directory: Path, **options: Any) -> Iterator[Installation]:
    """Started, and stopped whatever happens; its logs are printed when the test failed."""
    started = Installation(directory, **options)
    try:
        yield started.start()
    except BaseException:
        print_logs(directory)
        raise
    finally:
        if started.process is not None:
            with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
                started.stop()


def print_logs(directory: Path, lines: int = 25) -> None:
    """The end of every log, for a failed test."""
    for file in sorted([directory / "up.out", *(directory / "logs").glob("*")]):
        if file.is_file():
            tail = file.read_text(errors="replace").splitlines()[-lines:]
            print(f"--- {file.name}", *tail, sep="\n")

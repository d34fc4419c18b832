"""Promise: a job whose process was killed is done by the next one; schedules keep their time."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installation import until

pytestmark = [pytest.mark.slow, pytest.mark.fault]
CHILD = Path(__file__).with_name("runner_child.py")
START_S = 60.0


def rows(data: Path) -> dict[str, tuple[str, int, str, str]]:
    with sqlite3.connect(next(data.rglob("*.sqlite3"))) as records:
        found = records.execute("SELECT kind, state, attempts, due_at, result FROM jobs_job").fetchall()
    return {kind: rest for kind, *rest in found}


def test_a_killed_runners_job_is_done_by_the_next(tmp_path: Path) -> None:
    data, signs = tmp_path / "data", tmp_path / "signs"
    signs.mkdir()
    environment = {**os.environ, "KANDELIA_DATA": str(data)}
    subprocess.run([sys.executable, "-m", "kandelia.boot.migrate"], env=environment, check=True, timeout=START_S)
    started: list[subprocess.Popen[bytes]] = []

    def runner(*options: str) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, str(CHILD), str(signs), *options], env=environment))
        until("the job runs", (signs / f"began-{started[-1].pid}").exists, START_S)
        return started[-1]

    try:
        first = runner("--submit")
        assert rows(data)["test.slow"][:2] == ["running", 1]
        scheduled = rows(data)["test.daily"]
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        second = runner()
        (signs / "may-end").touch()
        until("the job is done", lambda: rows(data)["test.slow"][0] == "done", START_S)
        assert rows(data)["test.slow"][1] == 2
        assert str(second.pid) in rows(data)["test.slow"][3]
        assert rows(data)["test.daily"] == scheduled
    finally:
        for process in started:
            process.kill()
            process.wait(10)

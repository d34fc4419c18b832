"""Promise: a process that dies is started again and shown, a stop leaves nothing behind, two starts never collide."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from kandelia.base.errors import Conflict
from kandelia.boot import status, watched
from kandelia.boot.load import load_settings
from kandelia.boot.processes import end_stale, mark_of, read_pid_file, write_pid_file
from kandelia.boot.settings import Settings
from kandelia.boot.supervisor import Supervisor, role_program
from kandelia.boot.watched import Program

MODULE = "kandelia.boot.tests.roles"
pytestmark = [pytest.mark.fault, pytest.mark.slow]


def settings_of(directory: Path) -> Settings:
    return load_settings(None, {"KANDELIA_DATA": str(directory)})


def role(name: str, settings: Settings, manner: str = "") -> Program:
    program = role_program(name, settings, MODULE)
    return replace(program, environment={**program.environment, "TEST_ROLE": manner})


async def until(check: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    """Two healthy roles, one that fails."""
    settings = settings_of(tmp_path)
    made = Supervisor(settings, (role("edge", settings), role("live", settings), role("jobs", settings, "fails")))
    made.records_ready.set()
    await made.start()
    yield made
    await made.stop()


def states(supervisor: Supervisor) -> dict[str, str]:
    return {view.name: view.state for view in supervisor.views()}


async def test_a_killed_role_comes_back_and_is_shown(supervisor: Supervisor) -> None:
    edge = supervisor.watched["edge"]
    await until(lambda: edge.pid > 0)
    first = edge.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: edge.state == "backing-off")
    assert edge.last_exit == "killed by SIGKILL"
    await until(lambda: edge.pid not in (0, first))
    assert edge.restarts == 1
    kept = json.loads((supervisor.settings.run_directory / "supervisor.json").read_text())
    (shown,) = [process for process in kept["processes"] if process["name"] == "edge"]
    assert (shown["state"], shown["pid"], shown["restarts"]) == ("running", edge.pid, 1)


async def test_a_full_disk_does_not_end_the_watching(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    edge = supervisor.watched["edge"]
    await until(lambda: edge.state == "running")
    monkeypatch.setattr(watched, "write_pid_file", full)
    for _ in range(2):
        first = edge.pid
        os.kill(first, signal.SIGKILL)
        await until(lambda first=first: edge.state == "running" and edge.pid not in (0, first))  # type: ignore[misc]


async def test_a_role_that_cannot_run_backs_off_and_says_why(supervisor: Supervisor) -> None:
    jobs = supervisor.watched["jobs"]
    await until(lambda: jobs.restarts >= 2)
    assert "this role cannot run" in jobs.last_exit
    began = time.monotonic()
    await until(lambda: jobs.restarts >= 3)
    assert time.monotonic() - began > 1.0, "the delay grows"
    found = await status.collect(supervisor.settings)
    assert found.code == status.TROUBLE
    assert any("jobs" in trouble and "cannot run" in trouble for trouble in found.troubles)


async def test_status_tells_what_runs(supervisor: Supervisor) -> None:
    await until(lambda: supervisor.watched["live"].pid > 0)
    async with asyncio.timeout(20):
        while not {"edge", "live", "boot"} <= (found := await status.collect(supervisor.settings)).reports.keys():
            await asyncio.sleep(0.1)
    assert found.running == os.getpid()
    assert found.reports["edge"].gauges["beats"] == 7.0
    assert found.reports["edge"].gauges["memory_bytes"] > 1e6
    document = json.loads(status.as_json(found))
    assert document["running"] is True
    assert {process["name"] for process in document["processes"]} == {"edge", "live", "jobs", "bus"}
    assert "edge" in status.as_text(found)


async def test_a_killed_bus_comes_back(supervisor: Supervisor) -> None:
    bus = supervisor.watched["bus"]
    first = bus.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: bus.pid not in (0, first))
    await until(lambda: supervisor.bus is not None and supervisor.bus.connected)
    assert supervisor.bus is not None
    beats = aiter(await supervisor.bus.subscribe("beat.edge"))
    async with asyncio.timeout(60):
        await anext(beats)


async def test_status_works_while_the_bus_is_down(supervisor: Supervisor) -> None:
    bus = supervisor.watched["bus"]
    os.kill(bus.pid, signal.SIGSTOP)
    try:
        found = await status.collect(supervisor.settings)
    finally:
        os.kill(bus.pid, signal.SIGCONT)
    assert found.code == status.TROUBLE
    assert "bus cannot be asked" in found.troubles[0]
    assert {process.name for process in found.processes} >= {"edge", "bus"}


async def test_a_stop_leaves_no_process(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    made = Supervisor(settings, (role("edge", settings), role("history", settings), role("live", settings, "hangs")))
    await made.start()
    await until(lambda: all(w.pid for w in made.watched.values()))
    subscription = aiter(await made.bus.subscribe("beat.live"))  # type: ignore[union-attr]
    async with asyncio.timeout(60):
        await anext(subscription)
    pids = [watched.pid for watched in made.watched.values()]
    began = time.monotonic()
    await made.stop()
    assert time.monotonic() - began < 15
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert not list(settings.run_directory.glob("*.pid"))
    assert (await status.collect(settings)).code == status.NOT_RUNNING


async def test_two_supervisors_never_share_a_directory(supervisor: Supervisor) -> None:
    second = Supervisor(supervisor.settings, ())
    with pytest.raises(Conflict, match=str(os.getpid())):
        await second.start()
    await second.stop()
    assert supervisor.watched["bus"].pid > 0


async def test_two_installations_run_side_by_side(supervisor: Supervisor, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "other")
    other = Supervisor(settings, (role("edge", settings),))
    await other.start()
    async with asyncio.timeout(20):
        while "edge" not in (found := await status.collect(settings)).reports:
            await asyncio.sleep(0.1)
    assert found.reports["edge"].pid == other.watched["edge"].pid != supervisor.watched["edge"].pid
    await other.stop()
    assert supervisor.watched["bus"].pid > 0


PROGRAM = """
import asyncio, sys
from pathlib import Path
from kandelia.boot.load import load_settings
from kandelia.boot.supervisor import Supervisor, role_program, supervise
settings = load_settings(None, {"KANDELIA_DATA": sys.argv[1]})
made = Supervisor(settings, (role_program("edge", settings, "kandelia.boot.tests.roles"),))
async def after():
    print("started", flush=True)
    await asyncio.Event().wait()
asyncio.run(supervise(made, after))
"""


def start_program(directory: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(directory)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None and process.stdout.readline() == "started\n"
    return process


async def children_of(directory: Path) -> list[int]:
    files = [directory / "run" / f"{name}.pid" for name in ("bus", "edge")]
    await until(lambda: all(read_pid_file(file) for file in files))
    return [read_pid_file(file) for file in files]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_children_end_with_the_supervisor(tmp_path: Path, number: int) -> None:
    process = await asyncio.to_thread(start_program, tmp_path)
    pids = await children_of(tmp_path)
    process.send_signal(number)
    assert await asyncio.to_thread(process.wait, 15) == (-9 if number == signal.SIGKILL else 0)
    await until(lambda: not any(mark_of(pid) for pid in pids), 15)
    assert process.stdout is not None
    process.stdout.close()


async def test_a_start_ends_what_an_earlier_one_left(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"], start_new_session=True)
    settings = settings_of(tmp_path)
    made = Supervisor(settings, ())
    settings.run_directory.mkdir(parents=True)
    write_pid_file(settings.run_directory / "edge.pid", left.pid)
    await made.start()
    assert mark_of(left.pid) is None
    left.wait(5)
    await made.stop()


def test_a_foreign_process_with_an_old_number_is_let_be(tmp_path: Path) -> None:
    foreign = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    file = tmp_path / "edge.pid"
    file.write_text(json.dumps({"mark": {"pid": foreign.pid, "started": "12345"}, "place": str(tmp_path)}))
    assert read_pid_file(file) == 0
    assert end_stale([file]) == []
    (tmp_path / "torn.pid").write_text("12")
    assert end_stale([tmp_path / "torn.pid"]) == []
    assert foreign.poll() is None
    foreign.kill()
    foreign.wait()


def test_a_copied_directory_does_not_end_the_children_of_its_original(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    (tmp_path / "run").mkdir()
    write_pid_file(tmp_path / "run" / "edge.pid", child.pid)
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    assert end_stale([tmp_path / "copy" / "edge.pid"]) == []
    assert read_pid_file(tmp_path / "run" / "edge.pid") == child.pid
    assert child.poll() is None
    child.kill()
    child.wait(5)

"""Promise: one command starts everything or says in one line why not; Ctrl-C leaves nothing; status tells the truth."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from kandelia.boot.demo import demo_directory, demo_port
from kandelia.boot.directories import make_directories
from kandelia.boot.load import load_settings
from kandelia.boot.up import _choose_port

KANDELIA = [sys.executable, "-m", "kandelia.boot.command"]
START_S_MAX = 60


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KANDELIA, *arguments], capture_output=True, text=True, timeout=60, env={**os.environ, **environment}
    )


def test_help_is_quick_and_names_the_groups_of_other_rooms() -> None:
    answer = run("--help")
    assert answer.returncode == 0
    for name in ("up", "status", "token", "org", "user", "signals", "connections", "things"):
        assert f"  {name} " in answer.stdout


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        answer = run("up", "--data", str(tmp_path / "data"), "--port", str(port))
    assert answer.returncode == 78
    assert answer.stderr.startswith(f"port {port} of 127.0.0.1 is in use")
    assert "--port" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert not list((tmp_path / "data" / "run").glob("*.pid"))


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[web]\nprot = 1")
    answer = run("up", "--data", str(tmp_path))
    assert (answer.returncode, len(answer.stderr.splitlines())) == (78, 1)
    assert "settings.toml, line 2: web.prot is not a setting" in answer.stderr
    (tmp_path / "file").write_text("")
    answer = run("up", "--data", str(tmp_path / "file" / "data"), KANDELIA_WEB__PORT="0")
    assert (answer.returncode, len(answer.stderr.splitlines())) == (78, 1)
    assert "data directory" in answer.stderr


def test_status_where_nothing_runs(tmp_path: Path) -> None:
    answer = run("status", "--data", str(tmp_path))
    assert (answer.returncode, answer.stdout) == (3, "Kandelia does not run here.\n")
    answer = run("status", "--json", "--data", str(tmp_path))
    assert (answer.returncode, json.loads(answer.stdout)["running"]) == (3, False)


@pytest.mark.parametrize("words", ["things tree", "token create x", "signals list", "user add x"])
def test_a_command_without_an_installation_is_one_line_and_makes_nothing(tmp_path: Path, words: str) -> None:
    answer = run(*words.split(), KANDELIA_DATA=str(tmp_path / "data"))
    assert (answer.returncode, len(answer.stderr.splitlines())) == (78, 1)
    assert "no installation here" in answer.stderr and "kandelia up" in answer.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
@pytest.mark.fault
def test_a_start_says_where_and_a_stop_leaves_nothing(tmp_path: Path) -> None:
    command = [*KANDELIA, "up", "--data", str(tmp_path), "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout is not None
    line = next(line for line in process.stdout if line.startswith("Kandelia is at"))
    password = (tmp_path / "secrets" / "administrator-password").read_text()
    assert "user administrator" in line and password in line
    assert (tmp_path / "secrets" / "administrator-password").stat().st_mode & 0o777 == 0o600
    found = json.loads(run("status", "--json", "--data", str(tmp_path)).stdout)
    assert found["running"] and found["address"] in line
    pids = [shown["pid"] for shown in found["processes"] if shown["pid"]]
    assert pids
    second = run("up", "--data", str(tmp_path), "--port", "0")
    assert second.returncode == 1 and "runs already" in second.stderr
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
    assert process.stdout.read() == "", "a clean stop says nothing"
    assert time.monotonic() - began < 15
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert run("status", "--data", str(tmp_path)).returncode == 3
    process.stdout.close()


def test_a_port_file_that_a_power_cut_left_empty_is_none(tmp_path: Path) -> None:
    settings = load_settings(None, {"KANDELIA_DATA": str(tmp_path), "KANDELIA_WEB__PORT": "0"})
    make_directories(settings)
    (settings.run_directory / "web.port").touch()
    demo_directory(settings).mkdir()
    (demo_directory(settings) / "port").touch()
    assert _choose_port(settings).web.port and demo_port(settings)

"""Promise: one role runs by itself against a bus that others run; beyond loopback the door is HTTPS one can verify."""

import asyncio
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio

from kandelia.boot import status, supervisor
from kandelia.boot.certificates import ensure_own
from kandelia.boot.load import load_settings
from kandelia.boot.settings import ROLES
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import open_bus
from kandelia.engines.nats.server import NatsServer, free_port
from kandelia.kernel.events.report import REPORTS_SUBJECT, Report
from tests.installation import Installation, until

KANDELIA = [sys.executable, "-m", "kandelia.boot.command"]
pytestmark = [pytest.mark.slow, pytest.mark.fault]


@pytest_asyncio.fixture
async def foreign_bus(tmp_path: Path) -> AsyncIterator[NatsServer]:
    server = NatsServer(tmp_path / "foreign", FileSecrets(tmp_path / "foreign-secrets"))
    await server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("name", ROLES)
async def test_a_role_runs_alone_against_a_bus_of_others(tmp_path: Path, foreign_bus: NatsServer, name: str) -> None:
    login, url = foreign_bus.login, foreign_bus.url
    address = url.replace("://", f"://{login.user}:{login.password}@")
    data, file = tmp_path / "data", tmp_path / "platform.toml"
    file.write_text(f'[bus]\nurls = ["{address}"]\n[web]\nport = {free_port()}\n')
    environment = {**os.environ, "KANDELIA_DATA": str(data), "KANDELIA_SETTINGS": str(file)}
    if name in ("web", "jobs"):
        subprocess.run([sys.executable, "-m", "kandelia.boot.migrate"], env=environment, check=True, timeout=60)
    bus = await open_bus((url,), login, name="test")
    reports = aiter(await bus.subscribe(REPORTS_SUBJECT))
    command = [*KANDELIA, "up", "--role", name, "--settings", str(file), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    report = msgspec.json.decode((await anext(reports)).data, type=Report)
    assert (report.role, report.pid) == (name, process.pid)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=15)
    assert (process.returncode, said) == (0, "")
    await bus.close()


def start_up(directory: Path, *more: str) -> "tuple[subprocess.Popen[str], str]":
    command = [*KANDELIA, "up", "--data", str(directory), "--port", "0", *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        if line.startswith("Kandelia is at"):
            return process, line.split()[3]
        said.append(line)
    raise AssertionError(f"it ended with {process.wait(20)}: {''.join(said)[-2_000:]}")


def stop(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_beyond_loopback_a_client_verifies_by_the_own_authority(tmp_path: Path) -> None:
    process, address = start_up(tmp_path, "--host", "0.0.0.0")
    try:
        assert address.startswith("https://127.0.0.1:")
        authority = str(tmp_path / "secrets" / "tls" / "authority.pem")
        verified = httpx.get(f"{address}healthz", verify=ssl.create_default_context(cafile=authority))
        assert verified.status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{address}healthz")
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{address.replace('https', 'http')}healthz")
    finally:
        stop(process)


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    one, other = ensure_own(tmp_path / "one", ("localhost",)), ensure_own(tmp_path / "other", ("localhost",))
    (tmp_path / "settings.toml").write_text(f'[web]\ncertificate = "{one.certificate}"\nkey = "{other.key}"\n')
    command = [*KANDELIA, "up", "--data", str(tmp_path), "--port", "0", "--host", "0.0.0.0"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (answer.returncode, len(answer.stderr.splitlines())) == (78, 1)
    assert "cannot be used together" in answer.stderr


async def test_a_frozen_bus_is_ended_and_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "BUS_SILENT_S", 2.0)
    monkeypatch.setattr(supervisor, "BUS_CHECK_S", 0.5)
    made = supervisor.Supervisor(load_settings(None, {"KANDELIA_DATA": str(tmp_path)}), ())
    await made.start()
    try:
        bus, began = made.watched["bus"], time.monotonic()
        frozen = bus.pid
        os.kill(frozen, signal.SIGSTOP)
        while bus.pid in (0, frozen) or made.bus is None or not await made.bus.streams_work():
            assert time.monotonic() - began < 40
            await asyncio.sleep(0.1)
        assert bus.restarts == 1 and "SIGKILL" in bus.last_exit
    finally:
        await made.stop()


def test_two_installations_run_side_by_side_with_their_plants(tmp_path: Path) -> None:
    both = [Installation(tmp_path / name, demo=True) for name in ("one", "two")]
    try:
        for one in both:
            one.start()
        assert both[0].port != both[1].port
        for one in both:
            settings = load_settings(None, {"KANDELIA_DATA": str(one.directory)})
            until(f"{one.directory.name} records", lambda settings=settings: _rows(settings) > 0, 120)
    finally:
        for one in both:
            one.stop()


def _rows(settings: object) -> float:
    found = asyncio.run(status.collect(settings))  # type: ignore[arg-type]
    return found.reports["history"].gauges["recorded_rows"]

"""Promise: a program elsewhere reads, writes and follows signals by the client package; Grafana reads them as rows;
a driver and an app of somebody else work as ours do."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socketserver
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.installation import Installation, installation, until

ROOT = Path(__file__).parents[2]
WAIT_S = 60.0
PLANT = """
connections:
  - {key: tiny, site: s1, driver: lines, settings: {host: 127.0.0.1, port: %d}}
sites:
  - key: s1
    areas:
      - key: lab
        machines:
          - key: scale
            signals:
              - {key: weight, unit: kg}
              - {key: number, type: integer}
          - key: tank
            connection: tiny
            signals:
              - {key: temperature, unit: Cel, address: temperature, period: 200ms}
"""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Lines(socketserver.StreamRequestHandler):
    """A device that the tiny driver speaks to."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(b"21.5\n" if line.strip() == b"temperature" else b"?\n")


@pytest.fixture(scope="module")
def device():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Lines) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Copies of what somebody else wrote, by the names of their folders."""
    folder = tmp_path_factory.mktemp("sources")
    for name in ("clients/python", "examples/tiny-driver", "examples/tiny-app"):
        kept_out = shutil.ignore_patterns("data", "build", "*.egg-info", "__pycache__")
        shutil.copytree(ROOT / name, folder / Path(name).name, ignore=kept_out)
    return folder


@pytest.fixture(scope="module")
def target(tmp_path_factory, sources):
    """Client, driver and app as somebody else installs them."""
    target = tmp_path_factory.mktemp("site-packages")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(target), *map(str, sources.iterdir())], check=True, timeout=240)
    return target


@pytest.fixture(scope="module")
def house(tmp_path_factory, target, device):
    folder = tmp_path_factory.mktemp("third")
    with installation(folder / "data", environment={"PYTHONPATH": str(target)}) as running:
        plant = folder / "plant.yaml"
        plant.write_text(PLANT % device)
        running.command("things", "load", str(plant))
        yield running


@pytest.fixture(scope="module")
def package(target):
    sys.path.insert(0, str(target))
    import kandelia_client

    assert (target / "kandelia_client" / "py.typed").exists()
    yield kandelia_client
    sys.path.remove(str(target))
    for name in [name for name in sys.modules if name.startswith("kandelia_client")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def client(house: Installation, package):
    with package.Client(f"http://127.0.0.1:{house.port}", house.token("engineer")) as made:
        until("the signals are known to history", lambda: made.signals.write({"s1.lab.scale.number": []}) == 0, WAIT_S)
        yield made


def test_reads_what_it_wrote(client, package) -> None:
    (weight,) = client.signals.list("weight")
    assert weight.id == "s1.lab.scale.weight" and weight.unit == "kg"
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    rows = [(start + timedelta(seconds=n), n / 2) for n in range(100)]
    for _ in range(2):
        assert client.signals.write({weight.id: rows}, key="weighing 1") == 100
    span = (start, start + timedelta(minutes=5))
    table = until("all are stored", lambda: _whole(client.signals.query([weight.id], *span)), WAIT_S)
    assert table["time"].to_pylist()[3] == rows[3][0]
    trend = client.signals.query([weight.number], *span, points=10)
    assert trend["id"].to_pylist()[0] == weight.id and sum(trend["count"].to_pylist()) == 100
    assert max(trend["max"].to_pylist()) == 49.5
    buckets = client.signals.query([weight.id], *span, every="1m")
    assert sum(buckets["count"].to_pylist()) == 100
    newest = client.signals.last([weight.id])[weight.id]
    assert newest.value == 49.5 and newest.quality == 0
    assert all(event.type and event.id for event in client.events(limit=500))


def _whole(table):
    return table if table.num_rows == 100 else None


def test_problems_are_exceptions_of_their_kind(client, package, house) -> None:
    with pytest.raises(package.NotFound) as caught:
        client.signals.get("s1.none")
    assert caught.value.status == 404 and caught.value.mend
    with pytest.raises(package.InvalidRequest):
        client.signals.write({"s1.lab.scale.number": [(0, "text")]})
    with package.Client(client.url, "kdl_" + "x" * 43) as stranger, pytest.raises(package.NotSignedIn):
        stranger.signals.get(1)
    with package.Client(client.url, house.token("viewer")) as guest, pytest.raises(package.NotAllowed):
        guest.signals.write({"s1.lab.scale.weight": [(0, 1.0)]})
    with package.Client("http://127.0.0.1:9", "kdl_x") as nobody, pytest.raises(package.Unavailable):
        nobody.signals.get(1)


async def test_follows_over_a_restart_of_the_live_role(client, house) -> None:
    id = "s1.lab.scale.number"

    async def put(value: int) -> None:
        await asyncio.to_thread(client.signals.write, {id: [(int(time.time() * 1_000), value)]})

    def newest(value: int) -> bool:
        return client.signals.last([id])[id].value == value

    seen: list[int] = []
    changes = client.subscribe([id])

    async def until_seen(value: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while value not in seen:
                seen.append((await anext(changes)).value)

    await put(1)
    await until_seen(1)
    pid = await asyncio.to_thread(house.kill, "live", signal.SIGSTOP)  # it says nothing of what follows
    for value in (2, 3):
        await put(value)
        await asyncio.to_thread(until, f"history has {value}", lambda: newest(value), WAIT_S)  # noqa: B023
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(house.until_back, "live", pid)
    await put(4)
    await until_seen(4)
    assert seen == [1, 2, 3, 4]
    with contextlib.suppress(RuntimeError):
        await changes.aclose()


def test_a_driver_of_somebody_else_collects(client) -> None:
    id = "s1.lab.tank.temperature"
    newest = until("the driver has delivered", lambda: client.signals.last([id]).get(id), WAIT_S)
    assert newest.value == 21.5 and newest.quality == 0


def test_an_app_of_somebody_else_has_its_records_page_operation_and_command(house) -> None:
    gauge = {"number": "G-7", "name": "Calliper", "calibrated_on": "2020-05-31"}
    with house.client(house.token("engineer")) as engineer:
        made = engineer.post("/api/v1/records/gauge", json={"values": gauge})
        assert made.status_code == 201, made.text
        for page in ("/records/gauge", "/gauges/due"):
            assert "G-7" in engineer.get(page).text, page
        (due,) = json.loads(house.command("gauges", "due", "--json"))
        assert due["due_on"] == "2021-05-31"
        done = {"on": datetime.now(UTC).date().isoformat()}
        said = engineer.post(f"/api/v1/gauges/{due['id']}/calibrated", json=done)
        assert said.status_code == 200, said.text
        assert "G-7" not in engineer.get("/gauges/due").text


def test_the_app_keeps_its_own_promises(sources, target, tmp_path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(target), "KANDELIA_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        command, cwd=sources / "tiny-app", env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-1_000:]


def test_grafana_reads_rows(client, house) -> None:
    """What the Infinity data source sends: GET of the URL after its variables are filled in, the token as a bearer
    (its documentation: Configure, Authentication; URL configuration, Variables ${__from} and ${__to} in ms)."""
    number = client.signals.get("s1.lab.scale.weight").number
    now_ms = int(time.time() * 1_000)
    client.signals.write({number: [(now_ms - 60_000, 4.0), (now_ms - 30_000, 6.0)]})
    span = f"start={now_ms - 120_000}&end={now_ms}"
    headers = {"User-Agent": "Grafana/11.6.0", "Accept": "application/json;q=0.9,text/plain"}
    with house.client(house.token("viewer")) as grafana:
        url = f"/api/v1/history/rows?signals={number}&{span}&points=100"
        rows = until("rows", lambda: _two(grafana.get(url, headers=headers).json()), WAIT_S)
        assert [(row["signal"], row["value"]) for row in rows[-2:]] == [("s1.lab.scale.weight", n) for n in (4.0, 6.0)]
        assert all(isinstance(row["time"], int) for row in rows)
        found = grafana.get("/api/v1/signals?search=weight", headers=headers).json()["items"]
        assert found[0]["number"] == number  # what a query variable lists
    with house.client("kdl_" + "y" * 43) as stranger:
        assert stranger.get(url, headers=headers).status_code == 401


def _two(rows):
    return rows if len(rows) >= 2 else None

"""An installation on six hosts, by the settings files of docs/do/many-machines: a bus server dies, nothing is lost.

Each host is a network namespace: three bus servers with TLS, PostgreSQL, the front, the store of history, and a plant
with its OPC UA server. The settings are the very files that the page shows.
"""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kandelia.boot.certificates import issue
from kandelia.engines.nats.server import find_binary
from tests import hosts
from tests.faults.plant import MS, PERIOD_MS, Stored, check_source, is_bad
from tests.hosts import Host
from tests.installation import until
from tests.peers.opcua_server import OpcUaPeer
from tests.records.postgresql import programs, server

FILES = Path(__file__).parents[2] / "docs" / "do" / "many-machines"
BUSES = {f"bus-{number}": f"192.0.2.1{number}" for number in (1, 2, 3)}
ADDRESSES = {**BUSES, "front": "192.0.2.21", "store": "192.0.2.22", "records": "192.0.2.31", "plant": "192.0.2.41"}
PASSWORD = "many-machines"
SIGNALS, OPCUA_PORT = 20, 4840
KANDELIA = (sys.executable, "-m", "kandelia.boot.command")
START_S = 120.0
pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(420)]


class Fleet:
    """The seven hosts and what runs on them."""

    def __init__(self, of: dict[str, Host], authority: Path) -> None:
        self.of = of
        self.buses: dict[str, subprocess.Popen[bytes]] = {}
        for name in ADDRESSES:
            if name != "records":
                issue(authority, of[name].directory / "bus", (ADDRESSES[name],))
        for name in ("front", "store", "plant"):
            shutil.copy(FILES / f"{name}.toml", of[name].directory)
            of[name].environment = {
                "KANDELIA_DATA": str(of[name].directory / "data"),
                "KANDELIA_SETTINGS": str(of[name].directory / f"{name}.toml"),
                "KANDELIA_BUS__PASSWORD": PASSWORD,
            }

    def start_bus(self, name: str) -> None:
        host = self.of[name]
        shutil.copy(FILES / "bus.conf", host.directory)
        host.environment = {"NODE": name, "BUS_PASSWORD": PASSWORD}
        self.buses[name] = host.spawn(find_binary(), "--config", "bus.conf")

    def start(self, *names: str) -> None:
        for name in names:
            self.of[name].spawn(*KANDELIA, "up", output="up.out")
        for name in names:
            until(f"{name} is up", lambda name=name: self._is_up(name), START_S)

    def _is_up(self, name: str) -> bool:
        host, said = self.of[name], (self.of[name].directory / "up.out").read_text(errors="replace")
        if host.spawned[-1].poll() is not None:
            pytest.fail(f"{name} ended: {said[-2000:]}")
        return "Kandelia is at" in said or "This host runs" in said

    def kandelia(self, name: str, *words: str, check: bool = True) -> str:
        return self.of[name].run(*KANDELIA, *words, check=check)

    def status(self, name: str) -> dict[str, Any]:
        return dict(json.loads(self.kandelia(name, "status", "--json", check=False)))

    def leader(self) -> str:
        """The bus server that leads the stream of the edges."""
        code = (
            "import asyncio, os\n"
            "from kandelia.boot.connecting import open_settings_bus\n"
            "from kandelia.boot.load import load_settings\n"
            "from kandelia.engines.nats.streams import call\n"
            "async def main():\n"
            "    bus = await open_settings_bus(load_settings(os.environ['KANDELIA_SETTINGS']), 'asking')\n"
            "    print((await call(bus.link, 'STREAM.INFO.EDGE'))['cluster']['leader'])\n"
            "    await bus.close()\n"
            "asyncio.run(main())\n"
        )
        return self.of["store"].run(sys.executable, "-c", code).strip()


@contextmanager
def records(host: Host) -> Iterator[None]:
    """PostgreSQL there, with the user and the database that front.toml names."""
    with server(host.namespace, host.address) as address:
        code = (
            "import psycopg\n"
            f"with psycopg.connect({address!r}, autocommit=True) as database:\n"
            "    database.execute('CREATE ROLE kandelia LOGIN')\n"
            "    database.execute('CREATE DATABASE kandelia OWNER kandelia')\n"
        )
        host.run(sys.executable, "-c", code)
        yield


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    if why := hosts.reason_against():
        pytest.skip(why)
    if programs() is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    with hosts.hosts(ADDRESSES, tmp_path) as of, records(of["records"]):
        yield Fleet(of, tmp_path / "authority")


def plant_file() -> str:
    signals = [f"{{key: s{i}, period: {PERIOD_MS}ms, address: '{OpcUaPeer.address(i)}'}}" for i in range(SIGNALS)]
    settings = f"{{endpoint: 'opc.tcp://127.0.0.1:{OPCUA_PORT}/', publishing_ms: 200}}"
    return (
        f"connections: [{{key: line, site: works, driver: opcua, settings: {settings}}}]\n"
        "sites:\n- key: works\n  name: {en: Works}\n  areas:\n  - key: hall\n    name: {en: Hall}\n    machines:\n"
        f"    - {{key: press, connection: line, signals: [{', '.join(signals)}]}}\n"
    )


def test_a_bus_server_dies_under_load_and_nothing_is_lost(fleet: Fleet) -> None:
    for name in BUSES:
        fleet.start_bus(name)
    fleet.of["plant"].spawn(
        *(sys.executable, "-m", "tests.peers.opcua_server", "--port", str(OPCUA_PORT)),
        *("--signals", str(SIGNALS), "--period-ms", str(PERIOD_MS)),
        output="peer.out",
        cwd=Path(__file__).parents[2],
    )
    fleet.start("front", "store", "plant")
    (fleet.of["front"].directory / "plant.yaml").write_text(plant_file())
    fleet.kandelia("front", "things", "load", "plant.yaml")
    until("values are in history", lambda: len(good(fleet)) > 10, START_S)
    told = fleet.status("plant")
    assert {"edge@plant", "history@store", "web@front", "live@front", "jobs@front"} <= set(told["reports"]), told

    leader = fleet.leader()
    fleet.buses[leader].send_signal(signal.SIGKILL)
    fleet.buses[leader].wait()
    killed_ns = time.time_ns()
    until("values flow on without it", lambda: good(fleet)[-1].at_ns > killed_ns + 5_000 * MS, 90)
    fleet.start_bus(leader)
    seen = len(good(fleet))
    until("values flow on with it", lambda: len(good(fleet)) > seen + 10, 60)
    check_source(stored(fleet), "s3")
    signed_out = fleet.of["front"].run(sys.executable, "-c", ASK_PAGE, check=False)
    assert signed_out.strip() == "200", signed_out


ASK_PAGE = """
import httpx, ssl
trusted = ssl.create_default_context(cafile="data/secrets/tls/authority.pem")
print(httpx.get("https://192.0.2.21:8443/sign-in", verify=trusted).status_code)
"""


def good(fleet: Fleet) -> list[Stored]:
    return [row for row in stored(fleet) if not is_bad(row.quality)]


def stored(fleet: Fleet) -> list[Stored]:
    """The rows of one signal, as a program of the front reads them."""
    now_ms = time.time_ns() // 1_000_000
    words = ("works.hall.press.s3", "--from", str(now_ms - 3_600_000), "--to", str(now_ms + 60_000), "--format", "json")
    document = json.loads(fleet.kandelia("front", "signals", "query", *words))
    rows = zip(document["t"], document["value"], document["quality"], strict=True)
    return [Stored(at * MS, value, quality) for at, value, quality in rows]

"""Promise: in a whole installation a device enters our listener with its own secret, and what it sends is kept."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kandelia.engines.nats.server import kept_port
from tests.installation import Installation, until
from tests.peers.mosquitto import needs_mosquitto, publish
from tests.peers.sparkplug_node import needs_npm_node, sparkplug_node

pytestmark = [pytest.mark.slow, needs_mosquitto, needs_npm_node]
NODE = "Press 7 注塑"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("mqtt") / "data")
    try:
        yield made.start()
    finally:
        made.stop()


def device(installation: Installation, name: str, *more: str) -> str:
    return str(json.loads(installation.command("device", "add", name, "--json", *more))["secret"])


def test_from_a_foreign_node_to_history(installation: Installation, tmp_path: Path) -> None:
    port = until("the listener listens", lambda: kept_port(installation.directory / "mqtt"), 30)
    everything = ("--publish", "#", "--subscribe", "#")
    collector = device(installation, "collector", *everything)
    node = device(installation, NODE)
    plain = device(installation, "oven")
    broker = f"mqtt://127.0.0.1:{port}"
    file = tmp_path / "plant.yaml"
    file.write_text(
        json.dumps(
            {
                "connections": [
                    {"key": key, "site": "s", "name": {"zh": key, "en": key}, "driver": driver, "settings": settings}
                    for key, driver, settings in (
                        (
                            "nodes",
                            "sparkplug",
                            {"broker": broker, "user": "collector", "password": collector, "rebirth_s": 1},
                        ),
                        ("topics", "mqtt", {"broker": broker, "user": "collector", "password": collector}),
                    )
                ],
                "sites": [
                    {
                        "key": "s",
                        "name": {"zh": "厂", "en": "Plant"},
                        "time_zone": "Asia/Shanghai",
                        "areas": [
                            {
                                "key": "a",
                                "name": {"zh": "区", "en": "Area"},
                                "machines": [
                                    machine("press", "nodes", f"My Group/{NODE}/机 1#Temp", "float"),
                                    machine("oven", "topics", "oven/zone 1#/t", "float"),
                                ],
                            }
                        ],
                    }
                ],
            },
            ensure_ascii=False,
        )
    )
    installation.command("things", "load", str(file))
    until("both run", lambda: states(installation) == {"nodes": "running", "topics": "running"}, 40)

    async def work() -> None:
        births = {"": [], "机 1": [{"name": "Temp", "type": "Double", "value": 21.5}]}
        login = {"username": NODE, "password": node}
        url = f"tcp://127.0.0.1:{port}"
        async with sparkplug_node(url, "My Group", NODE, births, **login) as foreign:  # type: ignore[arg-type]
            await foreign.born()
            await foreign.tell(device="机 1", metrics=[{"name": "Temp", "type": "Double", "value": 22.5}])
            await asyncio.to_thread(
                until, "the node's value is known", lambda: newest(installation, "s.a.press.v") == 22.5, 30
            )
            publish(port, "oven/zone 1", '{"t": 181.5}', "-u", "oven", "-P", plain)
            await asyncio.to_thread(until, "the plain value", lambda: newest(installation, "s.a.oven.v") == 181.5, 30)
        await asyncio.to_thread(until, "its death is known", lambda: newest(installation, "s.a.press.v") is None, 30)

    asyncio.run(work())


def test_a_device_that_ends_is_let_go(installation: Installation) -> None:
    port = until("the listener listens", lambda: kept_port(installation.directory / "mqtt"), 30)
    secret = device(installation, "short")

    def sends() -> bool:
        try:
            publish(int(port), "short/x", "1", "-u", "short", "-P", secret)
        except subprocess.CalledProcessError:
            return False
        return True

    until("it enters", sends, 20)
    installation.command("device", "end", "short")
    until("it enters no more", lambda: not sends(), 20)


def machine(key: str, connection: str, address: str, kind: str) -> dict[str, Any]:
    signal = {"key": "v", "name": {"zh": "值", "en": "Value"}, "type": kind, "address": address, "period": "1s"}
    return {"key": key, "name": {"zh": key, "en": key}, "connection": connection, "signals": [signal]}


def states(installation: Installation) -> dict[str, str]:
    listed = json.loads(installation.command("connections", "list", "--json"))
    return {one["connection"]["key"]: (one["state"] or {}).get("state", "") for one in listed}


def newest(installation: Installation, signal: str) -> Any:
    """The newest value in history; None where it is bad or there is none."""
    client = installation.client(TOKENS.setdefault(str(installation.directory), installation.token()))
    found = client.get("/api/v1/signals", params={"search": signal}).json()["items"]
    number = str(found[0]["number"])
    last = client.get("/api/v1/history/last", params={"signals": number}).json()["signals"]
    return last[number]["value"] if number in last else None


TOKENS: dict[str, str] = {}

"""Promise: the demo plant is understood over our own listener: climate stations by MQTT, compressors by Sparkplug."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from kandelia.boot.demo_mqtt import DEVICES
from kandelia.drivers.mqtt.driver import driver as mqtt
from kandelia.drivers.sparkplug.driver import driver as sparkplug
from kandelia.kernel.connections.drivers import Item
from kandelia.sdk.drivers import Kind
from kandelia.surfaces.mqtt.tests.stand import grant, stand
from kandelia_demo_plant.declaration import Kind as PlantKind
from kandelia_demo_plant.mqtt_door import CLIMATE, CLIMATE_GROUP, FILE, UTILITIES, UTILITIES_GROUP, MqttDoor
from kandelia_demo_plant.plant_file import CLIMATE_RULE, COLLECTOR, plant_file
from kandelia_demo_plant.simulation import layout
from tests.contracts.drivers.suite import Rows, until

pytestmark = pytest.mark.slow
BAD = 0x8000


def granted(more: Any) -> dict[str, Any]:
    """As `kandelia device add` takes the same options."""
    given: dict[str, Any] = {}
    for option, topic in zip(more[::2], more[1::2], strict=True):
        given.setdefault(option.removeprefix("--"), []).append(topic)
    return {key: tuple(topics) for key, topics in given.items()}


async def test_both_doors(tmp_path: Path) -> None:
    door = MqttDoor(tmp_path)
    columns = [c for c in layout().columns if c.machine.group in (CLIMATE_GROUP, UTILITIES_GROUP)]

    def tell(value: float, quality: int = 0) -> None:
        for column in columns:
            shown: Any = "x" if column.signal.kind is PlantKind.TEXT else value
            door.show(column, shown if column.signal.kind is PlantKind.FLOAT else 1, quality)
        door.tell(int(time.time()))

    async with stand(tmp_path / "listener") as made:
        made.know(*(grant(name, **granted(more)) for name, more in DEVICES.items()))
        secrets = {name: f"secret-{name}" for name in DEVICES}
        broker = {"host": "127.0.0.1", "port": made.port, "devices": secrets}
        assert f"mqtt://127.0.0.1:{made.port}" in plant_file(broker=broker)
        login = {"broker": f"mqtt://127.0.0.1:{made.port}", "user": COLLECTOR, "password": {"secret": "s"}}
        secret = {"s": secrets[COLLECTOR]}
        plain = await mqtt.open(mqtt.configure({**login, "topics": [CLIMATE_RULE]}), secret)
        node = await sparkplug.open(sparkplug.configure({**login, "rebirth_s": 1.0, "reorder_s": 0.2}), secret)
        climate = next(c for c in columns if c.machine.group == CLIMATE_GROUP and c.signal.kind is PlantKind.FLOAT)
        pressure = next(c for c in columns if c.machine.group == UTILITIES_GROUP and c.signal.kind is PlantKind.FLOAT)
        sink = Rows()
        one = Item(1, f"{CLIMATE}/{climate.machine.key}#/v/{climate.signal.key}", Kind.FLOAT, 1_000)
        two = Item(2, f"Sample Electronics/{UTILITIES}/{pressure.machine.key}#{pressure.signal.key}", Kind.FLOAT, 1_000)
        assert not await plain.collect([one], sink) and not await node.collect([two], sink)
        (tmp_path / FILE).write_text(json.dumps(broker))
        number = 0.0
        async with asyncio.timeout(20):
            while {row[0] for row in sink.rows} != {1, 2}:
                number += 1.5
                tell(number)
                await asyncio.sleep(0.1)
        tell(99.5)
        await until(lambda: {row[0] for row in sink.rows if row[3] == 99.5} == {1, 2})
        tell(99.5, BAD)
        await until(lambda: [row for row in sink.rows if row[0] == 2][-1][2] >= BAD and sink.rows[-1][3] is None)
        await door.set_off(True)
        await until(lambda: [row for row in sink.rows if row[0] == 2][-1][2] == 0x8031)
        await asyncio.gather(plain.close(), node.close())

"""Promise: an edge node that others wrote (npm sparkplug-client, behind mosquitto) is understood as it means it."""

import asyncio
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.base.quality import BAD, BAD_NO_COMMUNICATION
from kandelia.base.samples import Kind
from kandelia.drivers.sparkplug.driver import driver
from kandelia.kernel.connections.contracts import ConnectionDocument, SignalEntry, State
from tests.edge.rig import Row, memory_rig, values_of
from tests.peers.mosquitto import Mosquitto, mosquitto, needs_mosquitto
from tests.peers.sparkplug_node import needs_npm_node, sparkplug_node

pytestmark = [needs_mosquitto, needs_npm_node, pytest.mark.slow]
GROUP, NODE, DEVICE = "My MQTT Group 车间", "Edge Node 1", "注塑机 #7".replace("#", "no ")
OLD_MS = 1_700_000_000_000
BIRTHS: dict[str, list[dict[str, Any]]] = {
    "": [
        {"name": "Node Control/Rebirth", "type": "Boolean", "value": False},
        {"name": "Uptime/小时", "type": "UInt64", "value": "9007199254740993"},
    ],
    DEVICE: [
        {"name": "Inputs/Temp #1", "type": "Float", "value": 21.5, "alias": 7},
        {"name": "Count", "type": "Int16", "value": -5, "alias": 8},
        {"name": "Running", "type": "Boolean", "value": True, "alias": 9},
        {"name": "Program", "type": "String", "value": "无铅 A"},
        {"name": "Since", "type": "DateTime", "value": OLD_MS},
        {
            "name": "Table",
            "type": "DataSet",
            "value": {"numOfColumns": 1, "types": ["Int32"], "columns": ["a"], "rows": [[1]]},
        },
    ],
}
ADDRESSES = {
    f"{GROUP}/{NODE}#Uptime/小时": Kind.INTEGER,
    f"{GROUP}/{NODE}/{DEVICE}#Inputs/Temp #1": Kind.FLOAT,
    f"{GROUP}/{NODE}/{DEVICE}#Count": Kind.INTEGER,
    f"{GROUP}/{NODE}/{DEVICE}#Running": Kind.BOOLEAN,
    f"{GROUP}/{NODE}/{DEVICE}#Program": Kind.TEXT,
    f"{GROUP}/{NODE}/{DEVICE}#Since": Kind.TEXT,
    f"{GROUP}/{NODE}/{DEVICE}#Table": Kind.FLOAT,
    f"{GROUP}/{NODE}/{DEVICE}#Nowhere": Kind.FLOAT,
}
TEMPERATURE, COUNT = 2, 3


def connection(broker: Mosquitto, **settings: object) -> ConnectionDocument:
    signals = tuple(
        SignalEntry(number, f"p.m.s{number}", kind, address)
        for number, (address, kind) in enumerate(ADDRESSES.items(), 1)
    )
    known = {"broker": broker.address, "alive_s": 0.5, "reorder_s": 0.3, "rebirth_s": 1.0}
    return ConnectionDocument("line1", "main", "plant", "sparkplug", 1, settings={**known, **settings}, signals=signals)


def url(broker: Mosquitto) -> str:
    return f"tcp://127.0.0.1:{broker.port}"


def last(rows: list[Row], number: int) -> Row:
    return [row for row in rows if row.signal == number][-1]


async def test_births_data_and_deaths(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "b") as broker:
        async with memory_rig(tmp_path) as rig, rig.states() as states:
            await rig.put(connection(broker))
            rig.start()
            await states.enter(State.RUNNING)
            async with sparkplug_node(url(broker), GROUP, NODE, BIRTHS) as node:
                rows = await rig.until_rows(lambda rows: {row.signal for row in rows} >= {1, 2, 3, 4, 5, 6})
                told = {number: last(rows, number).value for number in range(1, 7)}
                assert told == {1: 2**53 + 1, 2: 21.5, 3: -5, 4: 1, 5: "无铅 A", 6: "2023-11-14T22:13:20.000Z"}
                await states.until(lambda state: "data set" in state.fault or "no such metric" in state.fault)

                at_ms = time.time_ns() // 1_000_000 - 50
                await node.tell(
                    device=DEVICE, metrics=[{"alias": 7, "type": "Float", "value": 22.5, "timestamp": at_ms}]
                )
                rows = await rig.until_rows(lambda rows: 22.5 in values_of(rows, TEMPERATURE))
                assert last(rows, TEMPERATURE).time_ns == at_ms * 1_000_000, "by alias alone, with its own time"
                for way in ("GZIP", "DEFLATE"):
                    await node.tell(
                        device=DEVICE, compress=way, metrics=[{"alias": 8, "type": "Int16", "value": -len(way)}]
                    )
                await rig.until_rows(lambda rows: {-4, -7} <= set(values_of(rows, COUNT)))

                quality = {"Quality": {"type": "Int32", "value": 0}}
                await node.tell(
                    device=DEVICE, metrics=[{"alias": 8, "type": "Int16", "value": 1, "properties": quality}]
                )
                rows = await rig.until_rows(lambda rows: last(rows, COUNT).value == 1)
                assert last(rows, COUNT).quality == BAD
                old = {"alias": 8, "type": "Int16", "value": 77, "timestamp": at_ms - 60_000, "isHistorical": True}
                await node.tell(
                    device=DEVICE, metrics=[old, {"alias": 7, "type": "Float", "value": None, "isNull": True}]
                )
                rows = await rig.until_rows(lambda rows: 77 in values_of(rows, COUNT))
                assert any(row.value == 77 and row.time_ns == (at_ms - 60_000) * 1_000_000 for row in rows)
                assert last(rows, TEMPERATURE).value is None

                await node.tell(death=DEVICE, timestamp=at_ms + 45)
                rows = await rig.until_rows(lambda rows: last(rows, COUNT).quality == BAD_NO_COMMUNICATION)
                assert last(rows, COUNT).time_ns == (at_ms + 45) * 1_000_000, "a device's death has the node's time"
                assert last(rows, 1).quality != BAD_NO_COMMUNICATION, "the node itself lives"
                await node.tell(birth=BIRTHS)
                await rig.until_rows(lambda rows: last(rows, COUNT).value == -5)
                killed_ns = time.time_ns()
                node.kill()
                rows = await rig.until_rows(
                    lambda rows: all(last(rows, n).quality == BAD_NO_COMMUNICATION for n in range(1, 7))
                )
                assert all(killed_ns <= last(rows, n).time_ns <= time.time_ns() for n in range(1, 7)), (
                    "the host's clock"
                )
            async with sparkplug_node(url(broker), GROUP, NODE, BIRTHS):
                await rig.until_rows(lambda rows: all(last(rows, n).value is not None for n in range(1, 7)))


async def test_what_is_unclear_is_asked_for(tmp_path: Path) -> None:
    """A host that comes later than the births, and a gap in the sequence."""
    with mosquitto(tmp_path / "b") as broker:
        async with (
            memory_rig(tmp_path) as rig,
            rig.states() as states,
            sparkplug_node(url(broker), GROUP, NODE, BIRTHS) as node,
        ):
            await node.born()
            await rig.put(connection(broker))
            rig.start()
            await states.enter(State.RUNNING)
            await node.until(lambda said: said.get("command") == "Node Control/Rebirth")
            await rig.until_rows(lambda rows: {row.signal for row in rows} >= {1, 2, 3, 4, 5, 6})
            heard = len(node.heard)
            await node.tell(skip=3)
            await node.tell(device=DEVICE, metrics=[{"alias": 8, "type": "Int16", "value": 12}])
            await rig.until_rows(lambda rows: 12 in values_of(rows, COUNT))
            await node.until(lambda said: said.get("command") == "Node Control/Rebirth", heard)
            await states.until(lambda state: "3 messages are missing" in state.fault)


async def test_the_host_says_whether_it_is_there(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "b") as broker:
        seen: list[dict[str, Any]] = []
        command = ["mosquitto_sub", "-p", str(broker.port), "-t", "spBv1.0/STATE/+", "-q", "1", "-F", "%p"]
        listener = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)

        async def listen() -> None:
            assert listener.stdout is not None
            async for line in listener.stdout:
                seen.append(json.loads(line))

        async def until(count: int) -> list[bool]:
            async with asyncio.timeout(60):
                while len(seen) < count:
                    await asyncio.sleep(0.02)
            return [told["online"] for told in seen]

        task = asyncio.create_task(listen())
        async with memory_rig(tmp_path) as rig, rig.states() as states:
            await rig.put(connection(broker, host_id="scada 1"))
            rig.start()
            await states.enter(State.RUNNING)
            assert await until(1) == [True]
            stranger = json.dumps({"online": False, "timestamp": seen[0]["timestamp"] + 1})
            await asyncio.to_thread(broker.publish, "spBv1.0/STATE/scada 1", stranger, "-r")
            assert await until(3) == [True, False, True], "said again at once"
            assert seen[2] == seen[0]
            await rig.stop()
            assert (await until(4))[3] is False and seen[3]["timestamp"] >= seen[0]["timestamp"]
        listener.kill()
        await listener.wait()
        await asyncio.gather(task, return_exceptions=True)


async def test_browsing_and_writing(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "b") as broker:
        async with sparkplug_node(url(broker), GROUP, NODE, BIRTHS) as node:
            await node.born()
            session = await driver.open(driver.configure({"broker": broker.address, "rebirth_s": 1.0}), {})
            await node.tell(metrics=[{"name": "Uptime/小时", "type": "UInt64", "value": 2}])
            (group,) = [n for n in await session.browse("") if n.has_children] or (None,)
            assert group is not None and group.address == GROUP
            (found,) = await session.browse(group.address)
            below = {n.name: n for n in await session.browse(found.address)}
            assert below[DEVICE].has_children and below["Uptime/小时"].kind is Kind.INTEGER
            metrics = {n.name: n for n in await session.browse(below[DEVICE].address)}
            assert metrics["Table"].kind is None and "table" in metrics["Table"].details["not a signal"]
            count = metrics["Count"]
            assert count.address in ADDRESSES and count.writable
            assert await session.write(count.address, 41) == 41
            assert sum(said.get("command") == "Count" for said in node.heard) == 1, "once"
            assert await session.write(metrics["Inputs/Temp #1"].address, 0.1) == pytest.approx(0.1)
            for wrong in (2**15, "x", 1.5, True):
                with pytest.raises(InvalidInput):
                    await session.write(count.address, wrong)
            with pytest.raises(NotFound):
                await session.write(f"{GROUP}/{NODE}#nothing", 1)
            await session.close()

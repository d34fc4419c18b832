"""Promise: what comes through an MQTT broker reaches the bus, and every way of losing the broker is seen and mended."""

import asyncio
import json
import signal
import time
from pathlib import Path

import pytest

from kandelia.base.errors import InvalidInput
from kandelia.base.quality import BAD_NO_COMMUNICATION, UNCERTAIN_LAST_USABLE
from kandelia.base.samples import Kind
from kandelia.drivers.mqtt.driver import driver
from kandelia.kernel.connections.contracts import ConnectionDocument, SignalEntry, State
from kandelia.sdk.mqtt import Publish, open_link
from tests.edge.rig import Row, document, memory_rig, nats_rig, values_of
from tests.peers.freezing_proxy import FreezingProxy
from tests.peers.mosquitto import mosquitto, needs_mosquitto

pytestmark = needs_mosquitto
FAST = {"alive_s": 0.4, "timeout_s": 2.0}
RULE = {
    "topic": "plant/{line}/{machine}/data",
    "address": "{line}.{machine}.{tag}",
    "value": "/values/{tag}",
    "time": "/t",
    "time_format": "ms",
    "quality": "/ok",
}


def of_kinds(addresses: dict[str, Kind], **settings: object) -> ConnectionDocument:
    signals = tuple(
        SignalEntry(number, f"p.m.s{number}", kind, address)
        for number, (address, kind) in enumerate(addresses.items(), 1)
    )
    return ConnectionDocument("line1", "main", "plant", "mqtt", 1, settings={**FAST, **settings}, signals=signals)


def last(rows: list[Row], number: int) -> Row:
    return [row for row in rows if row.signal == number][-1]


async def test_json_and_plain_topics_with_their_times_and_qualities(tmp_path: Path) -> None:
    addresses = {
        "smt1.oven.zone 1": Kind.FLOAT,
        "smt1.oven.程序": Kind.TEXT,
        "hall/climate/temperature": Kind.FLOAT,
        "hall/climate/door": Kind.BOOLEAN,
        "kep/gateway#/values/[id=Ch.Dev.Tag]/v": Kind.INTEGER,
    }
    with mosquitto(tmp_path / "broker") as broker:
        async with memory_rig(tmp_path) as rig, rig.states() as states:
            await rig.put(of_kinds(addresses, broker=broker.address, topics=[RULE]))
            rig.start()
            await states.enter(State.RUNNING)
            at_ms = time.time_ns() // 1_000_000 - 5_000
            data = {"t": at_ms, "ok": False, "values": {"zone 1": "241.5", "程序": "无铅 A"}}
            await asyncio.to_thread(broker.publish, "plant/smt1/oven/data", json.dumps(data))
            await asyncio.to_thread(broker.publish, "hall/climate/temperature", "21.25")
            await asyncio.to_thread(broker.publish, "hall/climate/door", "ON")
            kep = {"timestamp": 1, "values": [{"id": "a", "v": 1}, {"id": "Ch.Dev.Tag", "v": 2**53 + 1}]}
            await asyncio.to_thread(broker.publish, "kep/gateway", json.dumps(kep))
            rows = await rig.until_rows(lambda rows: {row.signal for row in rows} == {1, 2, 3, 4, 5})
    assert rows[0].value == 241.5 and rows[0].time_ns == at_ms * 1_000_000, "with its own time"
    assert last(rows, 1).quality >= 0x8000 and last(rows, 2).value == "无铅 A"
    assert [last(rows, number).value for number in (3, 4, 5)] == [21.25, 1, 2**53 + 1]
    assert not last(rows, 3).quality


async def test_what_is_no_sample_is_told_with_its_text_and_the_rest_goes_on(tmp_path: Path) -> None:
    addresses = {"a/number": Kind.FLOAT, "a/data#/x": Kind.FLOAT, "a/+": Kind.FLOAT}
    with mosquitto(tmp_path / "broker") as broker:
        async with memory_rig(tmp_path) as rig, rig.states() as states:
            await rig.put(of_kinds(addresses, broker=broker.address, message_bytes_max=2_000))
            rig.start()
            running = await states.enter(State.RUNNING)
            assert "topic" in running.items_refused["p.m.s3"]
            for payload in ("{", '{"y": 1}', "x" * 5_000, '{"x": 2}'):
                await asyncio.to_thread(broker.publish, "a/data", payload)
            rows = await rig.until_rows(lambda rows: 2.0 in values_of(rows, 2))
            assert [row.value for row in rows] == [2.0]
            told = await states.until(lambda state: state.errors >= 3)
            assert " bytes was left out" in told.fault and told.fault.startswith("a/data")
            assert told.state is State.RUNNING and any(code.startswith("faults-") for code in rig.told.now)


async def test_retained_messages_are_no_new_values(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker") as broker:
        broker.publish("old/ignored", "1", "-r")
        broker.publish("old/told", "2", "-r")
        rules = [{"topic": "old/told", "format": "text", "retained": "uncertain"}]
        async with memory_rig(tmp_path) as rig, rig.states() as states:
            wanted = of_kinds({"old/ignored": Kind.FLOAT, "old/told": Kind.FLOAT}, broker=broker.address, topics=rules)
            await rig.put(wanted)
            rig.start()
            await states.enter(State.RUNNING)
            rows = await rig.until_rows(bool)
            assert [(row.signal, row.value, row.quality) for row in rows] == [(2, 2.0, UNCERTAIN_LAST_USABLE)]
            await asyncio.to_thread(broker.publish, "old/ignored", "3", "-r")
            rows = await rig.until_rows(lambda rows: len(rows) == 2)
            assert (rows[-1].signal, rows[-1].value, rows[-1].quality) == (1, 3.0, 0)


@pytest.mark.slow
@pytest.mark.fault
async def test_a_killed_broker_comes_back_and_a_kept_session_loses_nothing(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker") as broker:
        async with nats_rig(tmp_path) as (rig, _server), rig.states() as states:
            settings = {"broker": broker.address, "client_id": "kandelia-line1", **FAST}
            await rig.put(document("mqtt", ["line/a"], settings=settings))
            rig.start()
            await states.enter(State.RUNNING)
            await asyncio.to_thread(broker.publish, "line/a", "1")
            await rig.until_rows(lambda rows: 1.0 in values_of(rows, 1))
            await asyncio.sleep(1.2)  # the broker saves its sessions each second
            broker.kill()
            lost = await states.enter(State.BACKING_OFF)
            assert lost.error and lost.mend
            broker.start()
            await asyncio.to_thread(broker.publish, "line/a", "2")
            await states.enter(State.RUNNING)
            rows = await rig.until_rows(lambda rows: 2.0 in values_of(rows, 1))
            assert len([row for row in rows if row.quality == BAD_NO_COMMUNICATION]) == 1
            await rig.stop()
            for value in range(3, 40):
                await asyncio.to_thread(broker.publish, "line/a", str(value))
            rig.start()
            rows = await rig.until_rows(lambda rows: 39.0 in values_of(rows, 1))
            assert sorted(set(values_of(rows, 1))) == [float(value) for value in range(1, 40)]


@pytest.mark.slow
@pytest.mark.fault
async def test_a_frozen_broker_and_a_silent_link_are_seen_in_time(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker") as broker:
        async with FreezingProxy(broker.port) as proxy, memory_rig(tmp_path) as rig, rig.states() as states:
            await rig.put(document("mqtt", ["a"], settings={"broker": f"mqtt://127.0.0.1:{proxy.port}", **FAST}))
            rig.start()
            await states.enter(State.RUNNING)
            for stop, go in (
                (proxy.freeze, proxy.thaw),
                (lambda: broker.send(signal.SIGSTOP), lambda: broker.send(signal.SIGCONT)),
            ):
                stop()
                began = time.monotonic()
                await states.enter(State.BACKING_OFF)
                assert time.monotonic() - began < 3 * 0.4 + 2.0, "three periods, and the cost of a busy machine"
                go()
                await states.enter(State.RUNNING)


async def test_a_value_is_written_once_and_read_back(tmp_path: Path) -> None:
    rule = {
        "topic": "oven/{zone}/state",
        "value": "/target",
        "write_topic": "oven/{zone}/set",
        "write_value": "/target",
    }
    with mosquitto(tmp_path / "broker") as broker:
        config = driver.configure({"broker": broker.address, "topics": [rule], **FAST})
        session = await driver.open(config, {})
        device = await open_link(config.broker, {})
        heard: list[bytes] = []

        class Device:
            def message(self, message: Publish) -> None:
                heard.append(message.payload)
                task = device.publish("oven/z1/state", message.payload, qos=1)
                tasks.append(asyncio.ensure_future(task))

            def too_large(self, topic: str, size: int) -> None:
                raise AssertionError

        tasks: list[object] = []
        device.start(Device())
        await device.subscribe([("oven/+/set", 1)])
        assert await session.write("oven/z1/state", 245.5) == 245.5
        assert heard == [b'{"target":245.5}'], "once"
        with pytest.raises(InvalidInput, match="cannot be written"):
            await session.write("oven/other", 1)
        await device.close()
        await session.close()

"""Promise: a real OPC UA client reads the plant, commands switch its faults, and a restart goes on."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asyncua import Client, ua

from kandelia_demo_plant import control, keeping
from kandelia_demo_plant.declaration import NAMESPACE
from kandelia_demo_plant.modbus_map import register_map
from kandelia_demo_plant.simulation import layout

START_S, STOP_S = 90, 30
PRESSURE = "sample.utilities.air-receiver.pressure"
ZONE_3 = "sample.smt.smt1-oven.zone-3-temperature"
ZONE_7 = "sample.smt.smt1-oven.zone-7-temperature"


class Plant:
    """A plant in a process of its own."""

    def __init__(self, data: Path, port: int = 0) -> None:
        command = [sys.executable, "-m", "kandelia_demo_plant", "serve", "--port", str(port), "--data", str(data)]
        self.data = data
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline().split()
        assert self.ready[0] == "ready", self.ready
        self.url = self.ready[1]
        self.port = int(self.url.rstrip("/").rpartition(":")[2])
        self.modbus_port = int(self.ready[-1].rpartition(":")[2])

    def faults(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "kandelia_demo_plant", "faults", *arguments, "--data", str(self.data)]
        return subprocess.run(command, capture_output=True, text=True, timeout=START_S)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_S)


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    running = Plant(tmp_path_factory.mktemp("plant"))
    yield running
    if running.process.poll() is None:
        running.stop()


async def read(client: Client, signal_id: str) -> ua.DataValue:
    node = client.get_node(f"ns=2;s={signal_id}")
    return await node.read_data_value(raise_on_bad_status=False)


async def until(client: Client, signal_id: str, quality: int) -> ua.DataValue:
    for _ in range(600):
        value = await read(client, signal_id)
        if value.StatusCode.value >> 16 == quality:
            return value
        await asyncio.sleep(0.1)
    raise AssertionError(f"{signal_id} never had quality {quality:04x}")


async def fresher(client: Client, signal_id: str, than: datetime) -> ua.DataValue:
    async with asyncio.timeout(60):
        while (value := await read(client, signal_id)).SourceTimestamp <= than:
            await asyncio.sleep(0.1)
    return value


async def test_every_signal_is_there_good_and_fresh(plant: Plant) -> None:
    async with Client(plant.url) as client:
        assert await client.get_namespace_index(NAMESPACE) == 2
        nodes = [client.get_node(f"ns=2;s={column.id}") for column in layout().columns]
        values = await client.read_attributes(nodes, ua.AttributeIds.Value)
        assert all(value.StatusCode.is_good() for value in values)
        fresh = await read(client, PRESSURE)
        assert abs(fresh.SourceTimestamp.timestamp() - time.time()) < 60


@pytest.mark.slow
async def test_values_change_by_subscription(plant: Plant) -> None:
    seen: dict[str, set[float]] = {}

    class Handler:
        def datachange_notification(self, node: object, value: float, data: object) -> None:
            seen.setdefault(str(node), set()).add(value)

    async with Client(plant.url) as client:
        subscription = await client.create_subscription(200, Handler())
        await subscription.subscribe_data_change([client.get_node(f"ns=2;s={name}") for name in (PRESSURE, ZONE_3)])
        async with asyncio.timeout(60):
            while len(seen) < 2 or any(len(values) < 2 for values in seen.values()):
                await asyncio.sleep(0.1)


async def test_nodes_tell_unit_range_and_labels(plant: Plant) -> None:
    async with Client(plant.url) as client:
        zone = client.get_node(f"ns=2;s={ZONE_3}")
        unit = await (await zone.get_child("0:EngineeringUnits")).read_value()
        span = await (await zone.get_child("0:EURange")).read_value()
        assert (unit.DisplayName.Text, span.Low, span.High) == ("Cel", 0.0, 320.0)
        state = client.get_node("ns=2;s=sample.smt.smt1-oven.state")
        labels = await (await state.get_child("0:EnumStrings")).read_value()
        assert [label.Text for label in labels] == ["Stopped", "Idle", "Running", "Set-up", "Fault"]
        energy = await read(client, "sample.energy.meter-main.energy")
        assert energy.Value.VariantType is ua.VariantType.Int64 and energy.Value.Value > 2**53


def ask_modbus(port: int, request: bytes) -> bytes:
    """The PDU that answers a request to unit 2, the main meter."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        link.sendall(b"\0\7\0\0" + (len(request) + 1).to_bytes(2, "big") + b"\2" + request)
        head = link.recv(7, socket.MSG_WAITALL)
        assert head[:4] == b"\0\7\0\0" and head[6] == 2
        return link.recv(int.from_bytes(head[4:6], "big") - 1, socket.MSG_WAITALL)


async def test_meters_answer_modbus_with_the_same_values(plant: Plant) -> None:
    main = [one for one in register_map().values() if one.column.machine.key == "meter-main"]
    assert {one.unit for one in main} == {2} and main[-1].type == "int64"
    async with Client(plant.url) as client:
        voltage = (await read(client, main[0].column.id)).Value.Value
        energy = (await read(client, main[-1].column.id)).Value.Value
    told = ask_modbus(plant.modbus_port, b"\4\0\0" + struct.pack(">H", main[-1].start + 4))
    assert abs(struct.unpack_from(">f", told, 2)[0] - voltage) < 5
    assert 0 <= struct.unpack_from(">q", told, 2 + 2 * main[-1].start)[0] - energy < 10**9
    assert ask_modbus(plant.modbus_port, b"\6\0\0\0\1") == b"\x86\1", "nobody can write"
    assert ask_modbus(plant.modbus_port, b"\3\xff\0\0\1") == b"\x83\2"


@pytest.mark.skipif(not shutil.which("mbpoll"), reason="Debian's mbpoll is not installed (make debian)")
def test_a_foreign_client_reads_the_meters(plant: Plant) -> None:
    options = ["-m", "tcp", "-p", str(plant.modbus_port), "-a", "2", "-0", "-r", "0", "-t", "3:float", "-B", "-c", "1"]
    done = subprocess.run(["mbpoll", *options, "-1", "127.0.0.1"], capture_output=True, text=True, timeout=START_S)
    (value,) = re.findall(r"\[0\]:\s+([0-9.]+)", done.stdout)
    assert 200 < float(value) < 260, "the voltage of L1"


async def test_nobody_can_write(plant: Plant) -> None:
    async with Client(plant.url) as client:
        with pytest.raises(ua.UaStatusCodeError):
            await client.get_node(f"ns=2;s={PRESSURE}").write_value(99.0)
        with pytest.raises(ua.UaStatusCodeError):
            await client.nodes.objects.add_variable("ns=2;s=own", "own", 1.0)
    admin = Client(plant.url)
    admin.set_user("admin")
    with pytest.raises(Exception):  # noqa: B017  the stack has several words for a refused identity
        await admin.connect()


async def test_browsing_follows_the_plant(plant: Plant) -> None:
    async with Client(plant.url) as client:
        node = client.nodes.objects
        for key in ("sample", "smt", "smt1", "smt1-oven", "zone-3-temperature"):
            node = await node.get_child(f"2:{key}")
        assert node.nodeid.Identifier == ZONE_3


@pytest.mark.slow
async def test_sensor_faults_by_command(plant: Plant) -> None:
    assert plant.faults("on", "sensor-failed").returncode == 0
    async with Client(plant.url) as client:
        assert (await until(client, ZONE_7, 0x808C)).Value.Value is None
        listed = plant.faults("list").stdout
        assert "on: smt1-oven.zone-7-temperature" in listed
        assert plant.faults("off", "sensor-failed").returncode == 0
        await until(client, ZONE_7, 0)


@pytest.mark.slow
async def test_a_frozen_sensor_stays_good_with_fresh_times(plant: Plant) -> None:
    assert plant.faults("on", "sensor-frozen").returncode == 0
    async with Client(plant.url) as client:
        since = datetime.now(UTC)
        first = await fresher(client, ZONE_3, since)
        second = await fresher(client, ZONE_3, first.SourceTimestamp)
    assert first.Value.Value == second.Value.Value
    assert second.StatusCode.is_good()
    assert plant.faults("off", "sensor-frozen").returncode == 0


@pytest.mark.fault
async def test_a_cut_network_refuses_and_comes_back(plant: Plant) -> None:
    async with Client(plant.url, timeout=10) as client:
        await read(client, PRESSURE)
        assert plant.faults("on", "network-cut").returncode == 0
        with pytest.raises(Exception):  # noqa: B017  the stack has several words for a lost connection
            await read(client, PRESSURE)
        with contextlib.suppress(Exception):
            await client.disconnect()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", plant.port), timeout=2)
    for port in (plant.port, plant.modbus_port):
        with socket.socket() as thief, pytest.raises(OSError):
            thief.bind(("127.0.0.1", port))  # it is kept for the plant
    back = plant.faults("off", "network-cut")
    assert back.returncode == 0, back.stderr
    async with Client(plant.url) as client:
        assert (await read(client, PRESSURE)).StatusCode.is_good()


@pytest.mark.fault
@pytest.mark.slow
async def test_a_silent_network_accepts_and_never_answers(plant: Plant) -> None:
    assert plant.faults("on", "network-silent").returncode == 0
    with socket.create_connection(("127.0.0.1", plant.port), timeout=30) as link:
        link.sendall(b"HELF" + (32).to_bytes(4, "little") + bytes(24))
        link.settimeout(1.5)
        with pytest.raises(TimeoutError):
            link.recv(1)
    assert plant.faults("off", "network-silent").returncode == 0
    async with Client(plant.url) as client:
        assert (await read(client, PRESSURE)).StatusCode.is_good()


async def test_it_survives_garbage_and_hangups(plant: Plant) -> None:
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(4_000), b"HELF\xff\xff\xff\x7f" + b"x" * 1_000, b"HEL"):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", plant.port), timeout=30) as link:
            link.sendall(garbage)
            link.settimeout(0.3)
            link.recv(100)
    plant.process.send_signal(signal.SIGHUP)
    for line in (b"nonsense\n", b"[]\n", b'{"command":"on","name":"flood"}\n', b"x" * 10_000):
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(30)
            link.connect(str(plant.data / control.SOCKET_FILE))
            link.sendall(line)
            with contextlib.suppress(OSError):
                answer = link.recv(10_000)
                assert not answer or "error" in json.loads(answer)
    async with Client(plant.url) as client:
        assert (await read(client, PRESSURE)).StatusCode.is_good()


def test_wrong_commands_are_told(plant: Plant, tmp_path: Path) -> None:
    wrong = plant.faults("on", "flood")
    assert wrong.returncode == 1 and "bearing-wear" in wrong.stderr
    assert plant.faults("off", "leak").returncode == 1
    with pytest.raises(control.NotRunning, match="serve --data"):
        control.ask(tmp_path, {"command": "list"})


def test_a_directory_has_one_plant(plant: Plant) -> None:
    command = [sys.executable, "-m", "kandelia_demo_plant", "serve", "--port", "0", "--data", str(plant.data)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=START_S)
    assert second.returncode == 1 and "choose another --data" in second.stderr
    assert plant.faults("list").returncode == 0 and (plant.data / control.SOCKET_FILE).exists()


@pytest.mark.slow
def test_a_taken_port_is_told(plant: Plant, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kandelia_demo_plant", "serve", "--port", str(plant.port), "--data", str(tmp_path)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=START_S)
    assert second.returncode == 1
    assert "choose another --port" in second.stderr and "Traceback" not in second.stderr


@pytest.mark.slow
def test_a_restart_goes_on_with_time_counters_and_faults(tmp_path: Path) -> None:
    first = Plant(tmp_path)
    assert first.faults("on", "leak").returncode == 0
    assert first.stop() == 0
    kept = keeping.load(tmp_path)
    assert kept is not None and [fault.name for fault in kept.faults] == ["leak"]
    second = Plant(tmp_path)
    assert "on: air-receiver" in second.faults("list").stdout
    assert second.stop(signal.SIGINT) == 0
    again = keeping.load(tmp_path)
    assert again is not None and again.state.time > kept.state.time
    assert again.state.totals["main-energy"][0] > kept.state.totals["main-energy"][0]


def test_a_damaged_state_starts_a_new_plant(tmp_path: Path) -> None:
    (tmp_path / keeping.STATE_FILE).write_text('{"format": 1, "time": "soon"')
    assert keeping.load(tmp_path) is None


async def test_an_operator_sets_a_zone_and_the_oven_follows(plant: Plant) -> None:
    async with Client(plant.url) as client:
        index = await client.get_namespace_index(NAMESPACE)
        wanted, measured, other = (
            client.get_node(ua.NodeId(f"sample.smt.smt2-oven.zone-4-{what}", index))
            for what in ("setpoint", "temperature", "output")
        )
        before = await wanted.read_value()
        aim = before + 25
        await wanted.write_value(ua.DataValue(ua.Variant(aim, ua.VariantType.Double)))
        began = await measured.read_value()
        async with asyncio.timeout(START_S):
            while await measured.read_value() < began + 2:
                await asyncio.sleep(0.2)
        assert await wanted.read_value() == aim  # the plant's own steps keep it
        for node, value in ((wanted, 900.0), (other, 50.0)):
            with pytest.raises(ua.UaStatusCodeError):
                await node.write_value(ua.DataValue(ua.Variant(value, ua.VariantType.Double)))
        assert await wanted.read_value() == aim

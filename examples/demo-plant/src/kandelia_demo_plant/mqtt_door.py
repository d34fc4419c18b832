"""The plant's climate stations as an MQTT device, its compressors behind a Sparkplug edge node.

Both connect to a broker that a file names, once it is there: host, port, and the secret of each device. The file is
`mqtt.json` in the plant's data: {"host": …, "port": …, "devices": {"climate": secret, "utilities": secret}}.
"""

import asyncio
import contextlib
import json
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from kandelia_demo_plant.declaration import Kind, Machine, Signal
from kandelia_demo_plant.layout import Column
from kandelia_demo_plant.sparkplug_words import BOOLEAN, DOUBLE, INT64, STRING, Metric, payload

FILE = "mqtt.json"
CLIMATE, UTILITIES = "climate", "utilities"  # names of the two devices
CLIMATE_GROUP, UTILITIES_GROUP = "climate", "compressor"  # groups of machines
SPARKPLUG_GROUP = "Sample Electronics"
KEEP_ALIVE_S = 10
RECONNECT_S = (1, 5)
BAD = 0x8000
SEQUENCE = 256
_TYPES = {Kind.FLOAT: DOUBLE, Kind.INTEGER: INT64, Kind.ENUMERATION: INT64, Kind.BOOLEAN: BOOLEAN, Kind.TEXT: STRING}


def topic_address(machine: Machine, signal: Signal) -> str:
    """Where a climate station's signal is: a topic, and a pointer into its JSON."""
    return f"{CLIMATE}/{machine.key}#/v/{signal.key}"


def metric_address(machine: Machine, signal: Signal) -> str:
    """Where a compressor's signal is: group, node, device and metric."""
    return f"{SPARKPLUG_GROUP}/{UTILITIES}/{machine.key}#{signal.key}"


class MqttDoor:
    """`show` each reading, then `tell` once a second; without the file, or while cut off, nothing is sent."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / FILE
        self._climate: dict[str, dict[str, Any]] = {}
        self._node = EdgeNode()
        self._clients: list[paho.Client] = []
        self._off = False
        self._file_ns = 0  # when it was changed, as last read

    def show(self, column: Column, value: Any, quality: int) -> None:
        """A new reading; null where the sensor failed."""
        bad = quality >= BAD
        if column.machine.group == CLIMATE_GROUP:
            self._climate.setdefault(column.machine.key, {})[column.signal.key] = None if bad else value
        elif column.machine.group == UTILITIES_GROUP:
            self._node.show(column, value, bad=bad)

    def tell(self, second: int) -> None:
        """Send what was shown."""
        if not self._off:
            self._look()
        if not self._clients or self._off:
            return
        for machine, values in self._climate.items():
            message = json.dumps({"t": second * 1_000, "v": values}, ensure_ascii=False)
            self._clients[0].publish(f"{CLIMATE}/{machine}", message.encode(), 0)
        self._node.tell(second * 1_000)

    async def set_off(self, off: bool) -> None:
        """Cut the cable, or mend it."""
        was, self._off = self._off, off
        if off and not was:
            await asyncio.to_thread(self.stop)  # a client that is just connecting ends when that has failed

    def stop(self) -> None:
        """Hang up without a farewell, so that the broker tells the node's death; harmless when done twice."""
        clients, self._clients = self._clients, []
        for client in clients:
            if (wire := client.socket()) is not None:
                with contextlib.suppress(OSError):
                    wire.close()
            client.loop_stop()

    def _look(self) -> None:
        """Connect once the file is there, anew where it was changed."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            changed_ns = self._file.stat().st_mtime_ns
            if changed_ns != self._file_ns or not self._clients:
                self.stop()
                self._connect(json.loads(self._file.read_text()))
                self._file_ns = changed_ns

    def _connect(self, told: dict[str, Any]) -> None:
        climate = paho.Client(CallbackAPIVersion.VERSION2, f"sample-{CLIMATE}")
        for name, client in ((CLIMATE, climate), (UTILITIES, self._node.client())):
            client.username_pw_set(name, told["devices"][name])
            client.reconnect_delay_set(*RECONNECT_S)
            client.connect_async(told["host"], told["port"], KEEP_ALIVE_S)
            client.loop_start()
            self._clients.append(client)


class EdgeNode:
    """Births, data and the will of one Sparkplug edge node with a device a machine."""

    def __init__(self) -> None:
        self._client: paho.Client | None = None
        self._devices: dict[str, dict[str, Metric]] = {}
        self._changed: dict[str, set[str]] = {}
        self._bd_seq, self._seq, self._due = -1, 0, True

    def client(self) -> paho.Client:
        """A fresh client of this node."""
        client = self._client = paho.Client(CallbackAPIVersion.VERSION2, f"sample-{UTILITIES}")
        client.on_pre_connect = self._before
        client.on_connect = self._connected
        client.on_message = lambda *_: self._ask()
        return client

    def show(self, column: Column, value: Any, *, bad: bool) -> None:
        """A new reading."""
        metrics = self._devices.setdefault(column.machine.key, {})
        key = column.signal.key
        known = metrics.get(key)
        alias = known.alias if known is not None else 1 + sum(map(len, self._devices.values()))
        fresh = Metric(_TYPES[column.signal.kind], value, alias=alias, bad=bad)
        if fresh != known:
            metrics[key] = fresh
            self._changed.setdefault(column.machine.key, set()).add(key)

    def tell(self, at_ms: int) -> None:
        """What has changed, or everything where a birth is due."""
        if self._client is None or not self._client.is_connected():
            return
        if self._due:
            self._bear(at_ms)
        for device, keys in self._changed.items():
            if keys:
                self._send("DDATA", [self._devices[device][key] for key in sorted(keys)], at_ms, device)
                keys.clear()

    def _bear(self, at_ms: int) -> None:
        self._due, self._seq = False, 0
        rebirth = Metric(BOOLEAN, False, "Node Control/Rebirth")
        self._send("NBIRTH", [Metric(INT64, self._bd_seq, "bdSeq"), rebirth], at_ms)
        for device, metrics in self._devices.items():
            named = [Metric(m.datatype, m.value, key, m.alias, m.bad) for key, m in metrics.items()]
            self._send("DBIRTH", named, at_ms, device)
            self._changed.setdefault(device, set()).clear()

    def _send(self, kind: str, metrics: list[Metric], at_ms: int, device: str = "") -> None:
        if self._client is not None:
            tail = f"/{device}" if device else ""
            data = payload(metrics, at_ms, self._seq)
            self._client.publish(f"spBv1.0/{SPARKPLUG_GROUP}/{kind}/{UTILITIES}{tail}", data, 0)
            self._seq = (self._seq + 1) % SEQUENCE

    def _before(self, client: paho.Client, _data: Any) -> None:
        """The will of the session that is to begin (6.4.21): each has its own bdSeq."""
        self._bd_seq = (self._bd_seq + 1) % SEQUENCE
        death = payload([Metric(INT64, self._bd_seq, "bdSeq")], int(time.time() * 1_000), None)
        client.will_set(f"spBv1.0/{SPARKPLUG_GROUP}/NDEATH/{UTILITIES}", death, 1)

    def _connected(self, client: paho.Client, *_: Any) -> None:
        client.subscribe(f"spBv1.0/{SPARKPLUG_GROUP}/NCMD/{UTILITIES}", 1)
        self._ask()

    def _ask(self) -> None:
        """The only command it knows: to be born again, with the next second."""
        self._due = True

"""A broker with a device behind it, as one peer: started, frozen and killed together."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.peers.mosquitto import Mosquitto
from tests.peers.sparkplug_node import PROGRAM

ROOT = Path(__file__).parents[2]


@dataclass
class Brokered:
    """mosquitto on `port`, and `command` whose first line on stdin is `told`."""

    port: int
    command: Sequence[str]
    told: dict[str, Any] | None = None
    device: "subprocess.Popen[bytes] | None" = field(default=None)

    def __post_init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="broker-")
        self.broker = Mosquitto(Path(self._directory.name), self.port)

    def start(self) -> "Brokered":
        """Both, until the device has sent something."""
        self.broker.start()
        pipe = subprocess.PIPE
        self.device = subprocess.Popen(self.command, stdin=pipe, stdout=pipe, cwd=ROOT, start_new_session=True)
        assert self.device.stdin is not None and self.device.stdout is not None
        if self.told is not None:
            self.device.stdin.write(json.dumps(self.told).encode() + b"\n")
            self.device.stdin.flush()
        assert self.device.stdout.readline()
        return self

    def send(self, what: signal.Signals) -> None:
        self.broker.send(what)
        if self.device is not None:
            self.device.send_signal(what)

    def kill(self) -> None:
        """The broker first: else it would tell of the device's death before its own."""
        self.broker.kill()
        if self.device is not None:
            self.device.kill()
            self.device.wait()
            self.device = None


def mqtt_device(port: int) -> Brokered:
    """A device on paho behind mosquitto."""
    return Brokered(port, [sys.executable, "-m", "tests.peers.mqtt_device", "--port", str(port)])


def sparkplug_device(port: int) -> Brokered:
    """An npm edge node behind mosquitto, with one device whose metrics `s1` to `s3` step and whose `Set` can be set."""
    steps = [{"name": f"s{n}", "type": "Double", "value": 0, "alias": n, "steps": True} for n in (1, 2, 3)]
    births = {"": [], "dev 1": [*steps, {"name": "Set", "type": "Double", "value": 1, "alias": 9}]}
    told = {"serverUrl": f"tcp://127.0.0.1:{port}", "group": "G 1", "node": "节点", "births": births}
    told |= {"username": "", "password": "", "everyMs": 50, "stepping": "dev 1"}
    return Brokered(port, ["node", str(PROGRAM)], told)

"""Debian's mosquitto as the broker, and its clients: a process of its own that others wrote (EPL-2.0 or EDL-1.0)."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.peers.ports import free_port

MOSQUITTO = shutil.which("mosquitto") or ("/usr/sbin/mosquitto" if Path("/usr/sbin/mosquitto").exists() else "")
needs_mosquitto = pytest.mark.skipif(
    not MOSQUITTO or not shutil.which("mosquitto_pub"), reason="apt-get install mosquitto mosquitto-clients"
)
START_S = 60.0


@dataclass
class Mosquitto:
    """Starts, freezes and kills a broker from a test; what it keeps survives in `directory`."""

    directory: Path
    port: int = 0
    user: str = ""
    password: str = ""
    certificates: tuple[str, str] = ("", "")  # certificate and key: then it speaks TLS
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    def start(self) -> "Mosquitto":
        """Start, and wait until it serves."""
        self.port = self.port or free_port()
        self.directory.mkdir(parents=True, exist_ok=True)
        lines = [f"listener {self.port} 127.0.0.1", "persistence true", f"persistence_location {self.directory}/"]
        lines += [f"allow_anonymous {'false' if self.user else 'true'}", "user root", "autosave_interval 1"]
        lines += ["max_queued_messages 100000", "autosave_on_changes true"]
        if self.user:
            passwords = self.directory / "passwords"
            command = ["mosquitto_passwd", "-b", "-c", str(passwords), self.user, self.password]
            subprocess.run(command, check=True, capture_output=True)
            lines.append(f"password_file {passwords}")
        if self.certificates[0]:
            lines += [f"certfile {self.certificates[0]}", f"keyfile {self.certificates[1]}"]
        file = self.directory / "mosquitto.conf"
        file.write_text("\n".join(lines) + "\n")
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline_s = time.monotonic() + START_S
        while time.monotonic() < deadline_s:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0):
                return self
            assert self.process.poll() is None, "mosquitto ended"
        raise AssertionError("mosquitto does not listen")

    @property
    def address(self) -> str:
        return f"mqtt{'s' if self.certificates[0] else ''}://127.0.0.1:{self.port}"

    def publish(self, topic: str, payload: str | bytes, *options: str, qos: int = 1) -> None:
        """By mosquitto_pub, which returns once the broker has it."""
        publish(self.port, topic, payload, *self._login(), *options, qos=qos)

    def _login(self) -> tuple[str, ...]:
        return ("-u", self.user, "-P", self.password) if self.user else ()

    def send(self, what: signal.Signals) -> None:
        """SIGKILL, SIGSTOP, SIGCONT …"""
        assert self.process is not None
        self.process.send_signal(what)

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def publish(port: int, topic: str, payload: str | bytes, *options: str, qos: int = 1) -> None:
    """One message by mosquitto_pub; CalledProcessError when the broker refuses."""
    data = payload.encode() if isinstance(payload, str) else payload
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-q", str(qos), "-t", topic, "-s", *options]
    subprocess.run(command, input=data, check=True, capture_output=True, timeout=20)


@contextlib.contextmanager
def mosquitto(directory: Path, **options: object) -> Iterator[Mosquitto]:
    """A running broker, ended at the end whatever happens."""
    broker = Mosquitto(directory, **options)  # type: ignore[arg-type]
    try:
        yield broker.start()
    finally:
        broker.kill()

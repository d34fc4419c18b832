"""Hosts of the tests' own: network namespaces on one bridge, without a way out of it.

A host has one address of 192.0.2.0/24 (RFC 5737, for documentation) and loopback. Needs root and iproute2.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STOP_S = 20.0


def reason_against() -> str:
    """Why namespaces cannot be made here; empty where they can."""
    if not shutil.which("ip"):
        return "no ip command here: apt-get install iproute2"
    name = f"kd{os.getpid()}try"
    done = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"network namespaces cannot be made here (root can): {done.stderr.strip()}"
    subprocess.run(["ip", "netns", "delete", name], check=False)
    return ""


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@dataclass
class Host:
    """One host: `run` and `spawn` are programs on it."""

    name: str
    namespace: str
    address: str
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    spawned: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def _command(self, command: Sequence[str]) -> list[str]:
        return ["ip", "netns", "exec", self.namespace, *command]

    def run(self, *command: str, check: bool = True, timeout_s: float = 120.0, **options: Any) -> str:
        """Run a program to its end; what it prints."""
        done = subprocess.run(
            self._command(command),
            cwd=self.directory,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            **options,
        )
        assert not check or done.returncode == 0, f"{self.name}: {command}: {done.stderr[-3000:]}{done.stdout[-1000:]}"
        return done.stdout

    def spawn(self, *command: str, output: str = "", **options: Any) -> "subprocess.Popen[bytes]":
        """Start a program; `ip netns exec` becomes it, so its process id is the program's."""
        with (self.directory / (output or f"{Path(command[0]).name}.out")).open("ab") as out:
            process = subprocess.Popen(
                self._command(command),
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                **{"cwd": self.directory, **options},
            )
        self.spawned.append(process)
        return process

    def stop(self) -> None:
        """End what was started, the last first."""
        for process in reversed(self.spawned):
            if process.poll() is None:
                process.terminate()
        for process in reversed(self.spawned):
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def hosts(addresses: Mapping[str, str], directory: Path) -> Iterator[dict[str, Host]]:
    """Hosts by name, each with its address; all they started is ended and every namespace removed with the block."""
    mark = f"kd{os.getpid()}"
    lan = f"{mark}lan"
    made: dict[str, Host] = {}
    names: list[str] = []
    try:
        _ip("netns", "add", lan)
        names.append(lan)
        _ip("-n", lan, "link", "add", "bridge", "type", "bridge")
        _ip("-n", lan, "link", "set", "bridge", "up")
        for place, (name, address) in enumerate(addresses.items()):
            namespace = f"{mark}h{place}"
            _ip("netns", "add", namespace)
            names.append(namespace)
            _plug_in(lan, namespace, place, address)
            (directory / name).mkdir(parents=True)
            made[name] = Host(name, namespace, address, directory / name)
        yield made
    finally:
        for host in reversed(made.values()):
            host.stop()
        for name in reversed(names):
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _plug_in(lan: str, namespace: str, place: int, address: str) -> None:
    port = f"p{place}"
    _ip("-n", lan, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace)
    _ip("-n", lan, "link", "set", port, "master", "bridge", "up")
    _ip("-n", namespace, "link", "set", "lo", "up")
    _ip("-n", namespace, "link", "set", "eth0", "up")
    _ip("-n", namespace, "address", "add", f"{address}/24", "dev", "eth0")

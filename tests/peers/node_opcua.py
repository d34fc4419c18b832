"""An OPC UA server of another maker (node-opcua) in its own process, for tests and benchmarks."""

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tools.build_frontend import npm

NAMESPACE = "urn:kandelia:test:node"
HERE = Path(__file__).parent / "node"


def node() -> str:
    """The program; a test skips where it or its modules are not there."""
    if not (HERE / "node_modules" / "node-opcua-server").is_dir():
        pytest.skip("node-opcua is not installed (make peers)")
    program = Path(npm()[0])
    return str(program if program.name == "node" else program.with_name("node"))


@dataclass
class NodeOpcUaPeer:
    """Starts and kills such a server; `directory` keeps its certificate."""

    port: int
    directory: Path
    signals: int = 10
    period_ms: int = 100
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def endpoint(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}/"

    @staticmethod
    def address(name: str | int) -> str:
        """The address of Signal.<i>, or of another node by name."""
        return f"nsu={NAMESPACE};s=" + (f"Signal.{name}" if isinstance(name, int) else name)

    def start(self) -> "NodeOpcUaPeer":
        """Start, and wait until it serves."""
        command = [node(), "server.cjs", "--port", str(self.port), "--directory", str(self.directory)]
        command += ["--signals", str(self.signals), "--period-ms", str(self.period_ms)]
        self.process = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, start_new_session=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line == b"ready\n":
                return self
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def node_opcua_peer(port: int, directory: Path, **options: int) -> Iterator[NodeOpcUaPeer]:
    """A running server, ended at the end whatever happens."""
    peer = NodeOpcUaPeer(port, directory, **options)  # type: ignore[arg-type]
    try:
        yield peer.start()
    finally:
        peer.kill()

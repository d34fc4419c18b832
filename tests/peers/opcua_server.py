"""An OPC UA server in a process of its own, with signals whose every value can be foretold.

Signal i (0 … n−1) is the Double node `s=Signal.<i>` in NAMESPACE. At step k it takes the value k, with source time
start + k × period; so of what was collected one can say whether each step is there, and there once. Beside them
stand nodes of other types (`s=Odd.<name>`, see ODD) that change at each step too.

Run: python -m tests.peers.opcua_server --port 4840 --signals 100 --period-ms 100
Its first line on stdout is "ready" once it serves; SIGTERM ends it.
"""

import argparse
import asyncio
import contextlib
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asyncua import Server, ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import UserManager
from cryptography.x509.oid import ExtendedKeyUsageOID

NAMESPACE = "urn:kandelia:test:peer"
OTHER_NAMESPACE = "urn:kandelia:test:other"
READY_S = 20.0
CATCH_UP = 4
ROOT = Path(__file__).parents[2]
ODD = {
    "Flag": (ua.VariantType.Boolean, lambda k: k % 2 == 1),
    "Byte": (ua.VariantType.Byte, lambda k: k % 256),
    "Int16": (ua.VariantType.Int16, lambda k: -(k % 30_000)),
    "Int64": (ua.VariantType.Int64, lambda k: 2**53 + k),
    "UInt64": (ua.VariantType.UInt64, lambda k: 2**63 + k if k % 2 else k),
    "Float": (ua.VariantType.Float, lambda k: k / 2),
    "Text": (ua.VariantType.String, lambda k: f"步骤 {k}"),
    "Time": (ua.VariantType.DateTime, lambda k: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=k)),
    "Localized": (ua.VariantType.LocalizedText, lambda k: ua.LocalizedText(f"step {k}", "en")),
    "Array": (ua.VariantType.Double, lambda k: [float(k), float(k)]),
}


class OneUser(UserManager):
    """Lets in nobody but the user `operator` with the given password."""

    def __init__(self, password: str) -> None:
        self.password = password

    def get_user(self, iserver, username=None, password=None, certificate=None):
        if username == "operator" and password == self.password:
            return User(role=UserRole.User)
        return None


async def serve(options: argparse.Namespace) -> None:
    server = Server(user_manager=OneUser(options.password) if options.password else None)
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{options.port}/")
    server.set_server_name("Test peer")
    await secure(server, options)
    if options.extra_namespace:
        await server.register_namespace(OTHER_NAMESPACE)
    index = await server.register_namespace(NAMESPACE)
    folder = await server.nodes.objects.add_folder(ua.NodeId("Signals", index), "Signals")
    nodes = [
        await folder.add_variable(ua.NodeId(f"Signal.{i}", index), f"Signal {i}", 0.0, ua.VariantType.Double)
        for i in range(options.signals)
    ]
    await nodes[0].add_property(
        ua.NodeId("Signal.0.EU", index), "EngineeringUnits", ua.EUInformation(DisplayName=ua.LocalizedText("°C"))
    )
    await nodes[0].set_writable()
    odd = {
        name: await folder.add_variable(ua.NodeId(f"Odd.{name}", index), name, make(0), kind)
        for name, (kind, make) in ODD.items()
    }
    await folder.add_variable(ua.NodeId("Still", index), "Still", 7.5, ua.VariantType.Double)
    settable = await folder.add_variable(ua.NodeId("Set", index), "Set", 20.0, ua.VariantType.Double)
    await settable.set_writable()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with server:
        print("ready", flush=True)
        await step(server, nodes, odd, options, stopping)


async def secure(server: Server, options: argparse.Namespace) -> None:
    if not options.certificates:
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        return
    directory = Path(options.certificates)
    uri = "urn:kandelia:test:server"
    await server.set_application_uri(uri)
    key, certificate = directory / "key.pem", directory / "certificate.der"
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    await setup_self_signed_certificate(key, certificate, uri, socket.gethostname(), both, {})
    await server.load_certificate(certificate)
    await server.load_private_key(key)
    server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])


async def step(server, nodes, odd, options, stopping) -> None:
    """Write all values at each step; a late step keeps its own time, so that none is left out.

    What is late is caught up at CATCH_UP times the pace, as a machine would not do it at once: a burst would only
    fill the queues of the server.
    """
    period_s = options.period_ms / 1_000
    start_at = datetime.now(UTC).replace(microsecond=0)
    began_s = time.monotonic()
    number = 0
    while not stopping.is_set():
        number += 1
        at = start_at + timedelta(milliseconds=number * options.period_ms)
        for node in nodes:
            value = ua.DataValue(ua.Variant(float(number), ua.VariantType.Double), SourceTimestamp=at)
            await server.write_attribute_value(node.nodeid, value)
        for name, node in odd.items():
            kind, make = ODD[name]
            value = ua.DataValue(ua.Variant(make(number), kind), SourceTimestamp=at)
            await server.write_attribute_value(node.nodeid, value)
        with contextlib.suppress(TimeoutError):
            due_s = began_s + number * period_s - time.monotonic()
            async with asyncio.timeout(max(period_s / CATCH_UP, due_s)):
                await stopping.wait()


@dataclass
class OpcUaPeer:
    """Starts, freezes and kills such a server from a test."""

    port: int
    signals: int = 10
    period_ms: int = 100
    password: str = ""
    certificates: str = ""
    extra_namespace: bool = False
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def endpoint(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}/"

    @staticmethod
    def address(name: str | int) -> str:
        """The address of Signal.<i>, or of another node by name."""
        return f"nsu={NAMESPACE};s=" + (f"Signal.{name}" if isinstance(name, int) else name)

    def start(self) -> "OpcUaPeer":
        """Start, and wait until it serves."""
        command = [sys.executable, "-m", "tests.peers.opcua_server", "--port", str(self.port)]
        command += ["--signals", str(self.signals), "--period-ms", str(self.period_ms)]
        command += ["--password", self.password] if self.password else []
        command += ["--certificates", self.certificates] if self.certificates else []
        command += ["--extra-namespace"] if self.extra_namespace else []
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == b"ready\n", f"the server did not start: {line!r}"
        return self

    def send(self, what: signal.Signals) -> None:
        """SIGKILL, SIGSTOP, SIGCONT …"""
        assert self.process is not None
        self.process.send_signal(what)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def opcua_peer(port: int, **options: object) -> Iterator[OpcUaPeer]:
    """A running server, ended at the end whatever happens."""
    peer = OpcUaPeer(port, **options)  # type: ignore[arg-type]
    try:
        yield peer.start()
    finally:
        peer.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--signals", type=int, default=10)
    parser.add_argument("--period-ms", type=int, default=100)
    parser.add_argument("--password", default="")
    parser.add_argument("--certificates", default="")
    parser.add_argument("--extra-namespace", action="store_true")
    logging.basicConfig(level=logging.CRITICAL)
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()

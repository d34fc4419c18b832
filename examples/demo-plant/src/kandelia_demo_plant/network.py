"""The plant's network: an OPC UA listener that can be cut or fall silent, and that drops peers who talk garbage."""

import asyncio
import contextlib
import socket
from typing import Any

from asyncua import Server, ua
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol

BUFFER_BYTES_MAX = 16_000_000
_OPENINGS = (b"HEL", b"RHE")  # OPC 10000-6, 7.1.2.2: a connection begins with Hello or ReverseHello


def hold_port(host: str, port: int) -> socket.socket:
    """A socket that keeps a port that was just left, and refuses: else any program's next connection may take it."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # so that the listener can come back beside it
    with contextlib.suppress(OSError):  # taken already: listening again will say so
        held.bind((host, port))
    return held


class _Gated:
    """A transport whose writes vanish while the network is silent."""

    def __init__(self, transport: Any, listener: "Listener") -> None:
        self._transport = transport
        self._listener = listener

    def write(self, data: bytes) -> None:
        if not self._listener.silent:
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Connection(OPCUAProtocol):  # type: ignore[misc]
    """One peer."""

    listener: "Listener"
    _opened = False

    def connection_made(self, transport: Any) -> None:
        self._raw = transport
        super().connection_made(_Gated(transport, self.listener))

    def data_received(self, data: bytes) -> None:
        if self.listener.silent:
            return
        if (not self._opened and data[:3] not in _OPENINGS) or len(self._buffer) + len(data) > BUFFER_BYTES_MAX:
            self._raw.abort()
            return
        self._opened = True
        super().data_received(data)


class Listener(BinaryServer):  # type: ignore[misc]
    """The listening socket; `silent` swallows everything, `cut` closes and refuses."""

    silent = False
    _cut = False
    _held: socket.socket | None = None
    _server: asyncio.AbstractServer | None

    def _make_protocol(self) -> _Connection:
        connection = _Connection(self.iserver, self._policies, self.clients, self.closing_tasks, self.limits)
        connection.listener = self
        return connection

    async def set_silent(self, silent: bool) -> None:
        """Accept and never answer; connections that lived through a silence are closed at its end."""
        was, self.silent = self.silent, silent
        if was and not silent:
            self._drop_all()

    async def set_cut(self, cut: bool) -> None:
        """Close all connections and refuse new ones, or listen again on the same port."""
        if cut and not self._cut and self._server is not None:
            self._server.close()
            self._held = hold_port(self.hostname, self.port)
            self._drop_all()
        elif not cut and self._cut:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._make_protocol, self.hostname, self.port)
            if self._held is not None:
                self._held.close()
        self._cut = cut

    def _drop_all(self) -> None:
        for transport in list(self.iserver.asyncio_transports):
            transport.abort()


class PlantServer(Server):  # type: ignore[misc]
    """asyncua's server with our listener: open to anyone on loopback, nothing to log in to."""

    listener: Listener

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self.set_endpoint(f"opc.tcp://{host}:{port}/sample-electronics")
        self.set_server_name("Sample Electronics (invented)")
        self.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        self.set_identity_tokens([ua.AnonymousIdentityToken])
        self.allow_remote_admin(False)

    async def start(self) -> None:
        """Listen; OSError when the port is taken."""
        await self._setup_server_nodes()
        await self.iserver.start()
        host, port = self._get_bind_socket_info()
        self.listener = self.bserver = Listener(self.iserver, host, port, self.limits)
        self.listener.set_policies(self._policies)
        try:
            await self.listener.start()
        except OSError:
            await self.iserver.stop()
            raise

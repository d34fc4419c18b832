"""The web role: pages, API and the door to the live feed, on one port."""

import asyncio
import contextlib
import importlib
import logging
import resource
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from kandelia.base.errors import SettingsError
from kandelia.boot import django_start
from kandelia.boot.certificates import https_for
from kandelia.boot.door import Gate, door_of
from kandelia.boot.roles.contracts import RoleContext
from kandelia.boot.settings import Settings
from kandelia.boot.splice import Splice
from kandelia.kernel.events import bridge

BACKLOG = 512
IN_WORK_MAX = 48  # requests that Django works on at once, each in a thread; more wait their turn
KEEP_ALIVE_S = 30
GRACE_S = 2  # for requests at work when the role is asked to stop
FILES_MAX = 16_384
log = logging.getLogger("kandelia.web")


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the role's caller has them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


class Turns:
    """ASGI: at most IN_WORK_MAX requests at once within the application."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._turns = asyncio.Semaphore(IN_WORK_MAX)
        self.waiting = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Waits for a turn; a reader who leaves while it waits gives its place up."""
        self.waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self.waiting -= 1
        try:
            await self._application(scope, receive, send)
        finally:
            self._turns.release()


async def run(context: RoleContext) -> None:
    """Serve until asked to stop."""
    _raise_file_limit()
    logging.getLogger("django.request").setLevel(logging.ERROR)  # a wrong address is not our trouble
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # nor is garbage sent to the port
    django_start.start("web-pages")
    asgi = importlib.import_module("kandelia.boot.asgi")  # Django must be ready first
    await asyncio.to_thread(asgi.warm)
    first_start = importlib.import_module("kandelia.boot.first_start")
    await asyncio.to_thread(first_start.forget_changed, context.settings)
    turns = Turns(asgi.pages)
    gate = Gate(_live_opener(context.settings))
    listener = listen(context.settings.web.host, context.settings.web.port)
    server = Server(_config(context.settings, asgi.with_static(turns), gate))
    _report(context, gate, server, turns)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(context.stopping.wait())
    try:
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stopping.cancel()
        await asyncio.to_thread(bridge.close)


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; SettingsError says why it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"host {host!r} is no address of this machine ({error})", "web.host", "mend it") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"cannot listen on {host}:{port} ({error.strerror or error})",
            "web.port",
            "end what uses this port, or choose another with --port",
            "port-taken",
        ) from error
    return listener


def _config(settings: Settings, application: Any, gate: Gate) -> uvicorn.Config:
    https = https_for(settings)
    return uvicorn.Config(
        application,
        http=door_of(gate),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=str(https.certificate) if https else None,
        ssl_keyfile=str(https.key) if https else None,
    )


def _live_opener(settings: Settings) -> Any:
    loop = asyncio.get_running_loop()

    async def open_live(splice: Splice) -> object:
        if settings.live.port:
            return await loop.create_connection(lambda: splice, "127.0.0.1", settings.live.port)
        return await loop.create_unix_connection(lambda: splice, str(settings.live_socket))

    return open_live


def _report(context: RoleContext, gate: Gate, server: Server, turns: Turns) -> None:
    gauges = {
        "connections": lambda: float(gate.open),
        "live_connections": lambda: float(gate.spliced),
        "connections_refused": lambda: float(gate.refused),
        "connections_timed_out": lambda: float(gate.timed_out),
        "requests_total": lambda: float(server.server_state.total_requests),
        "requests_waiting": lambda: float(turns.waiting),
    }
    for name, read in gauges.items():
        context.reporter.gauge(name, read)


def _raise_file_limit() -> None:
    """Each live socket is two files here; what the system allows is taken, up to FILES_MAX."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_MAX if hard == resource.RLIM_INFINITY else min(hard, FILES_MAX)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

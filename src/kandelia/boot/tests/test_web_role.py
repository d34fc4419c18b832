"""Promise: the web role's port stands slow, endless and garbled peers, and joins /live to the live process unharmed."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from kandelia.boot import door
from kandelia.boot.certificates import ensure_own
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.server import NatsServer, free_port

START_S = 40.0
WAIT_S = 20.0
LARGE = 3_000_000
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@dataclass
class Web:
    """A web role that runs in a process of its own."""

    port: int
    directory: Path
    trust: ssl.SSLContext | None = None

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, limit=2**22, ssl=self.trust)

    async def say(self, data: bytes) -> bytes:
        """Send, and everything that comes back until the far side closes."""
        reader, writer = await self.open()
        writer.write(data)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        try:
            async with asyncio.timeout(WAIT_S):
                with contextlib.suppress(ConnectionError):
                    return await reader.read(-1)
            return b""
        finally:
            writer.close()

    async def answers(self) -> bool:
        said = await self.say(b"GET /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return said.startswith(b"HTTP/1.1 200 ")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def web(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Web]:
    directory = tmp_path_factory.mktemp("web")
    (directory / "run").mkdir()
    bus = NatsServer(directory / "bus", FileSecrets(directory / "secrets"))
    await bus.start()
    port = free_port()
    environment = {**os.environ, "KANDELIA_DATA": str(directory), "KANDELIA_WEB__PORT": str(port)}
    migrating = await asyncio.create_subprocess_exec(sys.executable, "-m", "kandelia.boot.migrate", env=environment)
    assert await migrating.wait() == 0
    try:
        async with role(Web(port, directory), environment) as made:
            yield made
    finally:
        bus.stop()


@contextlib.asynccontextmanager
async def role(web: Web, environment: dict[str, str]) -> AsyncIterator[Web]:
    """The role's process, from its first answer to its end with exit code 0."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "kandelia.boot.role", "web", env=environment)
    try:
        await _until_up(web)
        yield web
    finally:
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), 60)
    assert code == 0


async def _until_up(web: Web) -> None:
    async with asyncio.timeout(START_S):
        while True:
            with contextlib.suppress(OSError):
                if await web.answers():
                    return
            await asyncio.sleep(0.1)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def live(web: Web, talk: Talk) -> AsyncIterator[None]:
    """A stand-in for the live process on its socket."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_unix_server(serve, str(web.directory / "run" / "live.sock"), limit=2**22)
    try:
        yield
    finally:
        server.close()
        (web.directory / "run" / "live.sock").unlink(missing_ok=True)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\xff" * 64,
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /sign-in HTTP/1.1\r\nHost: x\r\nBad Header\x00: 1\r\n\r\n",
    ],
)
async def test_garbage_is_refused_and_harms_nobody(web: Web, garbage: bytes) -> None:
    said = await web.say(garbage)
    assert said.split(b"\r\n")[0] in (b"HTTP/1.1 400 Bad Request", b""), said[:200]
    assert await web.answers()


@pytest.mark.asyncio(loop_scope="module")
async def test_too_long_a_head_is_refused(web: Web) -> None:
    endless = b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (door.HEAD_BYTES_MAX * 3)
    assert (await web.say(endless)).startswith(b"HTTP/1.1 431 ")
    many = b"GET /sign-in HTTP/1.1\r\n" + b"X: 1\r\n" * (door.HEADERS_MAX + 1) + b"\r\n"
    assert (await web.say(many)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.asyncio(loop_scope="module")
async def test_too_large_a_body_is_refused_before_it_is_sent(web: Web) -> None:
    head = f"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: {door.BODY_BYTES_MAX + 1}\r\n\r\n".encode()
    assert (await web.say(head)).startswith(b"HTTP/1.1 413 ")
    assert await web.answers()


@pytest.mark.asyncio(loop_scope="module")
async def test_slow_heads_are_cut_off_while_others_are_served(web: Web) -> None:
    slow = [await web.open() for _ in range(200)]
    for index, (_, writer) in enumerate(slow):
        writer.write(b"GET /sign-in HTTP/1.1\r\nHost: x\r\n" if index % 2 else b"\r\n")
    assert await web.answers()

    async def drip(writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"X-A: b\r\n")
                await writer.drain()
                await asyncio.sleep(1)

    drips = [asyncio.create_task(drip(writer)) for _, writer in slow[1::2]]
    async with asyncio.timeout(door.HEADER_WAIT_S + WAIT_S):
        for reader, _ in slow:
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
    for task in drips:
        task.cancel()
    for _, writer in slow:
        writer.close()
    assert await web.answers()


@pytest.mark.asyncio(loop_scope="module")
async def test_live_away_says_so(web: Web) -> None:
    said = await web.say(b"GET /live?ticket=x HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert json.loads(body)["type"] == "urn:kandelia:live-away"


@pytest.mark.asyncio(loop_scope="module")
async def test_live_gets_every_byte_even_in_pieces(web: Web) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 101 Switching\r\n\r\n")
        heard.append(await reader.readexactly(5))
        writer.write(b"pong!")
        await writer.drain()

    request = b"GET /live?ticket=abc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"
    async with live(web, talk):
        reader, writer = await web.open()
        for at in range(0, len(request), 3):
            writer.write(request[at : at + 3])
            await writer.drain()
            await asyncio.sleep(0.001)
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WAIT_S)
        writer.write(b"ping!")
        assert await asyncio.wait_for(reader.read(-1), WAIT_S) == b"pong!"
        writer.close()
    assert heard == [request, b"ping!"]


@pytest.mark.asyncio(loop_scope="module")
async def test_other_addresses_that_begin_alike_go_to_the_pages(web: Web) -> None:
    said = await web.say(b"GET /lively HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 404 ")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_slow_reader_holds_live_back(web: Web) -> None:
    written = 0
    stuck = asyncio.Event()
    total = LARGE * 20

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        block = b"x" * 65_536
        while written < total:
            writer.write(block)
            try:
                await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(writer.drain())), 1.0)
            except TimeoutError:
                stuck.set()
                await writer.drain()
            written += len(block)

    async with live(web, talk):
        reader, writer = await web.open()
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        writer.write(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(stuck.wait(), WAIT_S)
        assert written < total
        got = 0
        async with asyncio.timeout(WAIT_S):
            while data := await reader.read(2**20):
                got += len(data)
        assert got == written
        writer.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_closing_one_side_closes_the_other(web: Web) -> None:
    closed = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        while await reader.read(1_000):
            pass
        closed.set()

    async with live(web, talk):
        reader, writer = await web.open()
        writer.write(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await asyncio.wait_for(reader.readexactly(5), WAIT_S) == b"hello"
        writer.close()
        await asyncio.wait_for(closed.wait(), WAIT_S)


@pytest.mark.asyncio(loop_scope="module")
async def test_static_files_are_kept_for_good_and_packed(web: Web) -> None:
    page = await web.say(b"GET /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    name = page.split(b'rel="stylesheet" href="')[1].split(b'"')[0]
    head = b"GET " + name + b" HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    said = (await web.say(head)).partition(b"\r\n\r\n")[0].lower()
    assert b"immutable" in said and b"content-encoding: gzip" in said and b"text/css" in said
    for wrong in (b"/static/../../../etc/passwd", name + b"x", name.rsplit(b"/", 1)[0] + b"/..%2f..%2fsettings.py"):
        said = await web.say(b"GET " + wrong + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 404 ")


@pytest.mark.asyncio(loop_scope="module")
async def test_over_tls_pages_and_live_share_the_port(web: Web) -> None:
    files = ensure_own(web.directory / "tls", ("127.0.0.1",))
    assert files.authority is not None
    port = free_port()
    environment = {
        **os.environ,
        "KANDELIA_DATA": str(web.directory),
        "KANDELIA_WEB__PORT": str(port),
        "KANDELIA_WEB__CERTIFICATE": str(files.certificate),
        "KANDELIA_WEB__KEY": str(files.key),
    }

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"y" * LARGE)
        await writer.drain()

    trust = ssl.create_default_context(cafile=str(files.authority))
    async with role(Web(port, web.directory, trust), environment) as over_tls, live(web, talk):
        said = await over_tls.say(b"GET /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"; secure" in said.partition(b"\r\n\r\n")[0].lower()
        said = await over_tls.say(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert said == b"y" * LARGE


@pytest.mark.asyncio(loop_scope="module")
async def test_a_taken_port_is_named(web: Web) -> None:
    environment = {**os.environ, "KANDELIA_DATA": str(web.directory), "KANDELIA_WEB__PORT": str(web.port)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kandelia.boot.role", "web", env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), WAIT_S)
    assert process.returncode == 78
    assert f"127.0.0.1:{web.port}".encode() in said and b"--port" in said

"""Promise: a server that answers without end, or with garbage, costs bounded memory and time and is told of."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kandelia.drivers.opcua import link
from kandelia.drivers.opcua.driver import OpcUaDriver
from kandelia.sdk.drivers import Unavailable

TIMEOUT_S = 8
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
ACKNOWLEDGE = b"ACKF" + struct.pack("<IIIIII", 28, 0, 65_535, 65_535, 0, 0)


async def met(tmp_path: Path, answer: Answer) -> None:
    """Open a session to a server that greets each client with `answer`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(4_096)
            await answer(writer)
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    driver = OpcUaDriver()
    driver.keep_in(tmp_path / "opcua")
    try:
        async with asyncio.timeout(20):
            await driver.open(driver.configure({"endpoint": f"opc.tcp://127.0.0.1:{port}", "timeout_s": TIMEOUT_S}), {})
    finally:
        server.close()


async def test_one_chunk_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "MESSAGE_BYTES_MAX", 1_000_000)
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"ACKF" + struct.pack("<I", 2**32 - 1))
        while sent < 200_000_000:
            writer.write(bytes(65_536))
            await writer.drain()
            sent += 65_536

    with pytest.raises(Unavailable):
        await met(tmp_path, endless)
    assert sent < 50_000_000


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(range(256)) * 8, ACKNOWLEDGE + b"MSGF"]
)
async def test_garbage(tmp_path: Path, said: bytes) -> None:
    async def once(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()

    with pytest.raises(Unavailable):
        await met(tmp_path, once)

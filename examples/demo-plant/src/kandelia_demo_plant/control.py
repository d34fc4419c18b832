"""Commands to a running plant: one line of JSON each way over a Unix socket in its data directory."""

import asyncio
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

SOCKET_FILE = "control.sock"
LINE_BYTES_MAX = 4_096
WAIT_S = 60.0  # both ways: a plant on a busy machine answers late, and must not be taken for one that is gone

Handler = Callable[[dict[str, Any]], Any]


class NotRunning(RuntimeError):
    """No plant serves from this data directory, or none that answers."""


async def listen(directory: Path, handle: Handler) -> asyncio.Server:
    """Answer commands with an awaitable `handle`; a wrong request gets {"error": …} and harms nothing."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), WAIT_S)
            writer.write(json.dumps(await _respond(handle, line)).encode() + b"\n")
            await writer.drain()
        except (TimeoutError, OSError, ValueError):
            pass
        finally:
            writer.close()

    (directory / SOCKET_FILE).unlink(missing_ok=True)
    opened = os.open(directory, os.O_DIRECTORY)
    try:
        # A path through the open directory: the address of a Unix socket holds 107 bytes at most.
        server = await asyncio.start_unix_server(answer, f"/proc/self/fd/{opened}/{SOCKET_FILE}", limit=LINE_BYTES_MAX)
    finally:
        os.close(opened)
    (directory / SOCKET_FILE).chmod(0o600)
    return server


async def _respond(handle: Handler, line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
        if not isinstance(request, dict):
            raise ValueError("send one JSON object")
        return {"result": await handle(request)}
    except (ValueError, KeyError, TypeError, OSError) as error:
        return {"error": str(error) or type(error).__name__}


def ask(directory: Path, request: dict[str, Any]) -> Any:
    """The plant's answer; NotRunning when there is none, ValueError with the plant's own words when it refuses."""
    try:
        answer = json.loads(_exchange(directory, json.dumps(request).encode() + b"\n"))
    except TimeoutError as error:
        raise NotRunning(f"the plant on {directory} did not answer within {WAIT_S:.0f} s; try again") from error
    except ValueError as error:
        raise NotRunning(f"the plant on {directory} ended before it answered") from error
    except OSError as error:
        raise NotRunning(f"no plant is running on {directory}: start it with serve --data {directory}") from error
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["result"]


def _exchange(directory: Path, line: bytes) -> str:
    opened = os.open(directory, os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(WAIT_S)
            link.connect(f"/proc/self/fd/{opened}/{SOCKET_FILE}")
            link.sendall(line)
            return link.makefile().readline()
    finally:
        os.close(opened)

"""A driver for devices that answer one line a question over TCP: "name" gives its value, "?" where there is none."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kandelia.sdk.drivers import InvalidInput, Item, Kind, Node, Sink, Unavailable, Value

WAIT_S = 5.0
GOOD = 0
READS: dict[Kind, Callable[[str], Value]] = {Kind.FLOAT: float, Kind.INTEGER: int, Kind.TEXT: str}


@dataclass(frozen=True, slots=True)
class Config:
    """Where the device listens."""

    host: str
    port: int


class LineSession:
    """A link to one device. Each item is asked for every period; the link is lost when an answer fails to come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._turn = asyncio.Lock()  # one question at a time
        self._lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asking: asyncio.Task[None] | None = None

    async def collect(self, items: Sequence[Item], sink: Sink) -> Mapping[int, str]:
        """Refuse names that the device does not know; ask for the others from now on."""
        refused = {one.number: "no such name" for one in items if await self._ask(one.address) == "?"}
        if self._asking is not None:
            self._asking.cancel()
        self._asking = asyncio.create_task(self._poll([one for one in items if one.number not in refused], sink))
        return refused

    async def wait_lost(self) -> str:
        """See `Session.wait_lost`."""
        return await asyncio.shield(self._lost)

    async def browse(self, address: str) -> Sequence[Node]:
        """The protocol names nothing by itself."""
        return ()

    async def close(self) -> None:
        """See `Session.close`."""
        if self._asking is not None:
            self._asking.cancel()
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(self._writer.wait_closed(), 1)

    async def _poll(self, items: Sequence[Item], sink: Sink) -> None:
        due = {item.number: 0.0 for item in items}
        try:
            while items:
                for item in items:
                    if due[item.number] <= time.monotonic():
                        due[item.number] = time.monotonic() + item.period_ms / 1_000
                        text = await self._ask(item.address)
                        sink.add([item.number], [time.time_ns()], [GOOD], [_value(text, item.kind)])
                await asyncio.sleep(max(0.01, min(due.values()) - time.monotonic()))
        except (OSError, TimeoutError) as error:
            if not self._lost.done():
                self._lost.set_result(f"the device stopped answering ({error or 'no answer'})")

    async def _ask(self, name: str) -> str:
        async with self._turn, asyncio.timeout(WAIT_S):
            self._writer.write(name.encode() + b"\n")
            await self._writer.drain()
            line = await self._reader.readline()
        if not line:
            raise ConnectionResetError("it hung up")
        return line.decode(errors="replace").strip()


def _value(text: str, kind: Kind) -> Value | None:
    try:
        return READS.get(kind, str)(text)
    except ValueError:
        return None  # stored as missing, bad


class LineDriver:
    """See `kandelia.sdk.drivers.Driver`."""

    name = "lines"
    protocol = "Lines over TCP"

    def configure(self, settings: Mapping[str, Any]) -> Config:
        """`host` and `port`."""
        host, port = settings.get("host", "127.0.0.1"), settings.get("port")
        if not isinstance(host, str) or not host:
            raise InvalidInput("host is missing", "settings.host", "write the device's name or address")
        if not isinstance(port, int) or not 0 < port < 65_536:
            raise InvalidInput("port must be a number from 1 to 65535", "settings.port", "write it like 4001")
        return Config(host, port)

    async def open(self, configuration: Config, secrets: Mapping[str, str]) -> LineSession:
        """Connect."""
        try:
            async with asyncio.timeout(WAIT_S):
                reader, writer = await asyncio.open_connection(configuration.host, configuration.port)
        except (OSError, TimeoutError) as error:
            where = f"{configuration.host}:{configuration.port}"
            raise Unavailable(f"nobody answers ({error})", where, "see whether the device is on") from error
        return LineSession(reader, writer)


driver = LineDriver()

"""The session that the frame holds: collecting, watching that the server lives, browsing."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from asyncua import ua

from kandelia.drivers.opcua.browsing import browse_children
from kandelia.drivers.opcua.datatypes import DataTypes
from kandelia.drivers.opcua.items import find_items, supertype
from kandelia.drivers.opcua.limits import Limits
from kandelia.drivers.opcua.link import Link
from kandelia.drivers.opcua.reasons import losing_reason
from kandelia.drivers.opcua.subscriptions import Subscriptions
from kandelia.drivers.opcua.writing import write_value
from kandelia.sdk.drivers import Item, Node, Sink, Unavailable, Value

ALIVE_PERIODS = 3  # a server that shows no life for this many periods is lost
RUNNING, SHUTDOWN = 0, 4  # ServerState, OPC 10000-5, 12.6


class OpcUaSession:
    """Guarantee: whatever way the server goes (killed, stopped, frozen, unreachable without a reset), `wait_lost`
    returns within ALIVE_PERIODS × `alive_s`: its state is read each `alive_s`, and each answer and each
    publication is told to the sink as proof of life.
    """

    def __init__(self, link: Link, limits: Limits) -> None:
        self._link = link
        self._limits = limits
        self._types = DataTypes(lambda data_type: supertype(link, data_type))
        self._gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._subscriptions = Subscriptions(link, limits, self._lose)
        self._watch = asyncio.create_task(self._watch_server())

    async def collect(self, items: Sequence[Item], sink: Sink) -> Mapping[int, str]:
        """See `Session.collect`. Unavailable when the server refuses the whole."""
        try:
            fitting, refused = await find_items(self._link, self._limits, self._types, items)
            refused |= await self._subscriptions.change(fitting, sink)
        except (ua.UaError, OSError, TimeoutError) as error:
            raise Unavailable(losing_reason(error), where=self._link.config.endpoint, code="server-refuses") from error
        sink.alive()
        return refused

    async def wait_lost(self) -> str:
        """See `Session.wait_lost`."""
        return await asyncio.shield(self._gone)

    async def browse(self, address: str) -> Sequence[Node]:
        """See `Session.browse`."""
        try:
            return await browse_children(self._link, self._limits, self._types, address)
        except (ua.UaError, OSError, TimeoutError) as error:
            raise Unavailable(losing_reason(error), where=self._link.config.endpoint, code="server-refuses") from error

    async def write(self, address: str, value: Value) -> Value | None:
        """See `Writes.write`."""
        return await write_value(self._link, address, value)

    async def close(self) -> None:
        """See `Session.close`; a server that is lost is not spoken to."""
        self._watch.cancel()
        polite = not self._gone.done()
        self._lose("closed")
        await self._subscriptions.close()
        await self._link.close(polite=polite)

    def _lose(self, reason: str) -> None:
        if not self._gone.done():
            self._gone.set_result(reason)

    async def _watch_server(self) -> None:
        period_s = self._link.config.alive_s
        while not self._gone.done():
            began_s = time.monotonic()
            try:
                async with asyncio.timeout(period_s * (ALIVE_PERIODS - 1)):
                    state = await self._link.read_value(ua.ObjectIds.Server_ServerStatus_State)
            except (ua.UaError, OSError, TimeoutError) as error:
                self._lose(losing_reason(error))
                return
            if state == SHUTDOWN:
                self._lose("the server is shutting down")
                return
            if self._subscriptions.sink is not None:
                self._subscriptions.sink.alive()
            await asyncio.sleep(max(0.0, period_s - (time.monotonic() - began_s)))

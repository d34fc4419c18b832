"""The session that the frame holds: a poller for each unit, browsing, writing."""

import asyncio
from collections.abc import Mapping, Sequence

from kandelia.drivers.modbus.addresses import check_kind, parse, wrong
from kandelia.drivers.modbus.link import Gone, Link
from kandelia.drivers.modbus.plan import Wanted
from kandelia.drivers.modbus.polling import UnitPoller
from kandelia.drivers.modbus.scanning import Scanning
from kandelia.drivers.modbus.writing import write_value
from kandelia.sdk.drivers import InvalidInput, Item, Node, Sink, Unavailable, Value

FIRST_S = 5.0  # how long `collect` waits for first answers; what refuses later is told by its quality


class ModbusSession:
    """Guarantees: `wait_lost` returns within `alive_s` + 2 × `timeout_s` whatever way the device goes; a unit that is
    silent delays the others by nothing while `in_flight` is 2 or more.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self.pollers: dict[int, UnitPoller] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._sink: Sink | None = None
        self._watch = asyncio.create_task(self._prove())

    async def collect(self, items: Sequence[Item], sink: Sink) -> Mapping[int, str]:
        """See `Session.collect`."""
        self._sink = sink
        by_unit, refused = self._understood(items)
        for unit in set(self.pollers) - set(by_unit):
            await self._end(unit)
        for unit, wanted in by_unit.items():
            if unit not in self.pollers:
                self.pollers[unit] = UnitPoller(unit, self._link, self._link.config, sink)
            poller = self.pollers[unit]
            poller.change(wanted, sink)
            if unit not in self._tasks or self._tasks[unit].done():
                self._tasks[unit] = asyncio.create_task(self._run(poller))
        first = [asyncio.ensure_future(poller.first()) for poller in self.pollers.values()]
        if first:
            _, late = await asyncio.wait(first, timeout=FIRST_S)
            for waiting in late:
                waiting.cancel()
        if self._link.lost:
            raise Unavailable(await self._link.wait_lost(), where=self._link.config.where, code="connection-lost")
        return refused | self._refused_by_units()

    async def wait_lost(self) -> str:
        """See `Session.wait_lost`."""
        return await self._link.wait_lost()

    async def browse(self, address: str) -> Sequence[Node]:
        """See `Session.browse`."""
        try:
            return await Scanning(self._link).children(address)
        except Gone as error:
            raise Unavailable(str(error), where=self._link.config.where, code="connection-lost") from error

    async def write(self, address: str, value: Value) -> Value | None:
        """See `Writes.write`."""
        return await write_value(self._link, parse(address, self._link.config.defaults), value)

    async def close(self) -> None:
        """See `Session.close`."""
        self._watch.cancel()
        self._link.lose("closed")
        tasks = [self._watch, *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    def _understood(self, items: Sequence[Item]) -> tuple[dict[int, list[Wanted]], dict[int, str]]:
        by_unit: dict[int, list[Wanted]] = {}
        refused: dict[int, str] = {}
        for item in items:
            try:
                address = parse(item.address, self._link.config.defaults)
                reason = check_kind(address, item.kind)
                if reason:
                    raise wrong(item.address, "it does not fit the signal", reason)
                by_unit.setdefault(address.unit, []).append(Wanted(item, address))
            except InvalidInput as error:
                refused[item.number] = str(error)
        return by_unit, refused

    def _refused_by_units(self) -> dict[int, str]:
        refused: dict[int, str] = {}
        for poller in self.pollers.values():
            poller.announced |= set(poller.bad)
            refused |= {number: reason for number, (_, reason) in poller.bad.items()}
        return refused

    async def _run(self, poller: UnitPoller) -> None:
        """A poller that fails by a mistake of ours costs the link, not the silence of its signals."""
        try:
            await poller.run()
        except Exception as error:
            self._link.lose(f"polling unit {poller.unit} failed: {type(error).__name__}: {error}")
            raise
        finally:
            poller.give_up()

    async def _end(self, unit: int) -> None:
        del self.pollers[unit]
        task = self._tasks.pop(unit)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _prove(self) -> None:
        """Proof of life where signals are polled seldom, or not at all."""
        while not self._link.lost:
            await asyncio.sleep(self._link.config.alive_s)
            try:
                proved = await self._link.prove()
            except Gone:
                return
            if proved and self._sink is not None:
                self._sink.alive()

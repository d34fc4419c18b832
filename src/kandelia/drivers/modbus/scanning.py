"""What can be found in a device that describes nothing: which units answer, and what stands in their registers.

Browsing goes endpoint → units → tables → windows of addresses; `unit=3;holding` begins at 0, `unit=3;holding=400`
there. A node's `details` hold the value that stood there just now.
"""

import asyncio
import re
from collections.abc import Sequence

from kandelia.drivers.modbus.addresses import ADDRESS_MAX, UNIT_MAX, Table, wrong
from kandelia.drivers.modbus.frames import (
    GATEWAY_PATH,
    GATEWAY_TARGET,
    ILLEGAL_ADDRESS,
    ILLEGAL_VALUE,
    Damaged,
    Refused,
    read_answer,
    read_request,
)
from kandelia.drivers.modbus.link import Link, Silent
from kandelia.sdk.drivers import Kind, Node, NotFound

SCANNED = (*range(1, 17), 247, 255, 0)  # units asked for; others can be written by hand
SCAN_S = 8.0  # after which the units that answered are told
WINDOW = 64  # addresses shown at once
_FORM = re.compile(r"unit=(\d{1,3})(?:;(holding|input|coil|discrete)(?:=(\d{1,5}))?)?")


class Scanning:
    """Asks through a link that may be polling at the same time."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def children(self, address: str) -> Sequence[Node]:
        """See `Session.browse`; NotFound for a unit that does not answer, InvalidInput for what is no place."""
        if not address:
            return await self._units()
        found = _FORM.fullmatch(address.strip())
        if found is None or int(found[1]) > UNIT_MAX or int(found[3] or 0) > ADDRESS_MAX:
            raise wrong(address, "this is no place to browse", "write unit=1, unit=1;holding or unit=1;holding=400")
        unit = int(found[1])
        if found[2] is None:
            return await self._tables(unit)
        return await self._window(unit, Table(found[2]), int(found[3] or 0))

    async def _units(self) -> Sequence[Node]:
        own = self._link.config.unit
        units = [*sorted({*SCANNED, own} - {0}), 0]
        answers: dict[int, bool] = {}

        async def look(unit: int) -> None:
            answers[unit] = await self._answers(unit)

        tasks = [asyncio.ensure_future(look(unit)) for unit in units]
        await asyncio.wait(tasks, timeout=SCAN_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return [Node(f"unit={unit}", f"Unit {unit}", has_children=True) for unit in units if answers.get(unit)]

    async def _answers(self, unit: int) -> bool:
        """An exception is an answer too, unless the gateway says that nobody is there."""
        request = read_request(Table.HOLDING, 0, 1)
        try:
            read_answer(request, await self._link.ask(unit, request, judge=False))
        except Refused as error:
            return error.code not in (GATEWAY_PATH, GATEWAY_TARGET)
        except (Silent, Damaged):
            return False
        return True

    async def _tables(self, unit: int) -> Sequence[Node]:
        nodes = []
        for table in (Table.HOLDING, Table.INPUT, Table.COIL, Table.DISCRETE):
            try:
                await self._read(unit, table, 0, 1)
            except Refused as error:
                if error.code not in (ILLEGAL_ADDRESS, ILLEGAL_VALUE):
                    continue
            except Silent:
                raise NotFound(f"unit {unit} does not answer", mend="choose a unit that answers") from None
            except Damaged:
                continue
            nodes.append(Node(f"unit={unit};{table}", str(table), has_children=True))
        return nodes

    async def _window(self, unit: int, table: Table, start: int) -> Sequence[Node]:
        count = min(WINDOW, ADDRESS_MAX + 1 - start)
        try:
            values = await self._values(unit, table, start, count)
        except Silent:
            raise NotFound(f"unit {unit} does not answer", mend="choose a unit that answers") from None
        kind = Kind.BOOLEAN if table.of_bits else Kind.INTEGER
        writable = table in (Table.HOLDING, Table.COIL)
        nodes = [
            Node(
                f"unit={unit};{table}={at}",
                f"{table} {at}",
                has_children=False,
                kind=kind,
                writable=writable,
                details={"value": str(values[at])},
            )
            for at in sorted(values)
        ]
        if start + count <= ADDRESS_MAX:
            following = f"unit={unit};{table}={start + count}"
            nodes.append(Node(following, f"{start + count} …", has_children=True))
        return nodes

    async def _values(self, unit: int, table: Table, start: int, count: int) -> dict[int, int]:
        """What can be read there; a stretch that is refused is asked for in halves."""
        try:
            data = await self._read(unit, table, start, count)
        except Refused:
            if count == 1:
                return {}
            half = count // 2
            first = await self._values(unit, table, start, half)
            return first | await self._values(unit, table, start + half, count - half)
        except Damaged:
            return {}
        if table.of_bits:
            return {start + n: (data[n // 8] >> (n % 8)) & 1 for n in range(count)}
        return {start + n: int.from_bytes(data[2 * n : 2 * n + 2], "big") for n in range(count)}

    async def _read(self, unit: int, table: Table, start: int, count: int) -> bytes:
        request = read_request(table, start, count)
        return read_answer(request, await self._link.ask(unit, request))

"""The Modbus TCP driver, as the entry point names it."""

from collections.abc import Mapping, Sequence
from typing import Any

from kandelia.drivers.modbus.addresses import parse
from kandelia.drivers.modbus.config import ModbusConfig, read_config
from kandelia.drivers.modbus.link import open_link
from kandelia.drivers.modbus.maps import address_of
from kandelia.drivers.modbus.session import ModbusSession
from kandelia.sdk.drivers import Found, InvalidInput


class ModbusDriver:
    """Client for any Modbus TCP device or gateway."""

    name = "modbus"
    protocol = "Modbus TCP"

    def configure(self, settings: Mapping[str, Any]) -> ModbusConfig:
        """See `Driver.configure`."""
        return read_config(settings)

    async def open(self, configuration: ModbusConfig, secrets: Mapping[str, str]) -> ModbusSession:
        """See `Driver.open`."""
        return ModbusSession(await open_link(configuration))

    async def discover(self, host: str) -> Sequence[Found]:
        """See `Discovers.discover`: the units that answer at a host, or host:port."""
        name, colon, port = host.strip().rpartition(":")
        settings = {"host": name, "port": _port(port)} if colon else {"host": host.strip()}
        session = await self.open(self.configure(settings), {})
        try:
            units = await session.browse("")
        finally:
            await session.close()
        return [Found(unit.name, {**settings, "unit": int(unit.address.removeprefix("unit="))}) for unit in units]

    def check_address(self, address: str) -> None:
        """See `ReadsMaps.check_address`."""
        parse(address)

    def address_of(self, row: Mapping[str, str]) -> str:
        """See `ReadsMaps.address_of`."""
        return address_of(row)


def _port(text: str) -> int:
    if not text.isdecimal():
        raise InvalidInput(f'"{text[:20]}" is no port', where="settings.port", mend="write 192.168.1.20:502")
    return int(text)


driver = ModbusDriver()

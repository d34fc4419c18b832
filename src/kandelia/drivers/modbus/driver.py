"""The Modbus TCP driver, as the entry point names it."""

from collections.abc import Mapping
from typing import Any

from kandelia.drivers.modbus.addresses import parse
from kandelia.drivers.modbus.config import ModbusConfig, read_config
from kandelia.drivers.modbus.link import open_link
from kandelia.drivers.modbus.maps import address_of
from kandelia.drivers.modbus.session import ModbusSession


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

    def check_address(self, address: str) -> None:
        """See `ReadsMaps.check_address`."""
        parse(address)

    def address_of(self, row: Mapping[str, str]) -> str:
        """See `ReadsMaps.address_of`."""
        return address_of(row)


driver = ModbusDriver()

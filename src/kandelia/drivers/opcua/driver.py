"""The OPC UA driver, as the entry point names it."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asyncua import ua

from kandelia.drivers.opcua.config import OpcUaConfig, read_config
from kandelia.drivers.opcua.finding import find_endpoints
from kandelia.drivers.opcua.limits import read_limits
from kandelia.drivers.opcua.link import open_link
from kandelia.drivers.opcua.reasons import opening_error
from kandelia.drivers.opcua.session import OpcUaSession
from kandelia.drivers.opcua.trust import TrustStore
from kandelia.sdk.drivers import Found

logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # it tells each lost link several times; we tell it once


class OpcUaDriver:
    """Client for any OPC UA server over opc.tcp."""

    name = "opcua"
    protocol = "OPC UA"

    def __init__(self) -> None:
        self._trust = TrustStore(Path("drivers") / self.name)

    def keep_in(self, directory: Path) -> None:
        """Where certificates are kept."""
        self._trust = TrustStore(directory)

    def configure(self, settings: Mapping[str, Any]) -> OpcUaConfig:
        """See `Driver.configure`."""
        return read_config(settings)

    async def discover(self, host: str) -> Sequence[Found]:
        """See `Discovers.discover`: the endpoints that a server at host, host:port or opc.tcp://… names."""
        return await find_endpoints(host.strip())

    async def open(self, configuration: OpcUaConfig, secrets: Mapping[str, str]) -> OpcUaSession:
        """See `Driver.open`."""
        link = await open_link(configuration, secrets, self._trust)
        try:
            limits = await read_limits(link)
        except (ua.UaError, OSError, TimeoutError) as error:
            await link.close(polite=False)
            raise opening_error(error, configuration) from error
        return OpcUaSession(link, limits)


driver = OpcUaDriver()

"""The MQTT driver, as the entry point names it."""

from collections.abc import Mapping
from typing import Any

from kandelia.drivers.mqtt.browsing import Browser
from kandelia.drivers.mqtt.config import MqttConfig, read_config
from kandelia.drivers.mqtt.session import MqttSession
from kandelia.sdk.mqtt import open_link


class MqttDriver:
    """Client of any MQTT broker."""

    name = "mqtt"
    protocol = "MQTT"

    def configure(self, settings: Mapping[str, Any]) -> MqttConfig:
        """See `Driver.configure`."""
        return read_config(settings)

    async def open(self, configuration: MqttConfig, secrets: Mapping[str, str]) -> MqttSession:
        """See `Driver.open`."""
        link = await open_link(configuration.broker, secrets)
        return MqttSession(configuration, link, Browser(configuration, secrets))


driver = MqttDriver()

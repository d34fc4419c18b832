"""The Sparkplug driver, as the entry point names it."""

import time
from collections.abc import Mapping
from typing import Any

from kandelia.drivers.sparkplug.config import SparkplugConfig, read_config
from kandelia.drivers.sparkplug.names import state_topic
from kandelia.drivers.sparkplug.session import SparkplugSession, state
from kandelia.sdk.mqtt import Will, open_link


class SparkplugDriver:
    """Host application for Sparkplug B edge nodes behind any MQTT broker."""

    name = "sparkplug"
    protocol = "Sparkplug B"

    def configure(self, settings: Mapping[str, Any]) -> SparkplugConfig:
        """See `Driver.configure`."""
        return read_config(settings)

    async def open(self, configuration: SparkplugConfig, secrets: Mapping[str, str]) -> SparkplugSession:
        """See `Driver.open`."""
        began_ms = time.time_ns() // 1_000_000
        will = Will(state_topic(configuration.host_id), state(online=False, now_ms=began_ms), qos=1, retain=True)
        link = await open_link(configuration.broker, secrets, clean=True, will=will)
        return SparkplugSession(configuration, link, began_ms)


driver = SparkplugDriver()

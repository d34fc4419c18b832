"""Makes Django and the bus ready in a process that uses the records: commands, and whoever runs outside of web."""

import os

import django

from kandelia.boot.connecting import open_settings_bus
from kandelia.boot.lean import leave_pandas_out
from kandelia.boot.load import load_settings
from kandelia.engines.files.secrets import FileSecrets
from kandelia.kernel.connections import secrets
from kandelia.kernel.events import bridge
from kandelia.ports.bus import Bus

BUS_WAIT_S = 3.0


def start(name: str = "command") -> None:
    """Once, before any model is imported; the bus is opened at the first need, under `name`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kandelia.boot.django_settings")
    leave_pandas_out()
    django.setup()
    settings = load_settings(os.environ.get("KANDELIA_SETTINGS"))

    async def open_bus() -> Bus:
        return await open_settings_bus(settings, name, BUS_WAIT_S)

    bridge.configure(open_bus)
    secrets.configure(FileSecrets(settings.secrets_directory))

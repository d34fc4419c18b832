"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.jobs import registry
from kandelia.kernel.things.changes import listen


class Room(AppConfig):
    """kernel/connections."""

    name = "kandelia.kernel.connections"
    label = "connections"

    def ready(self) -> None:
        """Hear of sites that are renamed; tell the data plane which devices may enter."""
        from . import device_publishing, moving  # models load only once the apps are ready

        listen(moving.follow)
        registry.register_service("devices", device_publishing.publish_devices)

"""Registers the room with Django."""

from kandelia.kernel.jobs import registry
from kandelia.kernel.records.rooms import RecordRoom
from kandelia.kernel.things.changes import listen


class Room(RecordRoom):
    """kernel/connections."""

    name = "kandelia.kernel.connections"
    label = "connections"

    def ready(self) -> None:
        """Hear of sites that are renamed; tell the data plane which devices may enter."""
        super().ready()
        from . import device_publishing, moving  # models load only once the apps are ready

        listen(moving.follow)
        registry.register_service("devices", device_publishing.publish_devices)

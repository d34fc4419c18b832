"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.things.changes import listen


class Room(AppConfig):
    """kernel/connections."""

    name = "kandelia.kernel.connections"
    label = "connections"

    def ready(self) -> None:
        """Hear of sites that are renamed."""
        from . import moving  # models load only once the apps are ready

        listen(moving.follow)

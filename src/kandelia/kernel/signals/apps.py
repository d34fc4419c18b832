"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.things.changes import listen


class Room(AppConfig):
    """kernel/signals."""

    name = "kandelia.kernel.signals"
    label = "signals"

    def ready(self) -> None:
        """Hear of things that are renamed or moved."""
        from . import moving  # models load only once the apps are ready

        listen(moving.follow)

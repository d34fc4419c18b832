"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.jobs import registry


class Room(AppConfig):
    """surfaces/api."""

    name = "kandelia.surfaces.api"
    label = "api"

    def ready(self) -> None:
        """Kept answers are forgotten each night."""
        from . import repeating  # models load only once the apps are ready

        registry.register_handler(repeating.CLEANING, repeating.clean)
        registry.register_schedule("api-cleaning", repeating.CLEANING, "daily 03:20")

"""Tells Django of this room."""

from django.apps import AppConfig


class PlantConfig(AppConfig):
    """The plant room: templates, words, and the table of what people arranged."""

    name = "kandelia.apps.plant"
    label = "plant"

    def ready(self) -> None:
        """How far a command has come stands on its page."""
        from . import parts  # models load only once the apps are ready

        parts.begin()

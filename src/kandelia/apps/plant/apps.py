"""Tells Django of this room."""

from django.apps import AppConfig


class PlantConfig(AppConfig):
    """The plant room: templates, words, and the table of what people arranged."""

    name = "kandelia.apps.plant"
    label = "plant"

    def ready(self) -> None:
        """How far a command has come stands on its page."""
        from kandelia.apps.plant.screens.commanding import follow  # models load only once the apps are ready
        from kandelia.sdk.record_pages import register_part

        register_part("main", follow)

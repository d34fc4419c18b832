"""Registers the screens with Django."""

from django.apps import AppConfig


class Room(AppConfig):
    """surfaces/web/work."""

    name = "kandelia.surfaces.web.work"
    label = "web_work"

    def ready(self) -> None:
        """Comments and assignment stand on every record's page."""
        from . import parts  # models load only once the apps are ready

        parts.begin()

"""Registers the room with Django, for its templates and words."""

from django.apps import AppConfig


class Room(AppConfig):
    """surfaces/web/records."""

    name = "kandelia.surfaces.web.records"
    label = "record_screens"

    def ready(self) -> None:
        """Files stand on every record's page."""
        from . import attachments, parts  # models load only once the apps are ready

        parts.register_part("main", attachments.part, 50)

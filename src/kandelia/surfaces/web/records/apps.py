"""Registers the room with Django, for its templates and words."""

from django.apps import AppConfig


class Room(AppConfig):
    """surfaces/web/records."""

    name = "kandelia.surfaces.web.records"
    label = "record_screens"

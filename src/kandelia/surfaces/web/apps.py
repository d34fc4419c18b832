"""Registers the room with Django."""

from django.apps import AppConfig


class Room(AppConfig):
    """surfaces/web."""

    name = "kandelia.surfaces.web"
    label = "web"

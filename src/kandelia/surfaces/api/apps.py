"""Registers the room with Django."""

from django.apps import AppConfig


class Room(AppConfig):
    """surfaces/api."""

    name = "kandelia.surfaces.api"
    label = "api"

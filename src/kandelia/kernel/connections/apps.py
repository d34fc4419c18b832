"""Registers the room with Django."""

from django.apps import AppConfig


class Room(AppConfig):
    """kernel/connections."""

    name = "kandelia.kernel.connections"
    label = "connections"

"""Registers the room with Django."""

from django.apps import AppConfig


class Room(AppConfig):
    """kernel/access."""

    name = "kandelia.kernel.access"
    label = "access"

"""Registers the room with Django."""

from django.apps import AppConfig


class Room(AppConfig):
    """kernel/things."""

    name = "kandelia.kernel.things"
    label = "things"

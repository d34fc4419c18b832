"""Registers the room with Django."""

from django.apps import AppConfig


class Room(AppConfig):
    """kernel/events."""

    name = "kandelia.kernel.events"
    label = "events"

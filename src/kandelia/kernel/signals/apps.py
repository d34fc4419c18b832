"""Registers the room with Django."""

from django.apps import AppConfig


class Room(AppConfig):
    """kernel/signals."""

    name = "kandelia.kernel.signals"
    label = "signals"

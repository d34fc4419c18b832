"""Registers the room with Django."""

from django.apps import AppConfig


class Room(AppConfig):
    """kernel/jobs."""

    name = "kandelia.kernel.jobs"
    label = "jobs"

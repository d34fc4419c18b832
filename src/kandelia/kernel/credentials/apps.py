"""Registers the room with Django."""

from django.apps import AppConfig


class Room(AppConfig):
    """kernel/credentials."""

    name = "kandelia.kernel.credentials"
    label = "credentials"

    def ready(self) -> None:
        """Sign-in asks this room whether a password is enough, and tells it of each session."""
        from . import facade  # models load only once the apps are ready

        facade.begin()

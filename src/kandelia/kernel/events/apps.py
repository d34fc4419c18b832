"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.access.revocation import on_revoked
from kandelia.kernel.events.revocation import say_revoked


class Room(AppConfig):
    """kernel/events."""

    name = "kandelia.kernel.events"
    label = "events"

    def ready(self) -> None:
        """Whoever loses access is named on the bus."""
        on_revoked(say_revoked)

"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.jobs import registry
from kandelia.kernel.things.changes import listen


class Room(AppConfig):
    """kernel/signals."""

    name = "kandelia.kernel.signals"
    label = "signals"

    def ready(self) -> None:
        """Hear of things that are renamed or moved; keep the data plane told."""
        from . import moving, publishing  # models load only once the apps are ready

        listen(moving.follow)
        registry.register_service("snapshot", publishing.publish_outbox)
        registry.register_service("events", publishing.tell_events)

"""Registers the room with Django."""

from kandelia.kernel.jobs import registry
from kandelia.kernel.records.rooms import RecordRoom
from kandelia.kernel.things import living
from kandelia.kernel.things.changes import listen


class Room(RecordRoom):
    """kernel/signals."""

    name = "kandelia.kernel.signals"
    label = "signals"

    def ready(self) -> None:
        """Hear of things that are renamed or moved; keep the data plane told."""
        super().ready()
        from . import bulk, moving, publishing  # models load only once the apps are ready

        listen(moving.follow)
        living.ask(moving.hanging)
        bulk.offer()
        registry.register_service("snapshot", publishing.publish_outbox)
        registry.register_service("events", publishing.tell_events)

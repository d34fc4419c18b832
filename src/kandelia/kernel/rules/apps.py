"""Registers the room with Django."""

from kandelia.kernel.jobs import registry
from kandelia.kernel.records.rooms import RecordRoom


class Room(RecordRoom):
    """kernel/rules."""

    name = "kandelia.kernel.rules"
    label = "rules"

    def ready(self) -> None:
        """Keep the data plane told, and take what it tells."""
        super().ready()
        from . import publishing, taking  # models load only once the apps are ready

        registry.register_service("rules", publishing.publish_rules)
        registry.register_service("limits", taking.take_changes)
        registry.register_handler(taking.FORGET, taking.forget)
        registry.register_schedule(taking.FORGET, taking.FORGET, "daily 03:40")

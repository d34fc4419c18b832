"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.jobs import registry


class Room(AppConfig):
    """kernel/records."""

    name = "kandelia.kernel.records"
    label = "records"

    def ready(self) -> None:
        """Limits that are over are looked for each minute."""
        from . import clock  # models load only once the apps are ready

        registry.register_handler("records.clock", clock.fire)
        registry.register_schedule("records-clock", "records.clock", "every 1m")
        registry.register_handler("records.retention", clock.anonymise)
        registry.register_schedule("records-retention", "records.retention", "daily 02:40")

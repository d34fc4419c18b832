"""Registers the room with Django."""

from kandelia.kernel.records.rooms import RecordRoom


class Room(RecordRoom):
    """kernel/things."""

    name = "kandelia.kernel.things"
    label = "things"

    def ready(self) -> None:
        """Places that are granted must stand somewhere."""
        super().ready()
        from . import store  # models load only once the apps are ready

        store.guard_places()

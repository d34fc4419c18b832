"""Registers the room with Django."""

from kandelia.kernel.jobs import registry
from kandelia.kernel.records.rooms import RecordRoom


class Room(RecordRoom):
    """kernel/commands."""

    name = "kandelia.kernel.commands"
    label = "commands"

    def ready(self) -> None:
        """Orders leave, and words about them arrive, in the jobs role."""
        super().ready()
        from . import serving  # models load only once the apps are ready

        registry.register_service("commands", serving.serve)

"""Registers the room with Django."""

from kandelia.kernel.records.rooms import RecordRoom


class Room(RecordRoom):
    """kernel/sharing."""

    name = "kandelia.kernel.sharing"
    label = "sharing"

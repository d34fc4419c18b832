"""Registers the room with Django."""

from kandelia.kernel.records.rooms import RecordRoom


class Room(RecordRoom):
    """kernel/things."""

    name = "kandelia.kernel.things"
    label = "things"

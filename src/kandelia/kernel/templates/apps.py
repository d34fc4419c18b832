"""Registers the room with Django."""

from kandelia.kernel.records.rooms import RecordRoom


class Room(RecordRoom):
    """kernel/templates."""

    name = "kandelia.kernel.templates"
    label = "plant_templates"

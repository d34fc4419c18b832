"""Registers the room with Django."""

from kandelia.sdk.rooms import RecordRoom


class Room(RecordRoom):
    """The tests' record types."""

    name = "tests.record_types"
    label = "trial"

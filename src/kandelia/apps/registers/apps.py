"""Tells Django of this room and the kernel of its record types."""

from kandelia.sdk.rooms import RecordRoom


class RegistersRoom(RecordRoom):
    """Organisations, their sites and people."""

    name = "kandelia.apps.registers"
    label = "registers"

"""Tells Django of this room and the kernel of its record types."""

from kandelia.sdk.rooms import RecordRoom
from kandelia.sdk.services import provide


class RegistersRoom(RecordRoom):
    """Organisations, their sites and people."""

    name = "kandelia.apps.registers"
    label = "registers"

    def ready(self) -> None:
        """Other rooms may ask for a firm's profile."""
        super().ready()
        from . import facade  # models load only once the apps are ready

        provide("registers.profile", facade.profile)
        provide("registers.profile_of", facade.profile_of)
        provide("registers.names", facade.names)
        provide("registers.standings", facade.standings)
        provide("registers.codes", facade.codes)

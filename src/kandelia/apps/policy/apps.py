"""Tells Django of this room and the kernel of its record types."""

from kandelia.sdk.rooms import RecordRoom
from kandelia.sdk.services import provide


class PolicyRoom(RecordRoom):
    """Documents, clauses, items and parameters."""

    name = "kandelia.apps.policy"
    label = "policy"

    def ready(self) -> None:
        """Other rooms may ask which items are in force."""
        super().ready()
        from . import facade  # models load only once the apps are ready

        provide("policy.items", facade.items)
        provide("policy.load", facade.load)

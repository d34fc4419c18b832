"""Tells Django of this room, the kernel of its record types, and other rooms what it does for them."""

from kandelia.sdk.rooms import RecordRoom
from kandelia.sdk.services import provide


class ApplicationsRoom(RecordRoom):
    """Calls, applications, scores, objections, payments, reviewers."""

    name = "kandelia.apps.applications"
    label = "applications"

    def ready(self) -> None:
        """The record types, and what the measures' pages ask."""
        super().ready()
        from . import confirming, facade  # models load only once the apps are ready

        provide("applications.confirm", confirming.confirm)
        provide("applications.awarded", confirming.awarded)
        provide("applications.cases", facade.cases)
        provide("applications.performance", facade.performance)

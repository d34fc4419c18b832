"""Tells Django of this room and the kernel of its record types."""

from kandelia.sdk.rooms import RecordRoom


class ApplicationsRoom(RecordRoom):
    """Calls, applications, scores, objections, payments, reviewers."""

    name = "kandelia.apps.applications"
    label = "applications"

"""Tells Django of this app and the kernel of its record type."""

from kandelia.sdk.rooms import RecordRoom


class GaugesRoom(RecordRoom):
    """Gauges, in the folder `records`."""

    name = "kandelia_tiny_app"
    label = "gauges"

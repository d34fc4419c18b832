"""Tells Django of this room."""

from django.apps import AppConfig


class TransfersConfig(AppConfig):
    """Screens of imports, exports, jobs and tag lists; no tables."""

    name = "kandelia.apps.transfers"
    label = "transfer_screens"

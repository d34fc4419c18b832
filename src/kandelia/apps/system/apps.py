"""Tells Django of this room."""

from django.apps import AppConfig


class SystemConfig(AppConfig):
    """The system room: templates and words, no tables."""

    name = "kandelia.apps.system"
    label = "system"

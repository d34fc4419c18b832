"""Tells Django of this room."""

from django.apps import AppConfig


class LimitsConfig(AppConfig):
    """The room of limits: templates and words, no tables."""

    name = "kandelia.apps.limits"
    label = "limits"

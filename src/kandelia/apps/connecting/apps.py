"""Tells Django of this room."""

from django.apps import AppConfig


class ConnectingConfig(AppConfig):
    """The room of connections: templates, scripts and words, no tables."""

    name = "kandelia.apps.connecting"
    label = "connecting"

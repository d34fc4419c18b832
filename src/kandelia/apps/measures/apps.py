"""Tells Django of this room."""

from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    """The measures room: templates, styles and words, no tables."""

    name = "kandelia.apps.measures"
    label = "measures"

"""Tells Django of this room."""

from django.apps import AppConfig


class PlantConfig(AppConfig):
    """The plant room: templates and words, no tables."""

    name = "kandelia.apps.plant"
    label = "plant"

"""Tells Django of this room."""

from django.apps import AppConfig


class PlantConfig(AppConfig):
    """The plant room: templates, words, and the table of what people arranged."""

    name = "kandelia.apps.plant"
    label = "plant"

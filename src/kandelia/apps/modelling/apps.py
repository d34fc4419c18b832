"""Tells Django of this room."""

from django.apps import AppConfig


class ModellingConfig(AppConfig):
    """The room of templates: screens and words, no tables."""

    name = "kandelia.apps.modelling"
    label = "modelling"

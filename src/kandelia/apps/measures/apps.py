"""Tells Django of this room."""

from django.apps import AppConfig

from kandelia.apps.measures import facade
from kandelia.sdk.services import provide


class MeasuresConfig(AppConfig):
    """The measures room: templates, styles and words, no tables."""

    name = "kandelia.apps.measures"
    label = "measures"

    def ready(self) -> None:
        """Other rooms may list and compute."""
        provide("measures.documents", facade.documents)
        provide("measures.compute", facade.compute)
        provide("measures.schema", facade.schema)
        provide("measures.line", facade.line)

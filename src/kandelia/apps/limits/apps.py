"""Tells Django of this room."""

from django.apps import AppConfig

from kandelia.sdk.services import provide


class LimitsConfig(AppConfig):
    """The room of limits: templates and words, no tables."""

    name = "kandelia.apps.limits"
    label = "limits"

    def ready(self) -> None:
        """Offer the part that the plant's pages show."""
        from .screens import active  # models load only once the apps are ready

        provide("limits.part", active.part_of_page)

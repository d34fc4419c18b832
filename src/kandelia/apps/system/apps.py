"""Tells Django of this room."""

from django.apps import AppConfig

from kandelia.sdk.jobs import register_service


class SystemConfig(AppConfig):
    """The system room: templates and words, no tables."""

    name = "kandelia.apps.system"
    label = "system"

    def ready(self) -> None:
        """The platform's own figures are kept by the jobs role."""
        from . import recording  # models load only once the apps are ready

        register_service("figures", recording.keep_figures)

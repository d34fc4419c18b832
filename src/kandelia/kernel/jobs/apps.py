"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.jobs import registry


class Room(AppConfig):
    """kernel/jobs."""

    name = "kandelia.kernel.jobs"
    label = "jobs"

    def ready(self) -> None:
        """The platform's own cleaning."""
        from . import cleaning  # models load only once the apps are ready

        registry.register_handler(cleaning.KIND, cleaning.clean)
        registry.register_schedule("platform-clean", cleaning.KIND, cleaning.WHEN)

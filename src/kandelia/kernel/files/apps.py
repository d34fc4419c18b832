"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.jobs import registry


class Room(AppConfig):
    """kernel/files."""

    name = "kandelia.kernel.files"
    label = "files"

    def ready(self) -> None:
        """New files are scanned by the jobs role."""
        from . import scanning  # models load only once the apps are ready

        registry.register_handler(scanning.KIND, scanning.scan, attempts_max=50)

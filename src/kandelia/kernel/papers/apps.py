"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.jobs import registry


class Room(AppConfig):
    """kernel/papers."""

    name = "kandelia.kernel.papers"
    label = "papers"

    def ready(self) -> None:
        """Large imports run in the jobs role; files of records that are gone go too."""
        from . import attachments, runs  # models load only once the apps are ready

        registry.register_handler(runs.KIND, runs.work)
        registry.register_handler(runs.CLEANING, runs.clean)
        registry.register_schedule("papers-cleaning", runs.CLEANING, "daily 03:10")
        attachments.begin()

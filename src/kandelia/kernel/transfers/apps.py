"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.jobs import registry


class Room(AppConfig):
    """kernel/transfers."""

    name = "kandelia.kernel.transfers"
    label = "transfers"

    def ready(self) -> None:
        """Loads and exports run in the jobs role; files that nobody needs any more go."""
        from . import clearing, exporting, working  # models load only once the apps are ready

        registry.register_handler(working.KIND, working.work)
        registry.register_handler(exporting.KIND, exporting.work)
        registry.register_handler(clearing.KIND, clearing.clean)
        registry.register_schedule("transfers-cleaning", clearing.KIND, "daily 03:40")

"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.jobs import registry


class Room(AppConfig):
    """kernel/calendar."""

    name = "kandelia.kernel.calendar"
    label = "calendar"

    def ready(self) -> None:
        """Newly published days are taken over each night."""
        from . import facade  # models load only once the apps are ready

        registry.register_handler("calendar.recount", facade.recount)
        registry.register_handler("calendar.renew", facade.renew)
        registry.register_schedule("calendar-renew", "calendar.renew", "daily 03:10")

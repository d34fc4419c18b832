"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.jobs import registry


class Room(AppConfig):
    """kernel/notices."""

    name = "kandelia.kernel.notices"
    label = "notices"

    def ready(self) -> None:
        """Mail goes out each minute, where a server is set."""
        from . import mailing  # models load only once the apps are ready

        registry.register_handler("notices.mail", mailing.send)
        registry.register_schedule("notices-mail", "notices.mail", "every 1m")

"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.jobs import registry
from kandelia.kernel.notices import kinds as notices


class Room(AppConfig):
    """kernel/work."""

    name = "kandelia.kernel.work"
    label = "work"

    def ready(self) -> None:
        """Steps are listened to, and what is due is told each morning."""
        from . import listening, words  # models load only once the apps are ready

        notices.register(*words.KINDS)
        listening.begin()
        registry.register_handler("work.due", listening.tell_due)
        registry.register_schedule("work-due", "work.due", "daily 07:30")

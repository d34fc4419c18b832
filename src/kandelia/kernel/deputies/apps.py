"""Registers the room with Django."""

from django.apps import AppConfig

from kandelia.kernel.notices import kinds


class Room(AppConfig):
    """kernel/deputies."""

    name = "kandelia.kernel.deputies"
    label = "deputies"

    def ready(self) -> None:
        """Sessions speak with the duties of those whom the person stands in for."""
        from . import facade, words  # models load only once the apps are ready

        kinds.register(*words.KINDS)
        facade.begin()

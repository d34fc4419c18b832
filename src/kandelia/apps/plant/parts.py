"""What the plant draws on the pages of records."""

from kandelia.apps.plant.screens.commanding import follow
from kandelia.sdk.record_pages import register_part


def begin() -> None:
    """How far a command has come stands on its page."""
    register_part("main", follow)

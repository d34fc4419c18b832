"""A machine that is renamed or moved takes its signals along: ids follow, numbers and history stay."""

from kandelia.kernel.connections import outbox
from kandelia.kernel.signals import writing
from kandelia.kernel.things.changes import Moved


def follow(moved: Moved) -> None:
    """Give the signals below a thing the ids that follow from its new path."""
    if "/lines/" not in moved.after:
        outbox.mark(moved.organisation, writing.rename(moved.organisation, moved.after))

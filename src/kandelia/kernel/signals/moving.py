"""A machine that is renamed or moved takes its signals along: ids follow, numbers and history stay."""

from typing import Any

from kandelia.kernel.connections import outbox
from kandelia.kernel.signals import writing
from kandelia.kernel.signals.models import Signal
from kandelia.kernel.things.changes import Moved
from kandelia.kernel.things.models import Machine


def follow(moved: Moved) -> None:
    """Give the signals below a thing the ids that follow from its new path."""
    if "/lines/" not in moved.after:
        outbox.mark(moved.organisation, writing.rename(moved.organisation, moved.after))


def hanging(row: Any) -> str:
    """The signals in use of a machine, which is not retired before they are."""
    count = Signal.objects.filter(machine=row, active=True).count() if isinstance(row, Machine) else 0
    return f"{count} signal{'' if count == 1 else 's'}" if count else ""

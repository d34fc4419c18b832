"""A site that is renamed takes its connections along: their documents name it."""

from kandelia.kernel.connections import outbox
from kandelia.kernel.connections.contracts import UNCONNECTED
from kandelia.kernel.connections.models import Connection
from kandelia.kernel.things.changes import Moved


def follow(moved: Moved) -> None:
    """Mark every connection of a site that has another key now."""
    if "/" in moved.after:
        return
    rows = Connection.objects.filter(organisation_id=moved.organisation, site__key=moved.after)
    outbox.mark(moved.organisation, [*rows.values_list("key", flat=True), UNCONNECTED])

"""Rows of connections as views, always within one organisation."""

from kandelia.base.errors import NotFound
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Reach
from kandelia.kernel.connections import outbox
from kandelia.kernel.connections.contracts import ConnectionView
from kandelia.kernel.connections.grading import grade_of_driver
from kandelia.kernel.connections.models import Connection
from kandelia.kernel.things import store as things
from kandelia.kernel.things.models import Machine


def view(row: Connection, published: int = 0) -> ConnectionView:
    """A connection whose site is at hand."""
    return ConnectionView(
        key=row.key,
        site=row.site.key,
        name=LocalText(row.name_zh, row.name_en),
        driver=row.driver,
        settings=row.settings,
        enabled=row.enabled,
        revision=row.revision,
        published=published,
        grade=grade_of_driver(row.driver),
    )


def connections(organisation: str) -> tuple[ConnectionView, ...]:
    """All of them by key."""
    published = outbox.published(organisation)
    rows = Connection.objects.filter(organisation_id=organisation).select_related("site")
    return tuple(view(row, published.get(row.key, 0)) for row in rows)


def row(organisation: str, key: str) -> Connection:
    """One, or NotFound."""
    found = Connection.objects.filter(organisation_id=organisation, key=key).select_related("site").first()
    if found is None:
        raise nothing(key)
    return found


def nothing(key: str) -> NotFound:
    """The error for a connection that is not there, or not for this viewer."""
    return NotFound(f'there is no connection "{key[:80]}"', "connection", "see the list of connections", "not-found")


def keys(organisation: str, reach: Reach | None = None) -> dict[str, int]:
    """Row id by key; with a reach those of the sites that it lies in."""
    rows = Connection.objects.filter(organisation_id=organisation)
    if reach is not None:
        rows = rows.filter(site__key__in={place.partition("/")[0] for place in reach.places})
    return dict(rows.values_list("key", "id"))


def keys_within(organisation: str, reach: Reach) -> set[str]:
    """Connections of a site that is wholly within reach, and those that feed a signal within reach."""
    rows = Connection.objects.filter(organisation_id=organisation)
    machines = Machine.objects.filter(area__site__organisation_id=organisation).filter(things.within(reach))
    sites = [place for place in reach.places if "/" not in place]
    feeding = rows.filter(signals__machine__in=machines) | rows.filter(signals__number__in=reach.signals)
    return {*rows.filter(site__key__in=sites).values_list("key", flat=True), *feeding.values_list("key", flat=True)}

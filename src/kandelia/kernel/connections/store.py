"""Rows of connections as views, always within one organisation."""

from kandelia.base.errors import NotFound
from kandelia.base.text import LocalText
from kandelia.kernel.connections import outbox
from kandelia.kernel.connections.contracts import ConnectionView
from kandelia.kernel.connections.grading import grade_of_driver
from kandelia.kernel.connections.models import Connection


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
        raise NotFound(f'there is no connection "{key[:80]}"', "connection", "see the list of connections", "not-found")
    return found


def keys(organisation: str) -> dict[str, int]:
    """Row id by key."""
    return dict(Connection.objects.filter(organisation_id=organisation).values_list("key", "id"))

"""Connections for everyone else: what a viewer's organisation has, how it is changed, what an edge says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.db.models import ProtectedError

from kandelia.base.errors import Conflict, InvalidInput
from kandelia.base.ids import plain_id
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Reach, Right, Viewer
from kandelia.kernel.access.facade import audit, reach_of, require_at
from kandelia.kernel.connections import asking, orphans, outbox, store
from kandelia.kernel.connections.contracts import (
    UNCONNECTED,
    Attempt,
    ConnectionState,
    ConnectionView,
    Search,
    Tried,
)
from kandelia.kernel.connections.drivers import Found, Node
from kandelia.kernel.connections.logic.settings import names_in, take_secrets
from kandelia.kernel.connections.models import Connection
from kandelia.kernel.connections.records.connection import CONNECTION
from kandelia.kernel.records import entries
from kandelia.kernel.records.models import Entry
from kandelia.kernel.things import store as things
from kandelia.kernel.things.logic.paths import check_key, check_name

SHOWN = (
    "name_zh",
    "name_en",
    "driver",
    "enabled",
)  # what the history of a record tells; settings hold names of secrets


@dataclass
class Written:
    """Keys that were new and keys that differed."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def list_connections(viewer: Viewer) -> tuple[ConnectionView, ...]:
    """All of the organisation by key; for whoever sees only places, those of a site and those that feed a signal."""
    reach = reach_of(viewer, Right.SEE)
    found = store.connections(viewer.organisation)
    if reach is None:
        return found
    seen = _seen(viewer, reach)
    return tuple(_shown(view, reach) for view in found if view.key in seen)


def connection(viewer: Viewer, key: str) -> ConnectionView:
    """One; NotFound also for another organisation's."""
    reach = reach_of(viewer, Right.SEE)
    if reach is not None and key not in _seen(viewer, reach):
        raise store.nothing(key)
    view = store.view(store.row(viewer.organisation, key), outbox.published(viewer.organisation).get(key, 0))
    return view if reach is None else _shown(view, reach)


def _seen(viewer: Viewer, reach: Reach) -> set[str]:
    return set() if viewer.home else store.keys_within(viewer.organisation, reach)


def _shown(view: ConnectionView, reach: Reach) -> ConnectionView:
    """Whom a connection speaks to and how is told to those who see the whole site."""
    return view if reach.covers(view.site) else replace(view, settings={})


def put_connection(viewer: Viewer, view: ConnectionView) -> ConnectionView:
    """Make or change one; `revision` and `published` of the view are not read."""
    put_connections(viewer, [view])
    return connection(viewer, view.key)


def put_connections(viewer: Viewer, views: Sequence[ConnectionView]) -> Written:
    """Make or change several in one transaction; plain secrets go to the keeper of secrets."""
    reach_of(viewer, Right.CONFIGURE)
    written = Written()
    with orphans.undone_on_failure(viewer.organisation), transaction.atomic():
        for view in views:
            _put(viewer, view, written)
        outbox.mark(viewer.organisation, written.created + written.changed)
    return written


def remove_connection(viewer: Viewer, key: str) -> None:
    """Remove one that no signal uses; Conflict otherwise."""
    _configures(viewer, store.row(viewer.organisation, key))
    try:
        with transaction.atomic():
            row = store.row(viewer.organisation, key)
            orphans.sweep_after_commit(viewer.organisation, names_in(row.settings))
            Entry.objects.filter(id=row.entry_id).delete()
            outbox.mark(viewer.organisation, [key])
            audit(viewer, "connection.remove", key, {})
    except ProtectedError as error:
        mend = "give its signals another connection or remove them first"
        raise Conflict(f'signals still use connection "{key}"', "connection", mend, "in-use") from error


def browse(viewer: Viewer, key: str, address: str = "") -> tuple[Node, ...]:
    """Children of a node in the device's own address space, the root for ""; Unavailable without an edge."""
    reach_of(viewer, Right.CONFIGURE)
    _configures(viewer, store.row(viewer.organisation, key))
    return asking.browse(viewer.organisation, key, address)


def try_connection(
    viewer: Viewer, view: ConnectionView, *, browse: str | None = None, read: Mapping[str, Kind] | None = None
) -> Tried:
    """Really connect by settings that are not saved, look below a node, read first values; nothing is kept.

    The errors of the driver, or Unavailable when no edge answers.
    """
    require_at(viewer, Right.CONFIGURE, view.site)
    secrets: dict[str, str] = {}

    def keep(name: str, secret: bytes) -> None:
        secrets[name] = secret.decode()

    row = _row(viewer, view.key)
    held = names_in(row.settings) if row else frozenset()
    settings = take_secrets(view.settings, viewer.organisation, view.key or "new", keep, held)
    wanted = {address: int(kind) for address, kind in (read or {}).items()}
    audit(viewer, "connection.try", view.driver, {"site": view.site, "host": _whom(view.settings)})
    return asking.attempt(
        Attempt(viewer.organisation, view.site, view.driver, settings, secrets, browse=browse, read=wanted)
    )


def _whom(settings: Mapping[str, object]) -> str:
    """Who is spoken to, for the audit: settings name it differently."""
    return str(next((settings[key] for key in ("endpoint", "host", "url") if settings.get(key)), ""))[:200]


def find(viewer: Viewer, site: str, driver: str, host: str) -> tuple[Found, ...]:
    """What a driver finds at a host, as the site's edge sees it; InvalidInput for a driver that cannot look."""
    require_at(viewer, Right.CONFIGURE, site)
    audit(viewer, "connection.find", driver, {"host": host[:200], "site": site})
    return tuple(asking.find(Search(viewer.organisation, site, driver, host)))


def states(viewer: Viewer) -> dict[str, ConnectionState]:
    """What the edges say now, by connection key; those that say nothing are absent."""
    reach = reach_of(viewer, Right.SEE)
    found = asking.states(viewer.organisation)
    if reach is None:
        return found
    seen = _seen(viewer, reach)
    return {key: state for key, state in found.items() if key in seen}


def _row(viewer: Viewer, key: str) -> Connection | None:
    """The connection there is under a key already, which is the viewer's to configure where there is one."""
    rows = Connection.objects.filter(organisation_id=viewer.organisation, key=key).select_related("site")
    found = rows.first()
    if found is not None:
        _configures(viewer, found)
    return found


def _configures(viewer: Viewer, row: Connection) -> None:
    require_at(viewer, Right.CONFIGURE, row.site.key)


def _put(viewer: Viewer, view: ConnectionView, written: Written) -> None:
    where = f"connection {view.key}"
    if check_key(view.key, "connection key") == UNCONNECTED:
        raise InvalidInput(f'"{UNCONNECTED}" is taken by the platform', where, "choose another key", "invalid-key")
    require_at(viewer, Right.CONFIGURE, view.site)
    row = _row(viewer, view.key)
    held = names_in(row.settings) if row else frozenset()
    settings = take_secrets(view.settings, viewer.organisation, view.key, orphans.keep, held)
    name: LocalText = check_name(view.name, where)
    values: dict[str, object] = {
        "site_id": things.site_row(viewer.organisation, view.site).id,
        "name_zh": name.zh,
        "name_en": name.en,
        "driver": plain_id(view.driver, f"{where}, driver"),
        "settings": settings,
        "enabled": view.enabled,
    }
    fresh = row is None
    row = row or Connection(organisation_id=viewer.organisation, key=view.key)
    differing = [name for name, value in values.items() if fresh or getattr(row, name) != value]
    if not differing and settings == view.settings:
        return
    changed = {name: _told(getattr(row, name), values[name]) for name in differing if not fresh and name in SHOWN}
    for attribute, value in values.items():
        setattr(row, attribute, value)
    if fresh:
        entries.make(CONNECTION, [row], viewer.organisation, viewer.subject)
    row.save()
    if not fresh:
        entries.follow(CONNECTION, [(row, changed)], viewer.subject)
    orphans.sweep_after_commit(viewer.organisation, held - names_in(settings))
    (written.created if fresh else written.changed).append(view.key)
    audit(viewer, "connection.create" if fresh else "connection.change", view.key, {"fields": differing})


def _told(before: object, after: object) -> list[str]:
    return [str(before), str(after)]

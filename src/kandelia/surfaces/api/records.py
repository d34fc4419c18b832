"""Things, connections and signals."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from kandelia.base.errors import InvalidInput, NotFound, Unavailable
from kandelia.base.pages import PAGE_ROWS
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import reach_of
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections.contracts import ConnectionState, ConnectionView
from kandelia.kernel.connections.drivers import Node
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.things import facade as things
from kandelia.kernel.things.logic.paths import parse
from kandelia.surfaces.api import schemas
from kandelia.surfaces.api.answering import viewer_of

NUMBER_MAX = 2**31 - 1
router = Router()
MAY_BE_NULL = ("low", "high", "command_low", "command_high", "step_max")


@router.get("/things", tags=["things"], response=dict[str, Any])
def tree(request: HttpRequest) -> dict[str, Any]:
    """Sites › areas › lines › machines, in plant order."""
    return {"items": [asdict(site) for site in things.tree(viewer_of(request))]}


@router.put("/things/{path:path}", tags=["things"], response={204: None})
def put_thing(request: HttpRequest, path: str, body: schemas.ThingBody) -> Status[None]:
    """Make or change what stands at a path: site, site/area, site/area/lines/line or site/area/machine."""
    viewer, level, name = viewer_of(request), parse(path).level, body.name.local()
    if body.path is not None and body.path.strip("/") != path.strip("/"):
        things.move(viewer, path, body.path)
        path = body.path
    if level == "site":
        things.put_site(viewer, path.strip("/"), name, body.time_zone)
    elif level == "area":
        things.put_area(viewer, path, name)
    elif level == "line":
        things.put_line(viewer, path, name)
    else:
        card = tuple(body.card_signals)
        things.put_machine(
            viewer, path, name, kind=body.kind, line=body.line, card_signals=card, state_signal=body.state_signal
        )
    return Status(204, None)


@router.delete("/things/{path:path}", tags=["things"], response={204: None})
def remove_thing(request: HttpRequest, path: str) -> Status[None]:
    """Remove a thing that has nothing below it."""
    things.remove(viewer_of(request), path)
    return Status(204, None)


@router.get("/connections", tags=["connections"], response=dict[str, list[schemas.Connection]])
def list_connections(request: HttpRequest) -> dict[str, list[schemas.Connection]]:
    """All, with wanted, published and running revision."""
    viewer = viewer_of(request)
    views, states = connections.list_connections(viewer), _states(viewer)
    return {"items": [_connection(view, states.get(view.key)) for view in views]}


@router.get("/connections/{key}", tags=["connections"], response=schemas.Connection)
def connection(request: HttpRequest, key: str) -> schemas.Connection:
    """One."""
    viewer = viewer_of(request)
    view = connections.connection(viewer, key)
    return _connection(view, _states(viewer).get(key))


@router.put("/connections/{key}", tags=["connections"], response=schemas.Connection)
def put_connection(request: HttpRequest, key: str, body: schemas.ConnectionBody) -> schemas.Connection:
    """Make or change one."""
    return _connection(connections.put_connection(viewer_of(request), schemas.connection_view(key, body)), None)


@router.delete("/connections/{key}", tags=["connections"], response={204: None})
def remove_connection(request: HttpRequest, key: str) -> Status[None]:
    """Remove one that no signal uses."""
    connections.remove_connection(viewer_of(request), key)
    return Status(204, None)


@router.get("/connections/{key}/browse", tags=["connections"], response=dict[str, list[schemas.Node]])
def browse(request: HttpRequest, key: str, address: str = "") -> dict[str, Any]:
    """Children of a node in the device's own address space, the root without an address."""
    return {"items": [_node(node) for node in connections.browse(viewer_of(request), key, address)]}


@router.post("/connection-attempts", tags=["connections"], response=schemas.Attempt)
def try_connection(request: HttpRequest, body: schemas.AttemptBody) -> schemas.Attempt:
    """Really connect by settings that are not saved, from the edge of the site; nothing is kept."""
    view = ConnectionView("", body.site, LocalText("", ""), body.driver, body.settings)
    read = {address: Kind[kind.upper()] for address, kind in body.read.items()}
    tried = connections.try_connection(viewer_of(request), view, browse=body.browse, read=read)
    return schemas.Attempt(
        opened_ms=tried.opened_ms,
        nodes=[_node(node) for node in tried.nodes],
        readings=[schemas.Reading(address=address, **asdict(one)) for address, one in tried.readings.items()],
    )


@router.post("/connection-searches", tags=["connections"], response=dict[str, list[schemas.Found]])
def find(request: HttpRequest, body: schemas.SearchBody) -> dict[str, Any]:
    """What a driver finds at a host, as the edge of the site sees it."""
    found = connections.find(viewer_of(request), body.site, body.driver, body.host)
    return {"items": [schemas.Found(name=one.name, details=one.details, settings=dict(one.settings)) for one in found]}


def _node(node: Node) -> schemas.Node:
    return schemas.Node(
        address=node.address,
        name=node.name,
        has_children=node.has_children,
        kind=None if node.kind is None else schemas.kind_name(node.kind),
        unit=node.unit,
        writable=node.writable,
    )


@router.get("/signals", tags=["signals"], response=schemas.SignalPage)
def list_signals(
    request: HttpRequest,
    search: schemas.Search = "",
    machine: schemas.Search = "",
    connection: schemas.Search = "",
    after: schemas.Cursor = "",
    limit: schemas.Limit = PAGE_ROWS,
) -> schemas.SignalPage:
    """A page by number; `search` takes words of ids and names, `machine` a machine's, area's or site's path."""
    page = signals.list_signals(
        viewer_of(request), search=search, machine=machine, connection=connection, after=after, limit=limit
    )
    return schemas.SignalPage(items=[schemas.signal(view) for view in page.items], next=page.next, total=page.total)


@router.post("/signals", tags=["signals"], response={201: schemas.Signal})
def make_signal(request: HttpRequest, body: schemas.SignalBody) -> Status[schemas.Signal]:
    """Make a signal, or change the one of this machine and key."""
    return Status(201, schemas.signal(signals.put_signal(viewer_of(request), schemas.signal_view(body))))


@router.get("/signals/{which}", tags=["signals"], response=schemas.Signal)
def signal(request: HttpRequest, which: str) -> schemas.Signal:
    """One, by number or id."""
    return schemas.signal(find_signal(viewer_of(request), which))


@router.get("/signals/{which}/versions", tags=["signals"], response=dict[str, list[schemas.SignalVersion]])
def signal_versions(request: HttpRequest, which: str) -> dict[str, list[schemas.SignalVersion]]:
    """What its numbers meant and since when, the newest first: a version begins where kind or unit changes."""
    viewer = viewer_of(request)
    found = signals.versions(viewer, find_signal(viewer, which).number)
    return {"items": [schemas.version(one) for one in found]}


@router.put("/signals/{which}", tags=["signals"], response=schemas.Signal)
def put_signal(request: HttpRequest, which: str, body: schemas.SignalBody) -> schemas.Signal:
    """Change all of one; by an id that is new, make it."""
    viewer = viewer_of(request)
    reach_of(viewer, Right.CONFIGURE)
    known = signals.by_ids(viewer, [which])
    if which.isascii() and which.isdigit():
        number = find_signal(viewer, which).number
    elif which in known:
        number = known[which].number
    elif which == f"{body.machine.strip('/').replace('/', '.')}.{body.key}":
        number = 0
    else:
        raise InvalidInput("the id does not fit machine and key", "id", "write site.area.machine.key", "invalid-id")
    return schemas.signal(signals.put_signal(viewer, schemas.signal_view(body, number)))


@router.patch("/signals/{which}", tags=["signals"], response=schemas.Signal)
def patch_signal(request: HttpRequest, which: str, body: schemas.SignalPatch) -> schemas.Signal:
    """Change what is sent; number and history stay, also when it is renamed or moved."""
    viewer = viewer_of(request)
    reach_of(viewer, Right.CONFIGURE)
    before = find_signal(viewer, which)
    changes = body.model_dump(exclude_unset=True)
    empty = [name for name, value in changes.items() if value is None and name not in MAY_BE_NULL]
    if empty:
        raise InvalidInput(f"{empty[0]} cannot be null", empty[0], "leave it out to keep it", "invalid-request")
    whole = schemas.SignalBody(**{**schemas.signal(before).model_dump(exclude={"number", "id"}), **changes})
    return schemas.signal(signals.put_signal(viewer, schemas.signal_view(whole, before.number)))


@router.delete("/signals/{which}", tags=["signals"], response={204: None})
def remove_signal(request: HttpRequest, which: str) -> Status[None]:
    """Remove its definition; its number is never given again."""
    viewer = viewer_of(request)
    reach_of(viewer, Right.CONFIGURE)
    signals.remove_signal(viewer, find_signal(viewer, which).number)
    return Status(204, None)


def find_signal(viewer: Viewer, which: str) -> SignalView:
    """By number or id, within the viewer's organisation."""
    if which.isascii() and which.isdigit() and len(which) <= 10:
        return signals.signal(viewer, int(which))
    found = signals.by_ids(viewer, [which[:250]]).get(which)
    if found is None:
        raise NotFound(f'there is no signal "{which[:80]}"', "signal", "search the list of signals", "not-found")
    return found


def _states(viewer: Viewer) -> dict[str, ConnectionState]:
    try:
        return connections.states(viewer)
    except Unavailable:
        return {}  # the list is true without; its state is then unknown


def _connection(view: ConnectionView, state: ConnectionState | None) -> schemas.Connection:
    return schemas.Connection(
        key=view.key,
        site=view.site,
        driver=view.driver,
        name=schemas.named(view.name),
        enabled=view.enabled,
        settings=view.settings,
        revision_wanted=view.revision,
        revision_published=view.published,
        revision_running=state.revision_running if state else None,
        state=state.state if state else None,
        error=state.error if state else "",
        grade=view.grade,
    )

"""Roles at places, and what organisations share with one another."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Right, Role
from kandelia.kernel.access.facade import address_of
from kandelia.kernel.sharing import facade as sharing
from kandelia.kernel.sharing.facade import Offer
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.things import facade as things
from kandelia.surfaces.api import schemas
from kandelia.surfaces.api.answering import viewer_of

Place = Annotated[str, Field(max_length=250)]
Answer = Literal["accept", "decline", "end"]
STEPS = {"accept": sharing.accept, "decline": sharing.decline, "end": sharing.end}
router = Router(tags=["rights"])


class NewGrant(Schema):
    """A role for a member at a place: site, site/area, site/area/lines/line or site/area/machine."""

    sign_in: Annotated[str, Field(max_length=150)]
    role: Role
    place: Place
    until: datetime | None = None


class NewShare(Schema):
    """What another organisation is to see: a place, or signals by number; `since` and `until` are days."""

    partner: Annotated[str, Field(max_length=60)]
    place: Place = ""
    signals: Annotated[list[int], Field(max_length=sharing.SIGNALS_MAX)] = []
    since: date | None = None
    until: date | None = None
    export: bool = False
    purpose: Annotated[str, Field(max_length=sharing.PURPOSE_LENGTH_MAX)] = ""


@router.get("/grants", response=dict[str, Any])
def grants(request: HttpRequest) -> dict[str, Any]:
    """Roles of members at places, as they hold now."""
    return {"items": [asdict(one) for one in access.list_grants(viewer_of(request))]}


@router.post("/grants", response={201: dict[str, Any]})
def give_grant(request: HttpRequest, body: NewGrant) -> Status[dict[str, Any]]:
    """Give a member a role at a place, beside what they have."""
    viewer, address = viewer_of(request), address_of(request)
    made = access.give_grant(viewer, body.sign_in, body.role, body.place, body.until, address=address)
    return Status(201, asdict(made))


@router.delete("/grants/{id}", response={204: None})
def end_grant(request: HttpRequest, id: int) -> Status[None]:
    """End it at once, open sockets too."""
    access.end_grant(viewer_of(request), id, address=address_of(request))
    return Status(204, None)


@router.get("/shares", response=dict[str, Any])
def shares(request: HttpRequest) -> dict[str, Any]:
    """What one's organisation shares and what is shared with it, ended ones too."""
    return {"items": [asdict(one) for one in sharing.shares(viewer_of(request))]}


@router.post("/shares", response={201: dict[str, Any]})
def offer(request: HttpRequest, body: NewShare) -> Status[dict[str, Any]]:
    """Offer to share; nothing is seen before the other organisation accepts."""
    given = body.model_dump()
    made = sharing.offer(viewer_of(request), Offer(**{**given, "signals": tuple(body.signals)}))
    return Status(201, asdict(made))


@router.post("/shares/{id}/steps/{step}", response=dict[str, Any])
def answer(request: HttpRequest, id: int, step: Answer) -> dict[str, Any]:
    """Accept or decline what is offered to one's organisation, or end what either side has."""
    return asdict(STEPS[step](viewer_of(request), id))


@router.get("/shares/{id}/looks", response=dict[str, Any])
def looks(request: HttpRequest, id: int) -> dict[str, Any]:
    """Who of the other organisation looked, by person, day and machine."""
    viewer = viewer_of(request)
    sharing.share(viewer, id)
    return {"items": [asdict(one) for one in sharing.looks(viewer, id)]}


@router.get("/shared", response=dict[str, Any])
def shared(request: HttpRequest) -> dict[str, Any]:
    """What other organisations share with one's own: their trees, cut to it. Signals are asked for by number."""
    viewer = viewer_of(request)
    access.require(viewer, Right.SEE)
    guests = access.borrowed(viewer)
    trees = [
        {"organisation": guest.organisation, "sites": [asdict(one) for one in things.tree(guest)]} for guest in guests
    ]
    return {"items": trees}


@router.get("/shared/{organisation}/signals", response=schemas.SignalPage)
def shared_signals(
    request: HttpRequest,
    organisation: str,
    search: schemas.Search = "",
    machine: schemas.Search = "",
    after: schemas.Cursor = "",
    limit: schemas.Limit = 100,
) -> schemas.SignalPage:
    """A page of the signals that an organisation shares with one's own."""
    guest = sharing.guest(viewer_of(request), organisation)
    page = signals.list_signals(guest, search=search, machine=machine, after=after, limit=limit)
    return schemas.SignalPage(items=[schemas.signal(view) for view in page.items], next=page.next, total=page.total)

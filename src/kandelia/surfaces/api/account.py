"""Who asks, their tokens, and the ticket of the live socket."""

import time
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from kandelia.base.errors import InvalidInput, TooMuch
from kandelia.kernel.access import tickets
from kandelia.kernel.access.facade import (
    add_certified_device,
    add_device,
    address_of,
    create_token,
    end_device,
    list_devices,
    list_tokens,
    revoke_token,
)
from kandelia.kernel.connections import secrets
from kandelia.kernel.signals.watching import Watch, watch_of
from kandelia.surfaces.api import schemas
from kandelia.surfaces.api.answering import viewer_of

TICKET_SECRET_BYTES = 32
router = Router(tags=["account"])


@router.get("/me", response=schemas.Me)
def me(request: HttpRequest) -> schemas.Me:
    """Who the session or token speaks for."""
    return schemas.me(viewer_of(request))


@router.get("/tokens", response=schemas.Tokens)
def tokens(request: HttpRequest) -> dict[str, Any]:
    """Tokens that are not revoked: one's own, for administrators the organisation's."""
    return {"items": [schemas.token(view) for view in list_tokens(viewer_of(request))]}


@router.post("/tokens", response={201: schemas.MadeToken})
def make_token(request: HttpRequest, body: schemas.NewToken) -> Status[dict[str, Any]]:
    """Make a token with a role no greater than one's own; its secret is answered this once."""
    view, secret = create_token(
        viewer_of(request),
        body.name,
        body.role,
        body.expires_at,
        duties=body.duties,
        places=body.places,
        address=address_of(request),
    )
    return Status(201, {**schemas.token(view), "secret": secret})


@router.delete("/tokens/{id}", response={204: None})
def end_token(request: HttpRequest, id: str) -> Status[None]:
    """End a token at once, its live sockets too."""
    revoke_token(viewer_of(request), id, address=address_of(request))
    return Status(204, None)


@router.get("/devices", response=schemas.Devices)
def devices(request: HttpRequest) -> dict[str, Any]:
    """Device identities that have not ended."""
    return {"items": list_devices(viewer_of(request))}


@router.post("/devices", response={201: schemas.MadeDevice})
def make_device(request: HttpRequest, body: schemas.NewDevice) -> Status[dict[str, Any]]:
    """Make a device that enters MQTT by a password or a certificate made here, answered this once, or by its
    own certificate, whose fingerprint or PEM is given."""
    viewer, address = viewer_of(request), address_of(request)
    if body.by == "password":
        view, secret = add_device(viewer, body.name, body.publish, body.subscribe, body.expires_at, address=address)
        return Status(201, {**asdict(view), "secret": secret})
    known = body.fingerprint if body.by == "fingerprint" else ""
    if body.by == "fingerprint" and not known:
        raise InvalidInput("no fingerprint is given", "fingerprint", "give it, or choose another way", "fingerprint")
    view, issued = add_certified_device(
        viewer, body.name, body.publish, body.subscribe, body.expires_at, fingerprint=known, address=address
    )
    return Status(201, {**asdict(view), "issued": asdict(issued) if issued else None})


@router.delete("/devices/{id}", response={204: None})
def end_a_device(request: HttpRequest, id: str) -> Status[None]:
    """End a device: it is let go within seconds and enters no more."""
    end_device(viewer_of(request), id, address=address_of(request))
    return Status(204, None)


@router.post("/live/ticket", response=schemas.Ticket)
def ticket(request: HttpRequest, body: schemas.TicketBody | None = None) -> dict[str, str]:
    """A ticket for /live?ticket=…, good for half a minute; `signals` are those that will be asked for first.

    It opens what the viewer may see. Where that is too much for a ticket, it opens the signals that are named.
    """
    viewer, wanted = viewer_of(request), body.signals if body else []
    watch = watch_of(viewer, wanted)
    secret = secrets.ensure(tickets.TICKET_SECRET, TICKET_SECRET_BYTES)

    def issue(watch: Watch) -> str:
        return tickets.issue(secret, viewer.organisation, viewer.subject, time.time_ns(), **asdict(watch))

    try:
        return {"ticket": issue(watch)}
    except TooMuch:
        if not wanted:
            raise
        return {"ticket": issue(watch.only(wanted))}

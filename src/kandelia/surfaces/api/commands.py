"""Commands to devices: asked for, listed, followed, approved, withdrawn."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from kandelia.base.pages import PAGE_ROWS
from kandelia.kernel.access.facade import address_of
from kandelia.kernel.commands import facade
from kandelia.kernel.commands.contracts import CommandView
from kandelia.surfaces.api import schemas
from kandelia.surfaces.api.answering import viewer_of
from kandelia.surfaces.api.records import find_signal
from kandelia.surfaces.api.repeating import HEADER

router = Router(tags=["commands"])


class CommandBody(Schema):
    """What is wanted of a signal, named by number or id; `valid_s` 0 for the usual time."""

    signal: int | Annotated[str, Field(max_length=250)]
    value: float | int | bool | Annotated[str, Field(max_length=200)]
    reason: Annotated[str, Field(max_length=1_000)]
    valid_s: int = 0


class Reason(Schema):
    """Why a step is taken."""

    reason: Annotated[str, Field(max_length=1_000)] = ""


class Command(Schema):
    """A command; `order` is the idempotency id that the edge keeps to, `outcome` what was said of it."""

    id: int
    code: str
    order: str
    signal: str
    number: int
    machine: str
    kind: schemas.KindName
    unit: str
    state: str
    over: bool
    wanted: str
    old: str
    read_back: str
    reason: str
    requested_by: str
    second_person: bool
    created_at: datetime
    expires_at: datetime
    taken_at: datetime | None
    outcome: str
    outcome_code: str


class CommandPage(Schema):
    """A page; `next` goes into `after`, empty on the last one."""

    items: list[Command]
    next: str


def plain(view: CommandView) -> dict[str, Any]:
    """A command as programs get it."""
    return {**asdict(view), "kind": schemas.kind_name(view.kind)}


@router.post("/commands", response={201: Command})
def send(request: HttpRequest, body: CommandBody) -> Status[dict[str, Any]]:
    """Command a signal. The same `Idempotency-Key` again answers the command that it made. Needs `operate`."""
    viewer = viewer_of(request)
    number = find_signal(viewer, str(body.signal)).number
    key = request.headers.get(HEADER, "")
    made = facade.request(
        viewer, number, body.value, body.reason, valid_s=body.valid_s, key=key, address=address_of(request)
    )
    return Status(201, plain(made))


@router.get("/commands", response=CommandPage)
def list_commands(
    request: HttpRequest,
    signal: int = 0,
    state: schemas.Cursor = "",
    after: schemas.Cursor = "",
    limit: schemas.Limit = PAGE_ROWS,
) -> dict[str, Any]:
    """The newest first; of one signal (number) or in one state where asked."""
    page = facade.commands(viewer_of(request), number=signal, state=state, after=after, limit=limit)
    return {"items": [plain(view) for view in page.items], "next": page.next}


@router.get("/commands/{id}", response=Command)
def show(request: HttpRequest, id: int) -> dict[str, Any]:
    """One; its steps and audit stand at /records/command/{id}."""
    return plain(facade.command(viewer_of(request), id))


@router.post("/commands/{id}/approve", response=Command)
def approve(request: HttpRequest, id: int) -> dict[str, Any]:
    """As the second person."""
    return plain(facade.approve(viewer_of(request), id))


@router.post("/commands/{id}/decline", response=Command)
def decline(request: HttpRequest, id: int, body: Reason) -> dict[str, Any]:
    """As the second person, with a reason."""
    return plain(facade.decline(viewer_of(request), id, body.reason))


@router.post("/commands/{id}/withdraw", response=Command)
def withdraw(request: HttpRequest, id: int, body: Reason) -> dict[str, Any]:
    """Before an edge has taken it; 409 afterwards."""
    return plain(facade.withdraw(viewer_of(request), id, body.reason))

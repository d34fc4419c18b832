"""Dashboards and comparisons for programs, under /api/v1/plant/dashboards and /api/v1/plant/comparisons."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from kandelia.apps.plant import sheets
from kandelia.apps.plant.sheets import Draft, SheetView
from kandelia.base.text import LocalText
from kandelia.sdk.api import viewer_of

NAME_LENGTH_MAX = sheets.NAME_LENGTH_MAX
Kinds = Literal["dashboards", "comparisons"]
ONE_OF: dict[str, str] = {"dashboards": sheets.DASHBOARD, "comparisons": sheets.COMPARISON}
router = Router(tags=["plant"])


class Name(Schema):
    """A name in both languages; one may be empty."""

    zh: Annotated[str, Field(max_length=NAME_LENGTH_MAX)] = ""
    en: Annotated[str, Field(max_length=NAME_LENGTH_MAX)] = ""


class SheetHead(Schema):
    """What a list tells of one."""

    id: str
    name: Name
    own: bool
    site: str
    revision: int
    changed_at: datetime
    may_change: bool


class SheetWhole(SheetHead):
    """One with its document."""

    body: dict[str, Any]


class SheetBody(Schema):
    """What is kept; `revision` is the one it was read with, 0 for a new one. `own` keeps it for oneself."""

    name: Name
    body: dict[str, Any]
    own: bool = True
    site: Annotated[str, Field(max_length=120)] = ""
    revision: Annotated[int, Field(ge=0)] = 0

    def draft(self) -> Draft:
        """As the room takes it."""
        return Draft(LocalText(self.name.zh, self.name.en), self.body, self.own, self.site, self.revision)


@router.get("/plant/{kinds}", response=dict[str, list[SheetHead]])
def list_sheets(request: HttpRequest, kinds: Kinds) -> dict[str, list[SheetHead]]:
    """One's own and everybody's."""
    found = sheets.list_sheets(viewer_of(request), ONE_OF[kinds])
    return {"items": [SheetHead(**_head(view)) for view in found]}


@router.post("/plant/{kinds}", response={201: SheetWhole})
def make_sheet(request: HttpRequest, kinds: Kinds, body: SheetBody) -> Status[SheetWhole]:
    """Keep a new one."""
    return Status(201, _whole(sheets.make_sheet(viewer_of(request), ONE_OF[kinds], body.draft())))


@router.get("/plant/{kinds}/{id}", response=SheetWhole)
def sheet(request: HttpRequest, kinds: Kinds, id: str) -> SheetWhole:
    """One with its document."""
    return _whole(sheets.sheet(viewer_of(request), ONE_OF[kinds], id))


@router.put("/plant/{kinds}/{id}", response=SheetWhole)
def change_sheet(request: HttpRequest, kinds: Kinds, id: str, body: SheetBody) -> SheetWhole:
    """Replace it; 409 where it was changed since `revision`."""
    return _whole(sheets.change_sheet(viewer_of(request), ONE_OF[kinds], id, body.draft()))


@router.delete("/plant/{kinds}/{id}", response={204: None})
def remove_sheet(request: HttpRequest, kinds: Kinds, id: str) -> Status[None]:
    """Remove it for good."""
    sheets.remove_sheet(viewer_of(request), ONE_OF[kinds], id)
    return Status(204, None)


def _head(view: SheetView) -> dict[str, Any]:
    return {
        "id": view.id,
        "name": Name(zh=view.name.zh, en=view.name.en),
        "own": view.own,
        "site": view.site,
        "revision": view.revision,
        "changed_at": view.changed_at,
        "may_change": view.may_change,
    }


def _whole(view: SheetView) -> SheetWhole:
    return SheetWhole(**_head(view), body=dict(view.body))

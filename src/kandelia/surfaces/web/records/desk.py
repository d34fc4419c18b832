"""The desk: what waits, what one keeps, what one may begin. A firm's people see their own records there, a bureau's
what they handle; both are drawn from the declared lives and from what other rooms register."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Query, RecordView
from kandelia.kernel.records.declaration import RecordType
from kandelia.surfaces.web.records import addresses
from kandelia.surfaces.web.records.shown import Mark, mark, record_url
from kandelia.surfaces.web.screens import screen

WAITING_SHOWN = 5  # of each type


@dataclass(frozen=True, slots=True)
class Pile:
    """Records of a type that wait for the viewer: the most urgent of them and how many there are."""

    label: str
    icon: str
    url: str
    total: int
    rows: tuple[tuple[RecordView, Mark, str], ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A type on the desk: its list, and where to make one."""

    label: str
    icon: str
    url: str
    total: int
    new_url: str = ""
    new_label: str = ""


@require_GET
@screen(Right.SEE)
def desk(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Where the working day begins."""
    listed = [one for one in facade.listed(viewer) if one.in_rail]
    piles = [pile for one in listed if (pile := _pile(viewer, one)) is not None]
    context = {
        "piles": piles,
        "kept": [_kept(viewer, one) for one in listed],
        "waiting": sum(pile.total for pile in piles),
        "firm": facade.is_owner_side(viewer),
        "portal_url": reverse("portal"),
    }
    return render(request, "records/desk.html", context)


def _pile(viewer: Viewer, declared: RecordType) -> Pile | None:
    states = facade.waiting(viewer, declared.name)
    if not states:
        return None
    asked = Query(filters={"state": states}, sort="created", limit=WAITING_SHOWN)
    page = facade.page(viewer, declared.name, asked)
    if not page.items:
        return None
    rows = tuple(
        (view, mark(declared, view, viewer.language), record_url(declared.name, view.id)) for view in page.items
    )
    query = urlencode([("state", state) for state in states])
    label, url = declared.plural.say(viewer.language), f"{addresses.list_url(declared.name)}?{query}"
    return Pile(label, declared.icon, url, page.total or 0, rows)


def _kept(viewer: Viewer, declared: RecordType) -> Kept:
    may = facade.may_create(viewer, declared)
    return Kept(
        declared.plural.say(viewer.language),
        declared.icon,
        addresses.list_url(declared.name),
        facade.count(viewer, declared.name),
        reverse("record-new", args=[declared.name]) if may else "",
        declared.label.say(viewer.language),
    )

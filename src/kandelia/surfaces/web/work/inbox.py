"""The inbox: what waits for me, and the counts of it that stand in the bar of every page."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.notices import facade as notices
from kandelia.kernel.records.facade import type_of
from kandelia.kernel.work import facade as work
from kandelia.kernel.work.contracts import InboxItem, InboxPage, InboxQuery
from kandelia.surfaces.web.records.shown import record_url
from kandelia.surfaces.web.screens import screen


@dataclass(frozen=True, slots=True)
class Row:
    """An item as a reader sees it."""

    item: InboxItem
    url: str
    type: str
    state: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that can be turned on and off."""

    label: str
    count: int | None
    query: str
    on: bool


@require_GET
@screen(Right.SEE, somewhere=True)
def inbox(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """By due day; filters live in the address."""
    asked = {name: request.GET.get(name, "") for name in ("type", "overdue", "assigned")}
    query = InboxQuery(
        asked["type"],
        overdue=bool(asked["overdue"]),
        assigned=bool(asked["assigned"]),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    page = work.inbox(viewer, query)
    context = {
        "rows": [_row(viewer, item) for item in page.items],
        "page": page,
        "late": sum(page.overdue.values()),
        "chips": _chips(viewer, page, asked),
        "filtered": any(asked.values()),
        "next": _query(asked, after=page.next) if page.next else "",
        "previous": _query(asked, before=page.previous) if page.previous else "",
    }
    return render(request, "work/inbox.html", context)


@require_GET
@screen(Right.SEE, somewhere=True)
def badges(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The bar's two counts, fetched once a page has come, so that no page waits for them."""
    context = {"waiting": work.count(viewer), "unread": notices.unread(viewer)}
    return HttpResponse(render_to_string("work/badges.html", context))  # without the frame, which the page has


def _row(viewer: Viewer, item: InboxItem) -> Row:
    say = viewer.language
    return Row(item, record_url(item.type, item.id), type_of(item.type).label.say(say), item.state_label.say(say))


def _chips(viewer: Viewer, page: InboxPage, asked: dict[str, str]) -> list[Chip]:
    flags = (("overdue", _("Overdue"), sum(page.overdue.values())), ("assigned", _("Assigned to me"), None))
    found = [
        Chip(label, count, _query({**asked, name: "" if asked[name] else "1"}), bool(asked[name]))
        for name, label, count in flags
    ]
    for name, count in page.counts.items():
        on = asked["type"] == name
        label = type_of(name).plural.say(viewer.language)
        found.append(Chip(label, count, _query({**asked, "type": "" if on else name}), on))
    return found


def _query(asked: dict[str, str], **more: str) -> str:
    return urlencode([(name, value) for name, value in {**asked, **more}.items() if value])

"""What these screens put on every record's page: who has it, what comes next, and what was said."""

from django.http import HttpRequest
from django.template.loader import render_to_string

from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.notices import facade as notices
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.work import facade as work
from kandelia.surfaces.web.records import parts
from kandelia.surfaces.web.records.shown import record_url


def begin() -> None:
    """Called once when Django's apps are ready."""
    parts.register_part("aside", assignment, order=10)
    parts.register_part("main", comments, order=300)


def assignment(request: HttpRequest, viewer: Viewer, view: RecordView) -> str:
    """Who has it, and the next thing in the viewer's inbox. What was told of the record counts as read."""
    notices.read(viewer, subject=f"{view.type}/{view.id}")
    if viewer.organisation not in (view.organisation, view.handler):
        return ""
    held = next((one for one in work.assigned(viewer, view.type, view.id) if one.ended_at is None), None)
    following = work.following(viewer, view.id) if viewer.person is not None else None
    context = {
        "view": view,
        "held": held,
        "mine": held is not None and held.person == viewer.person,
        "may_assign": work.may_assign(viewer, view.type, view.id),
        "following": following,
        "following_url": record_url(following.type, following.id) if following else "",
    }
    return render_to_string("work/assignment_part.html", context, request)


def comments(request: HttpRequest, viewer: Viewer, view: RecordView) -> str:
    """What was said, and a place to say something."""
    if viewer.organisation not in (view.organisation, view.handler):
        return ""
    page = work.comments(viewer, view.type, view.id)
    context = {
        "view": view,
        "comments": page.items,
        "more": page.next,
        "two_sides": view.organisation != view.handler,
        "handles": viewer.organisation == view.handler,
        "typed": "",
    }
    return render_to_string("work/comments_part.html", context, request)

"""The places of these screens in the rail and the search box."""

from collections.abc import Iterator

from django.urls import reverse

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right, Viewer


def entries(viewer: Viewer) -> Iterator[tuple[str, LocalText, str, str]]:
    """(group, label, icon, address) of what the viewer may open."""
    if viewer.person is not None:
        yield "govern", LocalText("待办", "Inbox"), "check-check", reverse("inbox")
        yield "govern", LocalText("职责代行", "Standing in"), "user-check", reverse("delegations")
    yield "system", LocalText("工作日历", "Working days"), "calendar-days", reverse("calendar")
    if viewer.may(Right.ADMINISTER):
        yield "system", LocalText("人员与职责", "People"), "users", reverse("people")

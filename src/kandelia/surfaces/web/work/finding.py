"""The places of these screens in the rail and the search box."""

from django.urls import reverse

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right, Viewer

Entry = tuple[str, LocalText, str, str]


def entries(viewer: Viewer) -> tuple[list[Entry], list[Entry]]:
    """(group, label, icon, address) of what is the person's own, and of what is the installation's."""
    mine, system = [], [("system", LocalText("工作日历", "Working days"), "calendar-days", reverse("calendar"))]
    if viewer.person is not None:
        mine.append(("govern", LocalText("待办", "Inbox"), "inbox", reverse("inbox")))
        mine.append(("govern", LocalText("职责代行", "Standing in"), "user-check", reverse("delegations")))
    if viewer.may(Right.ADMINISTER):
        system.append(("system", LocalText("人员与职责", "People"), "users", reverse("people")))
    return mine, system

"""The places of these screens in the rail and the search box."""

from django.urls import reverse

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right, Viewer

Entry = tuple[str, LocalText, str, str]


def entries(viewer: Viewer) -> tuple[list[Entry], list[Entry]]:
    """(group, label, icon, address) of what people work by, and of what administrators keep."""
    work = [("govern", LocalText("工作日历", "Working days"), "calendar-days", reverse("calendar"))]
    if viewer.person is not None:
        work.insert(0, ("govern", LocalText("职责代行", "Standing in"), "user-check", reverse("delegations")))
        work.insert(0, ("govern", LocalText("待办", "Inbox"), "inbox", reverse("inbox")))
    kept = [
        ("system", LocalText("人员与职责", "People"), "users", reverse("people")),
        ("system", LocalText("角色", "Roles"), "key-round", reverse("roles")),
        ("system", LocalText("共享", "Sharing"), "share-2", reverse("sharing")),
    ]
    return work, kept if viewer.may(Right.ADMINISTER) else []

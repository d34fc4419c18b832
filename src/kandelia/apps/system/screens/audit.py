"""The audit: who did what and when, that each row holds, and that the whole chain does."""

import json
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from kandelia.apps.system.asking_audit import Asked, asked_rows, names
from kandelia.base.errors import InvalidInput
from kandelia.base.pages import Page
from kandelia.sdk.records import access
from kandelia.sdk.screens import screen
from kandelia.sdk.views import AuditView, Right, Viewer

DETAILS_LENGTH_MAX = 300
FIELDS = ("subject", "action", "first_day", "last_day", "after")


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row as the table shows it; `holds` where its hash fits it and the row before."""

    view: AuditView
    who: str
    details: str
    holds: bool


@require_GET
@screen(Right.ADMINISTER)
def audit(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """One page, newest first; what narrows it stands in the address."""
    asked = Asked(**{name: request.GET.get(name, "").strip() for name in FIELDS})
    known = names(viewer)
    page: Page[AuditView] = Page(())
    error = ""
    try:
        page = asked_rows(viewer, asked)
    except InvalidInput as wrong:
        error = str(wrong)
    rows = _rows(viewer, page, known)
    given = {name: value for name, value in asdict(asked).items() if value and name != "after"}
    context = {
        "rows": rows,
        "broken": [row.view.id for row in rows if not row.holds],
        "asked": asked,
        "error": error,
        "known": sorted(known.items(), key=lambda one: one[1]),
        "actions": sorted({row.view.action for row in rows}),
        "next": urlencode({**given, "after": page.next}) if page.next else "",
        "first": urlencode(given) if asked.after else None,
    }
    return render(request, "system/audit.html", context, status=400 if error else 200)


@require_POST
@screen(Right.ADMINISTER)
def verify(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Check every row of the installation; the answer stands in place of the button."""
    return render(request, "system/audit_chain.html", {"broken": access.verify_chain(), "at": timezone.now()})


def _rows(viewer: Viewer, page: Page[AuditView], known: dict[str, str]) -> list[AuditRow]:
    holding = access.rows_that_hold(viewer, [view.id for view in page.items])
    return [
        AuditRow(view, known.get(view.subject, view.subject), _short(view), view.id in holding) for view in page.items
    ]


def _short(view: AuditView) -> str:
    """The details as one line of text."""
    text = json.dumps(dict(view.details), ensure_ascii=False, separators=(", ", ": ")).strip("{}")
    return text if len(text) <= DETAILS_LENGTH_MAX else f"{text[:DETAILS_LENGTH_MAX]} …"

"""What this room adds to the pages of its records: the amounts with their bound, overlaps, ways to its own screens."""

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from kandelia.apps.applications import facade
from kandelia.apps.applications.life import OFFICES
from kandelia.sdk.record_types import RecordView
from kandelia.sdk.views import Viewer


def bound(viewer: Viewer, view: RecordView) -> str:
    """Asked, upper bound, proposed, decided and paid side by side, and what the bound rests on."""
    told = facade.bound(viewer, view.id)
    steps = [(label, amount) for label, amount in amounts(viewer, view) if amount is not None]
    frozen = facade.frozen(viewer, view.id) if view.mine or viewer.duties & OFFICES else None
    context = {"told": told, "amounts": steps, "frozen": frozen, "zh": viewer.language.startswith("zh")}
    return render_to_string("applications/bound.html", context)


def amounts(viewer: Viewer | None, view: RecordView) -> list[tuple[str, Any]]:
    """(label, amount) in the order in which they arise."""
    values = view.values
    named = {
        "asked": _("Asked"),
        "bound": _("Upper bound"),
        "proposed": _("Proposed"),
        "scaled": _("Scaled to the budget"),
        "decided": _("Decided"),
        "paid": _("Paid"),
        "recovered": _("Recovered"),
    }
    return [(label, values.get(name)) for name, label in named.items()]


def overlaps(viewer: Viewer, view: RecordView) -> str:
    """Warnings of double funding."""
    found = facade.warnings(viewer, view.id)
    return render_to_string("applications/overlaps.html", {"found": found}) if found else ""


def links(viewer: Viewer, view: RecordView) -> tuple[tuple[str, str], ...]:
    """The lot, and the notice to print."""
    found = []
    if viewer.duties & facade.OVERSEERS and viewer.organisation == view.handler:
        found.append((_("Review and lot"), reverse("applications-review", args=[view.id])))
    if view.values.get("notice_from"):
        found.append((_("Notice to print"), reverse("applications-notice", args=[view.id])))
    return tuple(found)


def score_links(viewer: Viewer, view: RecordView) -> tuple[tuple[str, str], ...]:
    """The score sheet."""
    return ((_("Score sheet"), reverse("applications-sheet", args=[view.id])),)


def call_links(viewer: Viewer, view: RecordView) -> tuple[tuple[str, str], ...]:
    """Apply, and the call's budget."""
    found = []
    if "applicant" in viewer.duties and view.state == "published":
        found.append((_("Apply"), reverse("record-new", args=["application"]) + f"?call={view.id}"))
    if viewer.duties & OFFICES and viewer.organisation == view.handler:
        found.append((_("Budget"), reverse("applications-budget", args=[view.id])))
    return tuple(found)

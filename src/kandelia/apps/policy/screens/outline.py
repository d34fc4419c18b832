"""A document's outline on its page: clauses, items and numbers, each with how it stands today."""

from django.template.loader import render_to_string
from django.utils import timezone

from kandelia.apps.policy.logic.validity import WORDS, validity
from kandelia.apps.policy.records.clause import PolicyClause
from kandelia.apps.policy.records.item import PolicyItem
from kandelia.apps.policy.records.parameter import PolicyParameter
from kandelia.sdk.record_types import RecordView
from kandelia.sdk.views import Viewer


def outline(viewer: Viewer | None, view: RecordView) -> str:
    """The part as HTML; only what is published, for it is shown to the public too."""
    language = viewer.language if viewer else None
    clauses = PolicyClause.objects.filter(document_id=view.id, entry__public=True).order_by("place")
    items: dict[int, list[PolicyItem]] = {}
    for item in PolicyItem.objects.filter(clause__in=[one.entry_id for one in clauses], entry__public=True).order_by(
        "key"
    ):
        items.setdefault(item.clause_id, []).append(item)
    numbers: dict[int, list[PolicyParameter]] = {}
    wanted = [item.entry_id for group in items.values() for item in group]
    for number in PolicyParameter.objects.filter(item__in=wanted, entry__public=True).order_by("name"):
        numbers.setdefault(number.item_id, []).append(number)
    rows = [
        (
            one,
            [(item, _standing(item, language), numbers.get(item.entry_id, [])) for item in items.get(one.entry_id, [])],
        )
        for one in clauses
    ]
    return render_to_string("policy/outline.html", {"rows": rows, "chinese": (language or "zh").startswith("zh")})


def _standing(item: PolicyItem, language: str | None) -> str:
    return WORDS[validity(item.valid_from, item.valid_to, timezone.localdate())].say(language or "zh")

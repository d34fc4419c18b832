"""The steps by which invented applications came where they stand: by whom and when, in the audit's chain like every
step."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from kandelia.apps.applications.demo.cases import DAYS, Invented, path
from kandelia.sdk.record_types import Entry, steps, type_of
from kandelia.sdk.records import access
from kandelia.sdk.views import Viewer

WORDS = {"for_name": "", "reason": "", "basis": "", "given": {}}
DRAFTED = timedelta(days=7)  # before it was handed in


def note_path(made: Iterable[tuple[Invented, Any]], hands: Mapping[str, Viewer]) -> None:
    """Log the steps of applications, oldest first, and let their entries tell the last; `hands` by duty."""
    entries, taken = [], []
    for case, entry in made:
        entries.append(entry)
        taken += _taken(case, entry, hands)
    steps.note_steps(sorted(taken, key=lambda step: step[5]))
    Entry.objects.bulk_update(entries, ["created_at", "changed_at", "state_at", "last_by"])


def _taken(case: Invented, entry: Any, hands: Mapping[str, Viewer]) -> list[tuple[Any, ...]]:
    firm, noon = access.system_viewer(entry.organisation_id), time(12, tzinfo=timezone.get_current_timezone())
    day = case.submitted_on or timezone.localdate()
    entry.created_at = datetime.combine(day - DRAFTED, noon)
    found: list[tuple[Any, ...]] = [(firm, entry, "create", "", "draft", entry.created_at, WORDS)]
    for step in path(case.state, type_of("application").life):
        who = next((hands[role] for role in step.roles if role in hands), firm)
        running = case.state == "publicity" and step.name == "publish"  # its notice runs since today
        entry.state_at = timezone.now() if running else datetime.combine(day + timedelta(days=DAYS[step.name]), noon)
        entry.changed_at, entry.last_by = entry.state_at, who.subject
        words = {**WORDS, "reason": "演示理由" if step.reason else ""}
        found.append((who, entry, step.name, found[-1][4], step.target, entry.state_at, words))
    return found

"""The records' work in the jobs role: limits that are over, and personal data whose time is over."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from kandelia.kernel.jobs.contracts import JobContext
from kandelia.kernel.records import acting, erasing, timers
from kandelia.kernel.records.models import Entry
from kandelia.kernel.records.registry import types

ANONYMISED_PER_RUN_MAX = 1_000


def fire(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Fire every limit that is over."""
    return {"fired": timers.fire_due(timezone.now(), acting.fire)}


def anonymise(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Anonymise records that ended longer ago than their type keeps personal data."""
    done = 0
    for declared in types():
        if not declared.retention_days:
            continue
        before = timezone.now() - timedelta(days=declared.retention_days)
        rows = Entry.objects.filter(type=declared.name, ended_at__lt=before, anonymised_at=None)
        for id in rows.values_list("id", flat=True)[:ANONYMISED_PER_RUN_MAX]:
            erasing.anonymise(declared, id)
            done += 1
    return {"anonymised": done}

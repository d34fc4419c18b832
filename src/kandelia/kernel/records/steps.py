"""The log of steps: what was said stands in the row and can be erased, its digest stands in the audit's chain."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from kandelia.kernel.access.audit import append_many
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.models import AuditEntry
from kandelia.kernel.records.logic.digests import digest
from kandelia.kernel.records.models import Entry, Step

ACTION = "record.step"
SALT_BYTES = 12
CHUNK_ROWS = 2_000


def note_step(
    viewer: Viewer,
    entry: Entry,
    name: str,
    source: str,
    target: str,
    *,
    reason: str = "",
    basis: str = "",
    given: Mapping[str, str] | None = None,
    for_name: str = "",
) -> Step:
    """Write a step and its digest into the chain; call it in the step's transaction."""
    words = {"for_name": for_name, "reason": reason, "basis": basis, "given": dict(given or {})}
    return note_steps([(viewer, entry, name, source, target, timezone.now(), words)])[0]


def note_steps(taken: Sequence[tuple[Viewer, Entry, str, str, str, datetime, Mapping[str, Any]]]) -> list[Step]:
    """The same of many steps (who, of what, its name, from, to, when, in what words), in the order they were taken."""
    steps = [
        Step(entry=entry, name=name, source=source, target=target, at=at, by=who.subject, process=entry.process)
        for who, entry, name, source, target, at, _ in taken
    ]
    lines = []
    for step, (who, entry, *_, words) in zip(steps, taken, strict=True):
        step.content = {"salt": secrets.token_hex(SALT_BYTES), "by_name": who.name, **words}
        step.digest = digest(step.content)
        lines.append((who.organisation, who.subject, ACTION, f"{entry.type}/{entry.pk}", _told(step), ""))
    for step, id in zip(steps, append_many(lines), strict=True):
        step.audit_id = id
    return Step.objects.bulk_create(steps, batch_size=CHUNK_ROWS)


def verify_steps() -> int | None:
    """The id of the first step that does not fit its line of the audit, None when all fit. Erased words fit."""
    for start in Step.objects.order_by("id").values_list("id", flat=True)[::CHUNK_ROWS]:
        rows = list(Step.objects.filter(id__gte=start).order_by("id")[:CHUNK_ROWS])
        lines = AuditEntry.objects.in_bulk([row.audit_id for row in rows])
        for row in rows:
            if not _fits(row, lines.get(row.audit_id)):
                return row.id
    return None


def _fits(row: Step, line: Any) -> bool:
    if line is None or line.action != ACTION or line.subject != row.by:
        return False
    return line.details == _told(row) and (row.content is None or digest(row.content) == row.digest)


def _told(step: Step) -> dict[str, Any]:
    """What the audit's line of a step says."""
    kept = {"step": step.name, "from": step.source, "to": step.target}
    return {**kept, "process": step.process, "digest": step.digest}

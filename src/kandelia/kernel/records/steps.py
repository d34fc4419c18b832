"""The log of steps: what was said stands in the row and can be erased, its digest stands in the audit's chain."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from kandelia.kernel.access.audit import append
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
    words = {"by_name": viewer.name, "for_name": for_name, "reason": reason, "basis": basis, "given": dict(given or {})}
    content = {"salt": secrets.token_hex(SALT_BYTES), **words}
    hashed = digest(content)
    details = {"step": name, "from": source, "to": target, "process": entry.process, "digest": hashed}
    audit_id = append(viewer.subject, ACTION, f"{entry.type}/{entry.pk}", details, organisation=viewer.organisation)
    return Step.objects.create(
        entry=entry,
        at=timezone.now(),
        name=name,
        source=source,
        target=target,
        by=viewer.subject,
        process=entry.process,
        content=content,
        digest=hashed,
        audit_id=audit_id,
    )


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
    told = {"step": row.name, "from": row.source, "to": row.target, "process": row.process, "digest": row.digest}
    return line.details == told and (row.content is None or digest(row.content) == row.digest)

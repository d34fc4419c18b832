"""Writes and reads the audit: one chain for the installation, one transaction a row."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from kandelia.base.errors import InvalidInput
from kandelia.base.pages import PAGE_ROWS, PAGE_ROWS_MAX, Page
from kandelia.kernel.access.contracts import AuditView, Right, Viewer
from kandelia.kernel.access.guards import require
from kandelia.kernel.access.logic.chain import START, Row, link
from kandelia.kernel.access.models import AuditEntry

CHAIN_LOCK = 0x6B616E64  # PostgreSQL advisory lock: one writer of the chain at a time
DETAILS_BYTES_MAX = 16_384
TARGET_LENGTH_MAX = 200
ADDRESS_LENGTH_MAX = 64
ROWS_AT_ONCE = 500
ROW_FIELDS = ("at", "organisation", "subject", "action", "target", "details", "address")


def append(
    subject: str, action: str, target: str, details: Mapping[str, object], *, organisation: str = "", address: str = ""
) -> int:
    """Add a row and return its id; InvalidInput when the details are no JSON or too long."""
    return append_many([(organisation, subject, action, target, details, address)])[0]


def append_many(told: Iterable[tuple[str, str, str, str, Mapping[str, object], str]]) -> list[int]:
    """Add rows (organisation, subject, action, target, details, address) in this order; their ids."""
    now = timezone.now()
    rows = [
        Row(now, place, who[:80], did[:80], what[:TARGET_LENGTH_MAX], _plain(details), address[:ADDRESS_LENGTH_MAX])
        for place, who, did, what, details, address in told
    ]
    with transaction.atomic():
        _lock()
        last = AuditEntry.objects.order_by("-id").values_list("hash", flat=True).first() or START
        made = []
        for row in rows:
            last = link(last, row)
            made.append(AuditEntry(**{name: getattr(row, name) for name in ROW_FIELDS}, hash=last))
        AuditEntry.objects.bulk_create(made, batch_size=ROWS_AT_ONCE)
    return [entry.id for entry in made]


def audit(viewer: Viewer, action: str, target: str, details: Mapping[str, object], address: str = "") -> None:
    """Note that `viewer` did `action` to `target`; call it inside the transaction of the deed."""
    append(viewer.subject, action, target, details, organisation=viewer.organisation, address=address)


def list_audit(
    viewer: Viewer,
    *,
    after: str = "",
    limit: int = PAGE_ROWS,
    subject: str = "",
    action: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[AuditView]:
    """The organisation's rows, newest first; needs Right.ADMINISTER.

    `subject` is one Viewer.subject, `action` an action or how several begin ("signal."), [since, until) their time.
    """
    require(viewer, Right.ADMINISTER)
    rows = AuditEntry.objects.filter(organisation=viewer.organisation).order_by("-id")
    wanted = {"subject": subject, "action__startswith": action, "at__gte": since, "at__lt": until}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    if after.isascii() and after.isdigit():
        rows = rows.filter(id__lt=int(after))
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    found = [_view(entry) for entry in rows[: limit + 1]]
    return Page(tuple(found[:limit]), str(found[limit - 1].id) if len(found) > limit else "")


def rows_that_hold(viewer: Viewer, ids: Iterable[int]) -> set[int]:
    """Those of these rows whose hash fits the row and the hash before it; needs Right.ADMINISTER.

    The row before may be another organisation's: only its hash is read. That nothing was cut off at the end, or
    changed further back together with all that follows, is what verify_chain and copies of the newest hash tell.
    """
    require(viewer, Right.ADMINISTER)
    found = AuditEntry.objects.filter(organisation=viewer.organisation, id__in=list(ids))
    return {entry.id for entry in found if link(_hash_before(entry.id), _row(entry)) == entry.hash}


def _hash_before(id: int) -> str:
    before = AuditEntry.objects.filter(id__lt=id).order_by("-id").values_list("hash", flat=True).first()
    return before or START


def verify_chain() -> int | None:
    """The id of the first row whose hash does not fit, None when the whole chain holds."""
    previous = START
    for entry in AuditEntry.objects.order_by("id").iterator(chunk_size=2_000):
        if link(previous, _row(entry)) != entry.hash:
            return entry.id
        previous = entry.hash
    return None


def _row(entry: AuditEntry) -> Row:
    return Row(entry.at, entry.organisation, entry.subject, entry.action, entry.target, entry.details, entry.address)


def _plain(details: Mapping[str, object]) -> dict[str, object]:
    try:
        text = json.dumps(dict(details), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"audit details are no JSON: {error}", "audit", "use plain text and numbers") from error
    if len(text) > DETAILS_BYTES_MAX:
        raise InvalidInput("audit details are too long", "audit", f"keep them under {DETAILS_BYTES_MAX} bytes")
    return json.loads(text)  # type: ignore[no-any-return]


def _lock() -> None:
    """SQLite's IMMEDIATE transactions have one writer by themselves."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])


def _view(entry: AuditEntry) -> AuditView:
    return AuditView(
        entry.id,
        entry.at,
        entry.organisation,
        entry.subject,
        entry.action,
        entry.target,
        entry.details,
        entry.address,
        entry.hash,
    )

"""Keeps the count of refusals: blocks by name and by address, and sums what would flood the audit."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from kandelia.kernel.access.audit import append
from kandelia.kernel.access.logic.attempts import (
    ADDRESS_POLICY,
    COUNT_ONLY,
    FORGET_S,
    NAME_POLICY,
    Attempts,
    Policy,
    address_key,
    failed,
    worth_a_row,
)
from kandelia.kernel.access.models import RefusalCount

ROWS_MAX = 10_000
OVERFLOW_KEY = "everything-else"  # where counts go once ROWS_MAX keys are known
NAME_LENGTH_SHOWN = 60


def wait_s(name: str, address: str) -> float:
    """Seconds until a sign-in under this name or from this address is heard again, 0 for now."""
    now_s = timezone.now().timestamp()
    rows = RefusalCount.objects.filter(key__in=[_name_key(name), _address_key(address), OVERFLOW_KEY])
    return max((_attempts(row).wait_s(now_s) for row in rows), default=0.0)


def note_failed_sign_in(name: str, address: str) -> None:
    """Count it by name and by address; the audit gets a row when a sum doubles."""
    sum_by_name = _count(_name_key(name), NAME_POLICY)
    sum_by_address = _count(_address_key(address), ADDRESS_POLICY)
    if worth_a_row(sum_by_name) or worth_a_row(sum_by_address):
        details = {"failures_of_name": sum_by_name, "failures_of_address": sum_by_address}
        append("anonymous", "sign-in.refused", name[:NAME_LENGTH_SHOWN], details, address=address)


def note_refusal(subject: str, action: str, target: str, details: Mapping[str, object], address: str = "") -> None:
    """A refusal that is no sign-in (a right that lacks, a bad token), summed by subject and address."""
    count = _count(f"refusal:{subject}:{address_key(address)}"[:200], COUNT_ONLY)
    if worth_a_row(count):
        append(subject, action, target, {**details, "refusals": count}, address=address)


def forget(name: str) -> None:
    """A sign-in succeeded: the name's count is done with. The address keeps its own."""
    RefusalCount.objects.filter(key=_name_key(name)).delete()


def _count(key: str, policy: Policy) -> int:
    """Add one to a key and return the sum."""
    now = timezone.now()
    with transaction.atomic():
        row = RefusalCount.objects.select_for_update().filter(key=key).first()
        if row is None and not _room_for_one(now.timestamp()):
            key, policy = OVERFLOW_KEY, COUNT_ONLY
            row = RefusalCount.objects.select_for_update().filter(key=key).first()
        after = failed(_attempts(row) if row else Attempts(), now.timestamp(), policy)
        blocked = datetime.fromtimestamp(after.blocked_until_s, UTC) if after.blocked_until_s else None
        RefusalCount.objects.update_or_create(
            key=key,
            defaults={
                "failures": after.failures,
                "first_at": datetime.fromtimestamp(after.first_s, UTC),
                "last_at": now,
                "blocked_until": blocked,
            },
        )
    return after.failures


def _room_for_one(now_s: float) -> bool:
    if RefusalCount.objects.count() < ROWS_MAX:
        return True
    RefusalCount.objects.filter(last_at__lt=datetime.fromtimestamp(now_s - FORGET_S, UTC)).delete()
    return RefusalCount.objects.count() < ROWS_MAX


def _attempts(row: RefusalCount) -> Attempts:
    blocked_s = row.blocked_until.timestamp() if row.blocked_until else 0.0
    return Attempts(row.failures, row.first_at.timestamp(), row.last_at.timestamp(), blocked_s)


def _name_key(name: str) -> str:
    """By hash: what people type as a name may be a password."""
    return "name:" + hashlib.sha256(name.strip().casefold().encode()).hexdigest()[:32]


def _address_key(address: str) -> str:
    return "address:" + address_key(address)

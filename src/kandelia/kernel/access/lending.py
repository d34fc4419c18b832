"""What other organisations let this one see: as viewers of theirs who hold the role of a viewer at what is shared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from kandelia.kernel.access.contracts import Right, Role, Viewer
from kandelia.kernel.access.grants import active, granted
from kandelia.kernel.access.guards import require
from kandelia.kernel.access.models import Grant, Look
from kandelia.kernel.access.revocation import tell_revoked

LOOKS_LISTED_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Lending:
    """What an organisation lets a partner see: a place, or signals; with `since` nothing older."""

    partner: str
    place: str = ""
    signals: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    export: bool = True


@dataclass(frozen=True, slots=True)
class LookView:
    """Somebody of a partner looked: how often on a day at the signals of a machine, and when last."""

    share: int
    partner: str
    name: str
    day: date
    group: str
    times: int
    last_at: datetime


def lend(viewer: Viewer, lending: Lending, share: int) -> None:
    """A partner sees it from now on, until it ends; who may say so is the business of the share's record."""
    Grant.objects.create(
        organisation_id=viewer.organisation,
        partner_id=lending.partner,
        role=Role.VIEWER.value,
        place=lending.place,
        signals=list(lending.signals),
        since_at=lending.since,
        until_at=lending.until,
        export=lending.export,
        share=share,
        created_by=viewer.subject,
    )
    tell_revoked(f"organisation:{lending.partner}")


def end_lending(share: int) -> None:
    """What was lent under a share is seen no more, at once: open sockets close."""
    with transaction.atomic():
        for row in Grant.objects.filter(share=share, ended_at=None):
            Grant.objects.filter(id=row.id).update(ended_at=timezone.now())
            tell_revoked(f"organisation:{row.partner_id}")


def borrowed(viewer: Viewer) -> tuple[Viewer, ...]:
    """The same person as each organisation that shares something with theirs sees them.

    Whoever sees only places of their own organisation sees nothing of others.
    """
    if not viewer.may(Right.SEE):
        return ()
    rows = Grant.objects.filter(partner_id=viewer.organisation, organisation__active=True)
    found: dict[str, list[Grant]] = {}
    for row in active(rows).order_by("organisation_id", "id"):
        found.setdefault(row.organisation_id, []).append(row)
    return tuple(
        Viewer(
            owner,
            viewer.subject,
            viewer.name,
            Role.MEMBER,
            viewer.language,
            grants=tuple(granted(row) for row in grants),
            ends_at=viewer.until,
            home=viewer.organisation,
        )
        for owner, grants in found.items()
    )


def note_looks(viewer: Viewer, groups: Mapping[int, Iterable[str]]) -> None:
    """That a borrowed viewer looked at groups of signals, by the grant that allowed it; summed by day."""
    now = timezone.now()
    day = timezone.localdate(now)
    for grant, names in groups.items():
        for name in set(names):
            known = Look.objects.filter(grant_id=grant, subject=viewer.subject, day=day, group=name)
            if not known.update(times=F("times") + 1, last_at=now):
                Look.objects.get_or_create(
                    grant_id=grant, subject=viewer.subject, day=day, group=name,
                    defaults={"name": viewer.name, "last_at": now},
                )  # fmt: skip


def list_looks(viewer: Viewer, share: int = 0) -> tuple[LookView, ...]:
    """Who looked at what the viewer's organisation shares, the newest day first; needs Right.ADMINISTER."""
    require(viewer, Right.ADMINISTER)
    rows = Look.objects.filter(grant__organisation_id=viewer.organisation).select_related("grant")
    rows = rows.filter(grant__share=share) if share else rows
    return tuple(
        LookView(row.grant.share or 0, row.grant.partner_id or "", row.name, row.day, row.group, row.times, row.last_at)
        for row in rows.order_by("-day", "name", "group")[:LOOKS_LISTED_MAX]
    )

"""Shares for everyone else: offered by one organisation, accepted by another, ended by either."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotFound
from kandelia.base.text import LocalText
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import LookView, audit, require
from kandelia.kernel.access.models import Organisation
from kandelia.kernel.records import acting, entries
from kandelia.kernel.records.store import rows_of
from kandelia.kernel.sharing.models import Share
from kandelia.kernel.sharing.records.share import SHARE
from kandelia.kernel.signals import store as signals
from kandelia.kernel.things import store as things

SIGNALS_MAX = 1_000
OPEN = ("offered", "accepted")
SHARES_MAX = 1_000  # open ones of one organisation
PURPOSE_LENGTH_MAX = 300


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be shared with whom: a place, or signals by number."""

    partner: str
    place: str = ""
    signals: tuple[int, ...] = ()
    since: date | None = None
    until: date | None = None
    export: bool = False
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class ShareView:
    """A share as both sides see it; `owner` and `partner` are organisations' ids."""

    id: int
    owner: str
    owner_name: str
    partner: str
    partner_name: str
    state: str
    place: str
    signals: tuple[int, ...]
    since: date | None
    until: date | None
    export: bool
    purpose: str


def offer(viewer: Viewer, offer: Offer) -> ShareView:
    """Offer to share; nothing is seen before the partner accepts. Needs Right.ADMINISTER."""
    require(viewer, Right.ADMINISTER)
    partner, place = _partner(viewer, offer.partner), _place(viewer, offer)
    if offer.until and offer.until < timezone.localdate():
        raise InvalidInput("its last day is over already", "until", "choose a later day", "expired")
    row = Share(
        partner=partner,
        place=place,
        signals=_signals(viewer, offer.signals),
        since=offer.since,
        until=offer.until,
        export=offer.export,
        purpose=offer.purpose[:PURPOSE_LENGTH_MAX],
    )
    with transaction.atomic():
        if (
            _rows(viewer).filter(entry__organisation_id=viewer.organisation, entry__state__in=OPEN).count()
            >= SHARES_MAX
        ):
            raise Conflict(f"{SHARES_MAX} shares", "shares", "end some first", "too-many")
        entries.make(SHARE, [row], viewer.organisation, viewer.subject)
        row.save(force_insert=True)
        audit(viewer, "share.offer", partner.id, {"id": row.entry_id, "place": place, "signals": len(row.signals)})
    return _view(viewer, row)


def accept(viewer: Viewer, id: int) -> ShareView:
    """The partner takes the offer: its members who may see, see what is shared. Needs Right.ADMINISTER there."""
    return _answer(viewer, id, "accept")


def decline(viewer: Viewer, id: int) -> ShareView:
    """The partner does not want it."""
    return _answer(viewer, id, "decline")


def end(viewer: Viewer, id: int) -> ShareView:
    """Either side ends it at once; what is open closes."""
    require(viewer, Right.ADMINISTER)
    return _step(viewer, _row(viewer, id), "end")


def share(viewer: Viewer, id: int) -> ShareView:
    """One of either side; NotFound for others'."""
    require(viewer, Right.ADMINISTER)
    return _view(viewer, _row(viewer, id))


def shares(viewer: Viewer) -> tuple[ShareView, ...]:
    """What one's organisation shares and what is shared with it, the newest first; needs Right.ADMINISTER."""
    require(viewer, Right.ADMINISTER)
    return tuple(_view(viewer, row) for row in _rows(viewer).order_by("-entry_id")[:SHARES_MAX])


def looks(viewer: Viewer, id: int = 0) -> tuple[LookView, ...]:
    """Who looked at what one's organisation shares (or shared), the newest day first."""
    return access.list_looks(viewer, id)


def guest(viewer: Viewer, organisation: str) -> Viewer:
    """Oneself as an organisation that shares something sees one; NotFound where it shares nothing."""
    require(viewer, Right.SEE)
    for found in access.borrowed(viewer):
        if found.organisation == organisation:
            return found
    raise NotFound(f'"{organisation[:60]}" shares nothing with you', "organisation", "see what is shared", "not-found")


def _answer(viewer: Viewer, id: int, step: str) -> ShareView:
    require(viewer, Right.ADMINISTER)
    row = _row(viewer, id)
    if row.partner_id != viewer.organisation:
        raise NotFound(f"no share {id} is offered to you", "share", "see the list of shares", "not-found")
    return _step(viewer, row, step)


def _step(viewer: Viewer, row: Share, name: str) -> ShareView:
    step = SHARE.life.transition(name)
    with transaction.atomic():
        row = rows_of(SHARE).select_for_update(of=("self",)).get(pk=row.pk)
        if row.entry.state not in step.sources:
            raise Conflict(f"this share is {row.entry.state}", "share", "see the list of shares", "state")
        acting.take(viewer, SHARE, row, step)
        audit(viewer, f"share.{name}", row.partner_id, {"id": row.pk, "place": row.place})
    return _view(viewer, row)


def _rows(viewer: Viewer) -> QuerySet[Share]:
    mine = Q(entry__organisation_id=viewer.organisation) | Q(partner_id=viewer.organisation)
    rows: QuerySet[Share] = rows_of(SHARE)
    return rows.filter(mine)


def _row(viewer: Viewer, id: int) -> Share:
    found: Share | None = _rows(viewer).filter(pk=id).first()
    if found is None:
        raise NotFound(f"there is no share {id}", "share", "see the list of shares", "not-found")
    return found


def _partner(viewer: Viewer, id: str) -> Organisation:
    found = Organisation.objects.filter(id=id.strip()[:60], active=True).exclude(id=viewer.organisation).first()
    if found is None:
        raise InvalidInput(f'no other organisation "{id[:60]}"', "partner", "see `kandelia org list`", "no-partner")
    return found


def _place(viewer: Viewer, offer: Offer) -> str:
    if bool(offer.place) == bool(offer.signals):
        raise InvalidInput("a share is of one place, or of signals", "place", "give one of the two", "invalid-share")
    if not offer.place:
        return ""
    things.check_stands(viewer.organisation, offer.place)
    return offer.place.strip("/")


def _signals(viewer: Viewer, numbers: Sequence[int]) -> list[int]:
    if len(numbers) > SIGNALS_MAX:
        raise InvalidInput(f"{len(numbers)} signals", "signals", f"name {SIGNALS_MAX} at most", "too-many")
    missing = set(numbers) - signals.known(viewer.organisation, numbers)
    if missing:
        raise signals.none_of(min(missing))
    return sorted(set(numbers))


def _view(viewer: Viewer, row: Share) -> ShareView:
    owner, partner = row.entry.organisation, row.partner
    names = [LocalText(one.name_zh, one.name_en).say(viewer.language) or one.id for one in (owner, partner)]
    return ShareView(
        row.pk, owner.id, names[0], partner.id, names[1], row.entry.state, row.place, tuple(row.signals),
        row.since, row.until, row.export, row.purpose,
    )  # fmt: skip

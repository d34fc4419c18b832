"""Roles at places: given to members, listed, ended, and kept true when things are moved or removed."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotFound
from kandelia.kernel.access import contracts
from kandelia.kernel.access.audit import audit
from kandelia.kernel.access.contracts import PLACE_ROLES, GrantView, Right, Role, Viewer
from kandelia.kernel.access.guards import require
from kandelia.kernel.access.logic.reach import check_place, moved
from kandelia.kernel.access.models import Grant, Membership, Token
from kandelia.kernel.access.revocation import tell_revoked

GRANTS_MAX = 100  # of one person
PLACES_MAX = 100  # of one token
checks: list[Callable[[str, str], None]] = []  # (organisation, place): raise where nothing stands


def on_place(check: Callable[[str, str], None]) -> None:
    """Let `check` (organisation, place) refuse places at which nothing stands."""
    if check not in checks:
        checks.append(check)


def check_places(organisation: str, places: Iterable[str]) -> list[str]:
    """The places in their one form; InvalidInput or NotFound for the first that is none."""
    found = list(dict.fromkeys(check_place(place) for place in places))
    if len(found) > PLACES_MAX:
        raise InvalidInput(f"{len(found)} places", "places", f"name {PLACES_MAX} at most", "too-many")
    for place in found:
        for check in checks:
            check(organisation, place)
    return found


def give_grant(
    viewer: Viewer, sign_in: str, role: Role, place: str, until: datetime | None = None, *, address: str = ""
) -> GrantView:
    """A member has a role at a place from the next request on, beside what they have; needs Right.ADMINISTER."""
    require(viewer, Right.ADMINISTER)
    if role not in PLACE_ROLES:
        mend = f"choose one of: {', '.join(one.value for one in PLACE_ROLES)}"
        raise InvalidInput(f"{role.value} is not granted at a place", "role", mend, "invalid-role")
    if until and until <= timezone.now():
        raise InvalidInput("it would have ended already", "until", "choose a later day", "expired")
    [place] = check_places(viewer.organisation, [place])
    with transaction.atomic():
        member = _member(viewer, sign_in)
        if (
            active(Grant.objects.filter(organisation_id=viewer.organisation, person=member.person)).count()
            >= GRANTS_MAX
        ):
            raise Conflict(f"{GRANTS_MAX} grants", sign_in, "end some, or grant the place above them", "too-many")
        row = Grant.objects.create(
            organisation_id=viewer.organisation,
            person=member.person,
            role=role.value,
            place=place,
            until_at=until,
            created_by=viewer.subject,
        )
        Membership.objects.filter(pk=member.pk).update(granted=True)
        details = {"id": row.id, "role": role.value, "place": place, "until": until.isoformat() if until else ""}
        audit(viewer, "grant.give", sign_in, details, address)
        tell_person(member.person_id)
    return _view(row)


def end_grant(viewer: Viewer, id: int, *, address: str = "") -> None:
    """End it at once, open sockets too; NotFound for one that is not the organisation's own members'."""
    require(viewer, Right.ADMINISTER)
    with transaction.atomic():
        row = _members(viewer.organisation).filter(id=id).select_related("person").first()
        if row is None or row.person is None:
            raise NotFound(f"there is no grant {id}", "grant", "see the list of grants", "not-found")
        row.ended_at = timezone.now()
        row.save(update_fields=["ended_at"])
        audit(viewer, "grant.end", row.person.sign_in, {"id": id, "role": row.role, "place": row.place}, address)
        tell_person(row.person.id)


def list_grants(viewer: Viewer) -> tuple[GrantView, ...]:
    """Grants of members that hold now, by place; needs Right.ADMINISTER."""
    require(viewer, Right.ADMINISTER)
    return tuple(_view(row) for row in _members(viewer.organisation).order_by("place", "id"))


def grants_of(member: Membership) -> tuple[contracts.Grant, ...]:
    """What a member holds at places now; a query only for those who have had some."""
    if not member.granted:
        return ()
    rows = _members(member.organisation_id).filter(person_id=member.person_id)
    return tuple(granted(row) for row in rows.order_by("id"))


def granted(row: Grant) -> contracts.Grant:
    """A row as what a viewer carries."""
    return contracts.Grant(
        Role(row.role), row.place, row.until_at, tuple(row.signals), row.since_at, row.export, row.id
    )


def active(rows: QuerySet[Grant]) -> QuerySet[Grant]:
    """Those that hold now."""
    return rows.filter(Q(until_at=None) | Q(until_at__gt=timezone.now()), ended_at=None)


def places_moved(organisation: str, before: str, after: str) -> None:
    """What stood at `before` stands at `after`: grants and tokens follow, sockets are opened anew."""
    for row in Grant.objects.filter(organisation_id=organisation, place__startswith=before):
        row.place = moved(row.place, before, after)
        row.save(update_fields=["place"])
    for token in Token.objects.filter(organisation_id=organisation, revoked_at=None).exclude(places=[]):
        token.places = [moved(place, before, after) for place in token.places]
        token.save(update_fields=["places"])
    places_changed(organisation)


def place_removed(organisation: str, place: str) -> None:
    """Nothing stands there any more: what was granted there ends, so that a namesake is nobody's by chance."""
    active(Grant.objects.filter(organisation_id=organisation, place=place)).update(ended_at=timezone.now())
    for token in Token.objects.filter(organisation_id=organisation, revoked_at=None).exclude(places=[]):
        if place in token.places:
            rest = [one for one in token.places if one != place]
            Token.objects.filter(id=token.id).update(places=rest, **({} if rest else {"revoked_at": timezone.now()}))
    places_changed(organisation)


def places_changed(organisation: str) -> None:
    """Something stands elsewhere now: those who see only places open their sockets anew, with what is theirs then."""
    rows = active(Grant.objects.filter(organisation_id=organisation))
    for person, partner in rows.values_list("person_id", "partner_id").distinct():
        tell_revoked(f"person:{person}") if person else tell_revoked(f"organisation:{partner}")
    tokens = Token.objects.filter(organisation_id=organisation, revoked_at=None).exclude(places=[])
    for id in tokens.values_list("id", flat=True):
        tell_revoked(f"token:{id}")


def tell_person(id: int) -> None:
    """Close the sockets of a person and of the tokens they made."""
    subject = f"person:{id}"
    tell_revoked(subject)
    for token in Token.objects.filter(created_by=subject, revoked_at=None).values_list("id", flat=True):
        tell_revoked(f"token:{token}")


def _members(organisation: str) -> QuerySet[Grant]:
    return active(Grant.objects.filter(organisation_id=organisation, partner=None))


def _member(viewer: Viewer, sign_in: str) -> Membership:
    row = Membership.objects.filter(organisation_id=viewer.organisation, person__sign_in=sign_in)
    found = row.select_related("person").first()
    if found is None:
        raise NotFound(f'no person "{sign_in[:60]}"', viewer.organisation, "see `kandelia user list`", "person-unknown")
    return found


def _view(row: Grant) -> GrantView:
    return GrantView(
        row.id, row.person_id or 0, Role(row.role), row.place, row.until_at, row.created_by, row.created_at
    )

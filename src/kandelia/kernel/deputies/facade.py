"""Standing in for the absent: duties lent from a day through a day, and the viewer who has them meanwhile."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.facade import audit
from kandelia.kernel.access.members import Member, members, supervises
from kandelia.kernel.access.models import Duty
from kandelia.kernel.access.sessions import on_viewer
from kandelia.kernel.deputies.contracts import Colleague, DelegationView
from kandelia.kernel.deputies.models import REASON_LENGTH_MAX, Delegation
from kandelia.kernel.deputies.words import DELEGATED, RETURNED
from kandelia.kernel.notices import facade as notices

DAYS_MAX = 366
SHOWN_MAX = 200


def begin() -> None:
    """Sessions speak with the duties of those the person stands in for."""
    on_viewer(with_lent_duties)


def with_lent_duties(viewer: Viewer) -> Viewer:
    """The viewer with the duties lent today, as far as their owners still hold them; own ones stay one's own."""
    rows = list(lent_to(viewer).select_related("person")) if viewer.person else []
    if not rows:
        return viewer
    wanted = {(row.person_id, name): str(row.person) for row in rows for name in row.duties}
    held = Duty.objects.filter(
        membership__organisation_id=viewer.organisation,
        membership__person_id__in={row.person_id for row in rows},
        membership__person__active=True,
    )
    pairs = set(held.values_list("membership__person_id", "name"))
    lent = {name: who for (person, name), who in wanted.items() if (person, name) in pairs}
    extra = tuple(sorted((name, who) for name, who in lent.items() if name not in viewer.duties))
    return replace(viewer, duties=viewer.duties | {name for name, _ in extra}, stands_for=extra)


def lent_to(viewer: Viewer) -> QuerySet[Delegation]:
    """Delegations under which the viewer stands in for somebody today."""
    return today().filter(organisation_id=viewer.organisation, deputy_id=viewer.person)


def today() -> QuerySet[Delegation]:
    """Delegations that are in force today."""
    day = timezone.localdate()
    return Delegation.objects.filter(ended_at=None, first_day__lte=day, last_day__gte=day)


def lend(
    viewer: Viewer, deputy: str, first: date, last: date, duties: Iterable[str], *, reason: str = "", person: str = ""
) -> DelegationView:
    """Lend one's duties to a deputy by sign-in name; `person` is another than the viewer only for a supervisor.

    Conflict where the deputy is away then, or a duty is lent already; InvalidInput names the field.
    """
    people = {one.sign_in: one for one in members([viewer.organisation])}
    absent = _absent(viewer, people, person)
    other = people.get(deputy.strip())
    if other is None or other.id == absent.id:
        raise InvalidInput("choose another person of your organisation", "deputy", "", "deputy")
    names = tuple(sorted(set(duties)))
    _refuse_days(first, last)
    _refuse_duties(absent, names)
    with transaction.atomic():
        _refuse_clash(viewer, absent, other, names, first, last)
        row = Delegation.objects.create(
            organisation_id=viewer.organisation,
            person_id=absent.id,
            deputy_id=other.id,
            first_day=first,
            last_day=last,
            duties=list(names),
            reason=reason[:REASON_LENGTH_MAX],
            by=viewer.subject,
            at=timezone.now(),
        )
        details = {"deputy": other.sign_in, "from": str(first), "to": str(last), "duties": list(names)}
        audit(viewer, "delegation.make", absent.sign_in, details)
        said = {"by": absent.viewer.name, "first": str(first), "last": str(last)}
        notices.tell([other.id], DELEGATED, viewer.organisation, said)
    return _view(row)


def take_back(viewer: Viewer, id: int) -> None:
    """End a delegation before its time: its maker's, its person's, or any for a supervisor."""
    with transaction.atomic():
        row = Delegation.objects.select_for_update().filter(id=id, organisation_id=viewer.organisation).first()
        if row is None or row.ended_at or not _shown(viewer, row):
            raise NotFound(f'no delegation "{id}"', "delegation", "see the list", "not-found")
        if viewer.person not in (row.person_id, row.deputy_id) and not supervises(viewer):
            raise NotAllowed("this delegation is not yours", "delegation", "ask a supervisor", "not-allowed")
        row.ended_at = timezone.now()
        row.save(update_fields=["ended_at"])
        audit(viewer, "delegation.end", str(row.person), {"id": id})
        notices.tell([row.deputy_id], RETURNED, viewer.organisation, {"by": str(row.person)})


def delegations(viewer: Viewer) -> tuple[DelegationView, ...]:
    """One's own, those one stands in by, and for supervisors the organisation's; newest first."""
    rows = Delegation.objects.filter(organisation_id=viewer.organisation).select_related("person", "deputy")
    if not supervises(viewer):
        rows = rows.filter(Q(person_id=viewer.person) | Q(deputy_id=viewer.person))
    return tuple(_view(row) for row in rows.order_by("-first_day", "-id")[:SHOWN_MAX])


def colleagues(viewer: Viewer) -> tuple[Colleague, ...]:
    """The active people of the viewer's organisation with their duties, by sign-in name."""
    found = members([viewer.organisation])
    return tuple(Colleague(one.id, one.sign_in, one.viewer.name, duties=one.viewer.duties) for one in found)


def deputies_of(people: Iterable[int], organisation: str) -> list[Delegation]:
    """Who stands in for these people today."""
    rows = today().filter(organisation_id=organisation, person_id__in=set(people), deputy__active=True)
    return list(rows.select_related("person"))


def _absent(viewer: Viewer, people: dict[str, Member], sign_in: str) -> Member:
    if not sign_in:
        found = next((one for one in people.values() if one.id == viewer.person), None)
    elif supervises(viewer) or viewer.person == (people[sign_in].id if sign_in in people else 0):
        found = people.get(sign_in)
    else:
        raise NotAllowed("you lend your own duties only", "person", "ask a supervisor", "not-allowed")
    if found is None:
        raise InvalidInput("choose a person of your organisation", "person", "", "person")
    return found


def _refuse_days(first: date, last: date) -> None:
    if last < first or last < timezone.localdate():
        raise InvalidInput("it would be over before it begins", "last_day", "choose a later day", "days")
    if (last - first).days >= DAYS_MAX:
        raise InvalidInput(f"it would last more than {DAYS_MAX} days", "last_day", "choose an earlier day", "days")


def _refuse_duties(absent: Member, names: tuple[str, ...]) -> None:
    if not names:
        raise InvalidInput("no duty is chosen", "duties", "choose at least one", "missing")
    if unheld := [name for name in names if name not in absent.viewer.duties]:
        raise InvalidInput(f'"{unheld[0]}" is no duty of {absent.sign_in}', "duties", "choose of theirs", "duties")


def _refuse_clash(
    viewer: Viewer, absent: Member, other: Member, names: tuple[str, ...], first: date, last: date
) -> None:
    rows = Delegation.objects.filter(
        organisation_id=viewer.organisation, ended_at=None, first_day__lte=last, last_day__gte=first
    )
    for row in rows.filter(Q(person_id__in=(absent.id, other.id)) | Q(deputy_id=absent.id)):
        if row.person_id == other.id:
            raise Conflict(f"{other.sign_in} is away from {row.first_day} to {row.last_day}", "deputy", "", "away")
        if row.deputy_id == absent.id:
            mend = "let that one end first"
            raise Conflict(f"{absent.sign_in} stands in for somebody then", "person", mend, "stands-in")
        if twice := sorted(set(names) & set(row.duties)):
            raise Conflict(f'"{twice[0]}" is lent already in those days', "duties", "take it back first", "lent")


def _shown(viewer: Viewer, row: Delegation) -> bool:
    return supervises(viewer) or viewer.person in (row.person_id, row.deputy_id)


def _view(row: Delegation) -> DelegationView:
    day = timezone.localdate()
    over = row.ended_at is not None or row.last_day < day
    person, deputy = (Colleague(one.id, one.sign_in, str(one)) for one in (row.person, row.deputy))
    active = not over and row.first_day <= day
    return DelegationView(
        row.id, person, deputy, row.first_day, row.last_day, tuple(row.duties), row.reason, active, over
    )

"""Giving a record to a person who may take its next step; taking it from somebody is a supervisor's, with a reason."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.facade import audit
from kandelia.kernel.access.members import Member, members, supervises
from kandelia.kernel.deputies.contracts import Colleague
from kandelia.kernel.deputies.facade import deputies_of
from kandelia.kernel.notices import facade as notices
from kandelia.kernel.records import store
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.models import Entry
from kandelia.kernel.records.permissions import sides
from kandelia.kernel.records.registry import type_of
from kandelia.kernel.work import words
from kandelia.kernel.work.contracts import AssignmentView
from kandelia.kernel.work.models import REASON_LENGTH_MAX, Assignment
from kandelia.kernel.work.people import may_do, steps_now

CANDIDATES_MAX = 100


def assigned(viewer: Viewer, type: str, id: int) -> tuple[AssignmentView, ...]:
    """Who had the record in the viewer's organisation, the newest first; one without an end has it now."""
    entry = store.one(viewer, type_of(type), id).entry
    rows = Assignment.objects.filter(entry=entry, organisation_id=viewer.organisation).select_related("person")
    return tuple(
        AssignmentView(row.person_id, str(row.person), row.by_name, row.at, row.reason, row.ended_at)
        for row in rows.order_by("-id")
    )


def may_assign(viewer: Viewer, type: str, id: int) -> bool:
    """Whether the viewer may give the record to somebody, or take it."""
    declared = type_of(type)
    entry = store.one(viewer, declared, id).entry
    return bool(sides(viewer, entry)) and (supervises(viewer) or may_do(viewer, declared, entry))


def candidates(viewer: Viewer, type: str, id: int) -> tuple[Colleague, ...]:
    """Colleagues who may take an expected step of the record, with the last day of those who are away."""
    declared = type_of(type)
    entry = store.one(viewer, declared, id).entry
    found = _able(viewer, declared, entry)[:CANDIDATES_MAX]
    away = {one.person_id: one.last_day for one in deputies_of([one.id for one in found], viewer.organisation)}
    return tuple(Colleague(one.id, one.sign_in, one.viewer.name, away.get(one.id)) for one in found)


def assign(viewer: Viewer, type: str, id: int, sign_in: str, *, reason: str = "") -> None:
    """Give the record to a colleague, or to nobody by an empty name.

    What somebody else has is taken from them by a supervisor or administrator only, who says why.
    """
    declared = type_of(type)
    with transaction.atomic():
        entry = store.one(viewer, declared, id, lock=True).entry
        held = _open(entry).filter(organisation_id=viewer.organisation).first()
        _refuse(viewer, declared, entry, held, reason)
        to = next((one for one in _able(viewer, declared, entry) if one.sign_in == sign_in.strip()), None)
        if sign_in.strip() and to is None:
            mend = "choose one who may take the next step"
            raise InvalidInput(f'"{sign_in.strip()[:60]}" cannot take this', "person", mend, "person")
        if held is not None:
            _end(held)
        if to is not None:
            _give(viewer, declared, entry, to, reason)
        audit(viewer, "record.assign", f"{type}/{id}", {"to": to.sign_in if to else "", "reason": reason})


def settle(declared: RecordType, entry: Entry) -> dict[str, int]:
    """End the assignments to people whom the record's next step is not for; who still has it, by organisation."""
    left = {}
    for row in _open(entry):
        found = members([row.organisation_id], Q(person_id=row.person_id))
        if any(may_do(one.viewer, declared, entry) for one in found):
            left[row.organisation_id] = row.person_id
        else:
            _end(row)
    return left


def _open(entry: Entry) -> QuerySet[Assignment]:
    return Assignment.objects.filter(entry=entry, ended_at=None)


def _able(viewer: Viewer, declared: RecordType, entry: Entry) -> list[Member]:
    names = {name for step in steps_now(declared, entry) for name in step.roles}
    which = Q(duties__name__in=names) | Q(role__in=names) | Q(pk__isnull="owner" not in names and "anyone" not in names)
    return [one for one in members([viewer.organisation], which) if may_do(one.viewer, declared, entry)]


def _refuse(viewer: Viewer, declared: RecordType, entry: Entry, held: Assignment | None, reason: str) -> None:
    if not sides(viewer, entry) or not (supervises(viewer) or may_do(viewer, declared, entry)):
        raise NotAllowed("this record is not yours to give", f"{entry.type}/{entry.id}", "", "not-allowed")
    if held is None or held.person_id == viewer.person:
        return
    if not supervises(viewer):
        raise NotAllowed(f"{held.person} has this record", "person", "ask a supervisor", "not-allowed")
    if not reason.strip():
        raise InvalidInput("no reason is given", "reason", "say why it is taken from them", "missing")


def _give(viewer: Viewer, declared: RecordType, entry: Entry, to: Member, reason: str) -> None:
    Assignment.objects.create(
        entry=entry,
        organisation_id=viewer.organisation,
        person_id=to.id,
        by=viewer.subject,
        by_name=viewer.name,
        reason=reason[:REASON_LENGTH_MAX],
        at=timezone.now(),
    )
    if to.id != viewer.person:
        said = {**words.about(declared, entry), "by": viewer.name}
        notices.tell([to.id], words.ASSIGNED, viewer.organisation, said, subject=f"{entry.type}/{entry.id}")


def _end(row: Assignment) -> None:
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])

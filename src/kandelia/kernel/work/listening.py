"""What follows from steps and limits: who is told, whose assignment ends, which event is published."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone

from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.members import Member, members
from kandelia.kernel.deputies.facade import deputies_of
from kandelia.kernel.events import facade as events
from kandelia.kernel.jobs.contracts import JobContext
from kandelia.kernel.lives.declaration import Case, Deadline
from kandelia.kernel.lives.logic.days import add_days
from kandelia.kernel.notices import facade as notices
from kandelia.kernel.records import acting, erasing, timers, writing
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.models import Entry, Timer
from kandelia.kernel.records.registry import type_of, types
from kandelia.kernel.work import assigning, commenting, words
from kandelia.kernel.work.people import maker_of, waited_for

APPLICANT = "applicant"
NEAR_DAYS = 2  # working days before a limit is over
SOURCE = "/records"


def begin() -> None:
    """Listen to the records."""
    acting.on_step(stepped)
    acting.on_overdue(overdue)
    writing.on_create(made)
    erasing.on_anonymise(commenting.forget)


def made(viewer: Viewer, declared: RecordType, entry: Entry) -> None:
    """A new record: the other side is told where it is their turn."""
    _publish(viewer, entry, "create", "")
    if entry.organisation_id != entry.handler_id:
        found = [one for one in waited_for(declared, entry) if one.viewer.organisation != viewer.organisation]
        _tell(declared, entry, found, words.WAITING, viewer)


def stepped(case: Case, source: str) -> None:
    """A step: those whose turn it is, and the owner where what they are told of the state has changed."""
    entry, declared = case.entry, type_of(case.entry.type)
    _publish(case.viewer, entry, case.transition.name, source)
    waiting = _whose(declared, entry)
    _tell(declared, entry, waiting, words.WAITING, case.viewer)
    if _owner_word(declared, entry, source) != _owner_word(declared, entry, entry.state):
        told = {one.id for one in waiting}
        owners = [one for one in _owners(entry) if one.id not in told]
        _tell(declared, entry, owners, words.MOVED, case.viewer)


def overdue(timer: Timer, limit: Deadline) -> None:
    """A limit is over: those whose turn it is."""
    _tell_limit(timer, limit, words.OVERDUE)


def tell_due(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Tell once of each limit that ends within NEAR_DAYS working days."""
    now = timezone.now()
    today = timezone.localdate(now)
    last = add_days(today, NEAR_DAYS, timers.special_days(today), working=True)
    rows = Timer.objects.filter(ended_at=None, suspended_at=None, due_at__gt=now, due_at__date__lte=last)
    told = 0
    for timer in rows.filter(entry__type__in=[one.name for one in types()]).select_related("entry").iterator():
        life = type_of(timer.entry.type).life_of(timer.entry.process)
        for limit in life.deadlines:
            if limit.name == timer.name:
                _tell_limit(timer, limit, words.DUE)
                told += 1
    return {"limits": told}


def _tell_limit(timer: Timer, limit: Deadline, kind: str) -> None:
    entry, declared = timer.entry, type_of(timer.entry.type)
    day = timezone.localdate(timer.due_at).isoformat()
    more = {"day": day, "limit": words.both(limit.label)}
    _tell(declared, entry, _whose(declared, entry), kind, None, more, once=f"{kind}:{timer.id}:{day}")


def _whose(declared: RecordType, entry: Entry) -> list[Member]:
    """Whose turn it is; in an organisation that has given the record to somebody, theirs alone."""
    given = assigning.settle(declared, entry)
    found = waited_for(declared, entry)
    return [one for one in found if given.get(one.viewer.organisation, one.id) == one.id]


def _tell(
    declared: RecordType,
    entry: Entry,
    people: list[Member],
    kind: str,
    by: Viewer | None,
    more: Mapping[str, Any] | None = None,
    *,
    once: str = "",
) -> None:
    """Tell people but the one who acted, and those who stand in for them."""
    actor, extra, subject = by.person if by else None, more or {}, f"{entry.type}/{entry.id}"
    for organisation in sorted({one.viewer.organisation for one in people}):
        as_owner = organisation != entry.handler_id
        ids = [one.id for one in people if one.viewer.organisation == organisation]
        said = {**words.about(declared, entry, as_owner=as_owner), **extra}
        notices.tell([id for id in ids if id != actor], kind, organisation, said, subject=subject, once=once)
        for one in deputies_of(ids, organisation) if kind != words.MOVED else ():
            if one.deputy_id not in (*ids, actor):
                said = {**words.about(declared, entry, as_owner=as_owner, for_name=str(one.person)), **extra}
                notices.tell([one.deputy_id], kind, organisation, said, subject=subject, once=once)


def _owners(entry: Entry) -> list[Member]:
    """The maker where they are the owner's, else the owner's applicants."""
    found = members([entry.organisation_id], Q(person_id=maker_of(entry)) | Q(duties__name=APPLICANT))
    return [one for one in found if one.id == maker_of(entry)] or found


def _owner_word(declared: RecordType, entry: Entry, name: str) -> str:
    states = {state.name: state for state in declared.life_of(entry.process).states}
    if name not in states:
        return name
    hidden = states[name].owner_label.say("en") if entry.organisation_id != entry.handler_id else ""
    return hidden or states[name].label.say("en")


def _publish(viewer: Viewer, entry: Entry, step: str, source: str) -> None:
    """The fact for each side: kandelia.record.<step>, recorded with the step and told by the events' outbox."""
    data = {"type": entry.type, "id": entry.id, "code": entry.code, "step": step, "from": source, "to": entry.state}
    for organisation in sorted({entry.organisation_id, entry.handler_id}):
        by = {"by": viewer.subject} if organisation == viewer.organisation else {}
        kind = f"kandelia.record.{step.replace('_', '-')}"
        subject = f"{entry.type}/{entry.id}"
        events.publish(events.event(organisation, kind, SOURCE, subject=subject, data={**data, **by}))

"""People of this room's questions: members as viewers of a record, and who of them an expected step is for."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.models import Membership
from kandelia.kernel.records.declaration import RecordType, Transition
from kandelia.kernel.records.models import Entry
from kandelia.kernel.records.permissions import may_read, may_step, same_eyes
from kandelia.kernel.work.contracts import Colleague

ADMINISTRATOR, SUPERVISOR = Role.ADMINISTRATOR.value, "supervisor"


@dataclass(frozen=True, slots=True)
class Member:
    """A person in one organisation, and how they look at its records."""

    id: int
    sign_in: str
    viewer: Viewer


def members(organisations: Iterable[str], which: Q) -> list[Member]:
    """Active people with a place in these organisations; two queries."""
    rows = Membership.objects.filter(which, organisation_id__in=set(organisations), person__active=True)
    rows = rows.select_related("person").prefetch_related("duties").order_by("person__sign_in", "organisation_id")
    return [_member(row) for row in rows.distinct()]


def steps_now(declared: RecordType, entry: Entry) -> tuple[Transition, ...]:
    """The expected steps from the record's state."""
    steps = declared.life_of(entry.process).steps_from(entry.state)
    return tuple(step for step in steps if step.expected)


def may_do(viewer: Viewer, declared: RecordType, entry: Entry) -> bool:
    """Whether an expected step is this viewer's now, four eyes and the type's own bounds included."""
    steps = [step for step in steps_now(declared, entry) if may_step(viewer, entry, step)]
    return any(not same_eyes(viewer, entry, step) for step in steps) and sees(viewer, declared, entry)


def sees(viewer: Viewer, declared: RecordType, entry: Entry) -> bool:
    """Whether one may read the record at all."""
    if not may_read(viewer, declared, entry):
        return False
    if declared.narrow is None or entry.public:
        return True
    return bool(declared.narrow(viewer, declared.model.objects.filter(entry_id=entry.id)).exists())


def waited_for(declared: RecordType, entry: Entry) -> list[Member]:
    """Whom the record waits for: the holders of the duties of its expected steps, and its maker where one is theirs.

    A step of a mere role waits for a whole organisation; of those only the maker is told.
    """
    steps = steps_now(declared, entry)
    names = {name for step in steps for name in step.roles}
    which = Q(duties__name__in=names) | Q(person_id=maker_of(entry))
    found = members({entry.organisation_id, entry.handler_id}, which) if steps else []
    return [one for one in found if may_do(one.viewer, declared, entry)]


def maker_of(entry: Entry) -> int:
    """The id of the person who made the record, 0 for none."""
    kind, _, id = entry.created_by.partition(":")
    return int(id) if kind == "person" and id.isdigit() else 0


def colleagues(viewer: Viewer) -> tuple[Colleague, ...]:
    """The active people of the viewer's organisation with their duties, by sign-in name."""
    found = members([viewer.organisation], Q())
    return tuple(Colleague(one.id, one.sign_in, one.viewer.name, duties=one.viewer.duties) for one in found)


def supervises(viewer: Viewer) -> bool:
    """Whether the viewer may give what others have to others."""
    return viewer.role is Role.ADMINISTRATOR or SUPERVISOR in viewer.duties


def _member(row: Membership) -> Member:
    person = row.person
    duties = frozenset(duty.name for duty in row.duties.all())
    name = str(person)
    viewer = Viewer(row.organisation_id, f"person:{person.id}", name, Role(row.role), person.language, duties)
    return Member(person.id, person.sign_in, viewer)

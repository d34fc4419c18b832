"""Whose turn a record is: for whom an expected step is, four eyes and a type's own bounds included."""

from django.db.models import Q

from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.members import Member, members
from kandelia.kernel.lives.declaration import Transition
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.models import Entry
from kandelia.kernel.records.permissions import may_read, may_step, same_eyes


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

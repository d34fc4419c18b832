"""Who may see and do what with records: by organisation first, then by role or duty on its side."""

from collections.abc import Iterable
from dataclasses import replace

from django.db.models import QuerySet

from kandelia.base.errors import NotAllowed
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.guards import SYSTEM_SUBJECT
from kandelia.kernel.access.places import is_root
from kandelia.kernel.lives.declaration import ANYONE, OWNER, Side, Transition
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.models import Entry
from kandelia.kernel.records.registry import duties


def sides(viewer: Viewer, entry: Entry) -> set[str]:
    """On which sides of a record the viewer stands."""
    found = {"owner"} if viewer.organisation == entry.organisation_id else set()
    return found | ({"handler"} if viewer.organisation == entry.handler_id else set())


def holds(viewer: Viewer, names: Iterable[str], on: Iterable[str]) -> bool:
    """Whether the viewer has one of these roles or duties, standing on these sides."""
    on, known, whole = set(on), duties(), viewer.may(Right.SEE)
    for name in names:
        if whole and (name == ANYONE or (name == OWNER and "owner" in on)):
            return True
        if viewer.role.value == name and on:
            return True
        if name in viewer.duties and name in known and _counts(known[name].side, on):
            return True
    return False


def may_create(viewer: Viewer, declared: RecordType) -> bool:
    """Whether the viewer may make a record of this type, which its own organisation then owns."""
    on = {"owner", "handler"} if declared.handler == "owner" else {"owner"}
    return holds(viewer, declared.create_by, on | ({"handler"} if is_root(viewer.organisation) else set()))


def may_read(viewer: Viewer | None, declared: RecordType, entry: Entry) -> bool:
    """Whether one may read it at all; None is the public."""
    if entry.public:
        return True
    if viewer is None:
        return False
    on = sides(viewer, entry)
    return bool(on) and reads(viewer, declared, on)


def reads(viewer: Viewer, declared: RecordType, on: Iterable[str]) -> bool:
    """Whether one standing on these sides may read records of a type; who sees only places reads what has a place."""
    if not declared.read_by:
        return declared.placed or viewer.may(Right.SEE)
    return holds(viewer, declared.read_by, on) or viewer.subject == SYSTEM_SUBJECT


def may_edit(viewer: Viewer, declared: RecordType, entry: Entry) -> bool:
    """Whether its fields may be changed by the viewer in its present state."""
    life = declared.life_of(entry.process)
    return holds(viewer, life.state(entry.state).editable_by, sides(viewer, entry))


def may_step(viewer: Viewer, entry: Entry, step: Transition) -> bool:
    """Whether a step is the viewer's by role and side, before guards and four eyes."""
    return holds(viewer, step.roles, sides(viewer, entry))


def for_whom(viewer: Viewer, entry: Entry, step: Transition) -> str:
    """The absent person whose duty alone makes a step the viewer's, empty where it is the viewer's own."""
    if not viewer.stands_for:
        return ""
    lent = dict(viewer.stands_for)
    own = replace(viewer, duties=viewer.duties - lent.keys(), stands_for=())
    return "" if may_step(own, entry, step) else next((lent[one] for one in step.roles if one in lent), "")


def same_eyes(viewer: Viewer, entry: Entry, step: Transition) -> str:
    """Why the rule of four eyes forbids the step, empty if it does not."""
    if not step.four_eyes:
        return ""
    if viewer.organisation == entry.organisation_id and entry.organisation_id != entry.handler_id:
        return "your own organisation owns this record"
    if viewer.subject == entry.created_by:
        return "you made this record yourself"
    return "you made the step before" if viewer.subject == entry.last_by else ""


def sees(viewer: Viewer | None, field: Field, on: Iterable[str]) -> bool:
    """Whether a field is shown; what is kept for some is never public."""
    if not field.seen_by:
        return viewer is not None or not field.personal
    return viewer is not None and holds(viewer, field.seen_by, on)


def unmasked(viewer: Viewer | None, field: Field, on: Iterable[str]) -> bool:
    """Whether a personal field is shown whole."""
    return not field.personal or (viewer is not None and holds(viewer, field.unmasked_for, on))


def desk(viewer: Viewer, declared: RecordType) -> Side:
    """From which side a list is seen: a bureau sees what it handles, everybody else what they own."""
    return "handler" if declared.handler == "owner" or is_root(viewer.organisation) else "owner"


def visible(viewer: Viewer | None, declared: RecordType, rows: QuerySet[Entry]) -> QuerySet[Entry]:
    """The entries of a type that one may read, seen from one's desk; the public sees the public ones."""
    rows, side = rows.filter(type=declared.name), place(viewer, declared)
    if viewer is None or side is None:
        return rows.filter(public=True)
    return rows.filter(**{{"owner": "organisation_id", "handler": "handler_id"}[side]: viewer.organisation})


def place(viewer: Viewer | None, declared: RecordType) -> Side | None:
    """The side from which a type's records are the viewer's to read; None: they read the public ones alone."""
    if viewer is None:
        return None
    side = desk(viewer, declared)
    return side if reads(viewer, declared, {side}) else None


def refuse_step(viewer: Viewer, entry: Entry, step: Transition) -> NotAllowed:
    """The error for a step that is not the viewer's."""
    return NotAllowed(
        f'"{step.label.en}" is not yours to do',
        f"{entry.type}/{entry.id}",
        f"ask one who is: {', '.join(step.roles)}",
        "not-allowed",
    )


def _counts(side: Side, on: set[str]) -> bool:
    return side == "any" or side in on

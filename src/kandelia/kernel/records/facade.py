"""Records for everyone else: each function takes the viewer first and answers frozen views."""

from collections.abc import Iterable, Mapping
from typing import Any

from kandelia.base.errors import NotFound
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.facade import audit
from kandelia.kernel.access.places import is_root
from kandelia.kernel.lives.declaration import Side, Transition
from kandelia.kernel.records import acting, store, timers, writing
from kandelia.kernel.records.contracts import (
    ActionView,
    ChangeView,
    DeadlineView,
    Query,
    RecordPage,
    RecordView,
    Ref,
    StepView,
)
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.models import Entry, Reference, Step
from kandelia.kernel.records.permissions import desk, holds, may_create, may_read, reads, sees, sides, unmasked
from kandelia.kernel.records.registry import type_of, types
from kandelia.kernel.records.search import matching
from kandelia.kernel.records.views import masked, ref_of, seen_fields, view_of
from kandelia.kernel.records.waiting import waits

__all__ = ["may_create", "seen_fields", "type_of", "types"]
SEARCH_READ_MAX = 400
RELATED_MAX = 50
MADE = LocalText("新建", "Made")


def get(viewer: Viewer | None, type: str, id: int) -> RecordView:
    """One record; NotFound also for what the viewer may not see. None is the public."""
    declared = type_of(type)
    return view_of(declared, store.one(viewer, declared, id), viewer, editable=True)


def page(viewer: Viewer | None, type: str, query: Query, *, count: bool = True) -> RecordPage:
    """One page of a type's list from the viewer's desk."""
    return store.page(viewer, type_of(type), query, count=count)


def count(viewer: Viewer | None, type: str, query: Query | None = None) -> int:
    """How many records a list holds from the viewer's desk."""
    return store.total(viewer, type_of(type), query or Query())


def create(viewer: Viewer, type: str, values: Mapping[str, Any], *, organisation: str = "") -> RecordView:
    """A new record."""
    declared = type_of(type)
    return view_of(declared, writing.create(viewer, declared, values, organisation=organisation), viewer, editable=True)


def change(viewer: Viewer, type: str, id: int, values: Mapping[str, Any], revision: int = 0) -> RecordView:
    """Change fields."""
    declared = type_of(type)
    return view_of(declared, writing.change(viewer, declared, id, values, revision), viewer, editable=True)


def remove(viewer: Viewer, type: str, id: int) -> None:
    """Delete a record in its first state."""
    writing.remove(viewer, type_of(type), id)


def act(
    viewer: Viewer,
    type: str,
    id: int,
    step: str,
    *,
    revision: int = 0,
    reason: str = "",
    basis: str = "",
    given: Mapping[str, Any] | None = None,
    for_name: str = "",
) -> RecordView:
    """Take a step of the record's life."""
    declared = type_of(type)
    row = acting.act(
        viewer, declared, id, step, revision=revision, reason=reason, basis=basis, given=given, for_name=for_name
    )
    return view_of(declared, row, viewer, editable=True)


def act_many(
    viewer: Viewer, type: str, ids: Iterable[int], step: str, *, reason: str = "", basis: str = ""
) -> dict[int, str]:
    """The same step for many records; by id what stood in the way."""
    return acting.bulk(viewer, type_of(type), ids, step, reason=reason, basis=basis)


def actions(viewer: Viewer, type: str, id: int) -> tuple[ActionView, ...]:
    """The steps that are the viewer's now."""
    declared = type_of(type)
    return acting.actions(viewer, declared, store.one(viewer, declared, id))


def steps(viewer: Viewer | None, type: str, id: int) -> tuple[StepView, ...]:
    """The log of steps, newest first."""
    declared = type_of(type)
    row = store.one(viewer, declared, id)
    labels = {one.name: one.label for one in declared.life_of(row.entry.process).transitions}
    return tuple(_step_view(step, labels) for step in row.entry.steps.order_by("-id"))


def changes(viewer: Viewer, type: str, id: int) -> tuple[ChangeView, ...]:
    """The history of fields, newest first, without what the viewer may not see."""
    declared = type_of(type)
    entry = store.one(viewer, declared, id).entry
    on = sides(viewer, entry)
    shown = {field.name: field for field in declared.fields if sees(viewer, field, on)}
    found = []
    for row in entry.changes.order_by("-id"):
        fields = {name: tuple(pair) for name, pair in row.fields.items() if name in shown}
        for name in fields:
            if not unmasked(viewer, shown[name], on):
                fields[name] = tuple(masked(text, shown[name].personal) for text in fields[name])
        if fields:
            found.append(ChangeView(row.id, row.at, row.by, row.by_name, fields))
    return tuple(found)


def deadlines(viewer: Viewer, type: str, id: int) -> tuple[DeadlineView, ...]:
    """The record's time limits."""
    declared = type_of(type)
    entry = store.one(viewer, declared, id).entry
    return timers.deadlines_of(entry, declared.life_of(entry.process))


def related(viewer: Viewer | None, type: str, id: int) -> dict[str, tuple[RecordView, ...]]:
    """Records of other types that refer to this one, by type, the newest of each."""
    store.one(viewer, type_of(type), id)
    found: dict[str, tuple[RecordView, ...]] = {}
    for other in types():
        rows = store.referring(viewer, other, type, id)
        if rows is not None and (
            views := [view_of(other, row, viewer) for row in rows.order_by("-entry_id")[:RELATED_MAX]]
        ):
            found[other.name] = tuple(views)
    return found


def reveal(viewer: Viewer, type: str, id: int, field: str, *, address: str = "") -> str:
    """A personal field in full for those who may read it; the reading stands in the audit."""
    declared = type_of(type)
    row = store.one(viewer, declared, id)
    one, on = declared.field(field), sides(viewer, row.entry)
    value = getattr(row, field)
    if one.personal:
        audit(viewer, "record.reveal", f"{type}/{id}", {"field": field, "given": unmasked(viewer, one, on)}, address)
    if not sees(viewer, one, on):
        return ""
    return str(value or "") if unmasked(viewer, one, on) else masked(value, one.personal)


def search(viewer: Viewer | None, text: str, *, limit: int = 20, type: str = "") -> tuple[Ref, ...]:
    """Records of every type that hold all the words, the newest first; only what the viewer may read."""
    if not text.strip():
        return ()
    marks = [("t", type)] if type else _places(viewer)
    rows = matching(Entry.objects.all(), text, marks).order_by("-id")
    if viewer is None:
        rows = rows.filter(public=True)
    found: list[Ref] = []
    for entry in rows[:SEARCH_READ_MAX]:
        if len(found) < limit and _may_find(viewer, entry):
            found.append(ref_of(entry))
    return tuple(found)


def choices(viewer: Viewer, type: str, text: str, *, limit: int = 20) -> tuple[Ref, ...]:
    """Records that a reference field may name: those of the type the viewer may read, by words or newest."""
    declared = type_of(type)
    asked = Query(text=text, limit=limit)
    found: dict[int, Ref] = {}
    for desk_of in (viewer, None):  # one's own, then what everybody may read
        for view in store.page(desk_of, declared, asked, count=False).items:
            found.setdefault(view.id, Ref(view.id, type, view.title, view.state))
    return tuple(found.values())[:limit]


def listed(viewer: Viewer) -> tuple[RecordType, ...]:
    """The types whose lists are the viewer's to read."""
    root: Side = "handler" if is_root(viewer.organisation) else "owner"
    return tuple(one for one in types() if reads(viewer, one, {"owner", "handler" if one.handler == "owner" else root}))


def waiting(viewer: Viewer, type: str) -> tuple[str, ...]:
    """The states of a type in which something waits for the viewer's roles and duties on its desk."""
    declared = type_of(type)
    found = (state for one in waits(viewer, declared, desk(viewer, declared)) for state in one.states)
    return tuple(dict.fromkeys(found))


def published() -> tuple[RecordType, ...]:
    """The types of which something may be read by everybody."""
    names = set(Entry.objects.filter(public=True).order_by().values_list("type", flat=True).distinct())
    return tuple(one for one in types() if one.name in names)


def is_owner_side(viewer: Viewer) -> bool:
    """Whether the viewer's organisation stands below another that handles its records (a firm, not a bureau)."""
    return not is_root(viewer.organisation)


def steps_offered(viewer: Viewer, type: str) -> tuple[Transition, ...]:
    """The steps of a type's life that are the viewer's by role and duty, whatever the record."""
    declared = type_of(type)
    on = _at_desk(viewer, declared)
    return tuple(step for step in declared.life.transitions if holds(viewer, step.roles, on))


def some(viewer: Viewer | None, type: str, ids: Iterable[int]) -> tuple[RecordView, ...]:
    """Those of these records that stand in the viewer's list, the newest first."""
    declared = type_of(type)
    rows = store.found(viewer, declared, Query()).filter(entry_id__in=list(ids)).order_by("-entry_id")
    return tuple(view_of(declared, row, viewer) for row in rows)


def refers_to(type: str, field: str) -> str:
    """The type whose records a reference field names; NotFound for a field that is none."""
    declared = type_of(type)
    column = next((one for one in declared.model._meta.concrete_fields if one.name == field), None)
    if not isinstance(column, Reference) or field not in {one.name for one in declared.fields}:
        raise NotFound(f'"{field[:60]}" refers to nothing', type, "see the form", "no-field")
    return column.refers_to


def _at_desk(viewer: Viewer, declared: RecordType) -> set[Side]:
    """The sides that the viewer stands on for most of what its list shows."""
    return {"owner", "handler"} if declared.handler == "owner" else {desk(viewer, declared)}


def _places(viewer: Viewer | None) -> list[tuple[str, str]]:
    return [("o", viewer.organisation), ("h", viewer.organisation)] if viewer else []


def _may_find(viewer: Viewer | None, entry: Entry) -> bool:
    try:
        declared = type_of(entry.type)
    except NotFound:  # its app is no longer installed
        return False
    if not may_read(viewer, declared, entry):
        return False
    rows = declared.model.objects.filter(entry_id=entry.id)
    kept = declared.narrowed(viewer, rows)
    return entry.public or kept is rows or bool(kept.exists())


def _step_view(step: Step, labels: Mapping[str, Any]) -> StepView:
    said = step.content or {}
    return StepView(
        step.id,
        step.at,
        step.name,
        labels.get(step.name, MADE),
        step.source,
        step.target,
        step.by,
        said.get("by_name", ""),
        said.get("reason", ""),
        said.get("basis", ""),
        step.digest,
        said.get("for_name", ""),
    )

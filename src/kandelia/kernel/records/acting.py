"""Steps taken: by people, in bulk, and by the clock."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, KandeliaError, NotAllowed
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.guards import system_viewer
from kandelia.kernel.lives.declaration import CLOCK, Case, Transition
from kandelia.kernel.records import store, timers, writing
from kandelia.kernel.records.contracts import ActionView
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.fields import is_required
from kandelia.kernel.records.models import Entry, Timer
from kandelia.kernel.records.permissions import for_whom, may_step, refuse_step, same_eyes
from kandelia.kernel.records.registry import type_of
from kandelia.kernel.records.steps import note_step

REASON_LENGTH_MAX = 4_000
BULK_MAX = 500
listeners: list[Any] = []  # functions (case, source) called after each step, in its transaction: work, events
overdue_listeners: list[Any] = []  # functions (timer, limit) called once when a limit is over that makes no step


def on_step(listener: Any) -> None:
    """Call `listener(case, source_state)` after every step of every record, inside its transaction."""
    if listener not in listeners:
        listeners.append(listener)


def on_overdue(listener: Any) -> None:
    """Call `listener(timer, limit)` once for each limit that is over without a step of its own."""
    if listener not in overdue_listeners:
        overdue_listeners.append(listener)


def act(
    viewer: Viewer,
    declared: RecordType,
    id: int,
    name: str,
    *,
    revision: int = 0,
    reason: str = "",
    basis: str = "",
    given: Mapping[str, Any] | None = None,
    for_name: str = "",
) -> Any:
    """Take a step. NotAllowed for whom it is not, Conflict where the state has moved on or a guard refuses."""
    with transaction.atomic():
        row = store.one(viewer, declared, id, lock=True)
        writing.check_revision(row.entry, revision)
        step = _step(declared, row.entry, name)
        if not may_step(viewer, row.entry, step):
            raise refuse_step(viewer, row.entry, step)
        if why := same_eyes(viewer, row.entry, step):
            raise NotAllowed(f"a second person must do this: {why}", name, "ask a colleague", "four-eyes")
        if step.reason and not reason.strip():
            raise InvalidInput("no reason is given", "reason", "say why", "missing")
        for_name = for_name or for_whom(viewer, row.entry, step)
        take(viewer, declared, row, step, reason=reason, basis=basis, given=given or {}, for_name=for_name)
    return row


def take(
    viewer: Viewer,
    declared: RecordType,
    row: Any,
    step: Transition,
    *,
    reason: str = "",
    basis: str = "",
    given: Mapping[str, Any] | None = None,
    for_name: str = "",
) -> None:
    """The step itself, for callers that have asked for the right: fields, guard, state, log, limits, effect."""
    entry, now = row.entry, timezone.now()
    parsed = writing.parsed_values(declared, given or {}, step.asks)
    _refuse_missing(declared, step, row, parsed)
    case = Case(viewer, entry, row, step, parsed, reason[:REASON_LENGTH_MAX], basis[:REASON_LENGTH_MAX], now)
    if step.guard is not None:
        step.guard(case)
    changed = writing.save_fields(viewer, declared, row, parsed) if parsed else {}
    source = _move(declared, entry, step, viewer, now)
    told = {name: new for name, (_, new) in changed.items()}
    basis = basis or step.basis.zh
    note_step(
        viewer, entry, step.name, source, step.target, reason=case.reason, basis=basis, given=told, for_name=for_name
    )
    timers.after_step(entry, declared.life_of(entry.process), step.name)
    if step.effect is not None:
        step.effect(case)
    for listener in listeners:
        listener(case, source)


def actions(viewer: Viewer, declared: RecordType, row: Any) -> tuple[ActionView, ...]:
    """The steps that are the viewer's now, each with what stands in its way."""
    entry = row.entry
    steps = declared.life_of(entry.process).steps_from(entry.state)
    return tuple(_action(viewer, row, step) for step in steps if may_step(viewer, entry, step))


def bulk(
    viewer: Viewer, declared: RecordType, ids: Iterable[int], name: str, *, reason: str = "", basis: str = ""
) -> dict[int, str]:
    """The same step for many, each in its own transaction; says by id what stood in the way ("" where nothing)."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > BULK_MAX:
        raise InvalidInput(f"{len(wanted)} records at once", "ids", f"choose at most {BULK_MAX}", "too-many")
    done = {}
    for id in wanted:
        try:
            act(viewer, declared, id, name, reason=reason, basis=basis)
            done[id] = ""
        except KandeliaError as error:
            done[id] = str(error)
    return done


def fire(timer: Timer) -> None:
    """What the clock does when a limit is over: the step it declares if the record still stands before it, else
    nothing but to note that it is overdue."""
    declared = type_of(timer.entry.type)
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(id=timer.entry_id)
        timer.refresh_from_db()
        life = declared.life_of(entry.process)
        limit = next((one for one in life.deadlines if one.name == timer.name), None)
        if timer.ended_at or timer.suspended_at or timer.due_at > timezone.now():
            return
        timer.told_at = timezone.now()
        timer.save(update_fields=["told_at"])
        step = life.transition(limit.then) if limit is not None and limit.then else None
        if step is not None and entry.state in step.sources:
            row = store.rows_of(declared).get(entry_id=entry.id)
            row.entry = entry
            take(system_viewer(entry.handler_id), declared, row, step, basis=limit.basis.zh if limit else "")
        elif limit is not None:
            for listener in overdue_listeners:
                listener(timer, limit)


def _step(declared: RecordType, entry: Entry, name: str) -> Transition:
    steps = {step.name: step for step in declared.life_of(entry.process).steps_from(entry.state)}
    if name not in steps or steps[name].roles == (CLOCK,):
        possible = ", ".join(one for one, step in steps.items() if step.roles != (CLOCK,)) or "nothing"
        raise Conflict(
            f'"{name[:40]}" cannot follow "{entry.state}"',
            f"{entry.type}/{entry.id}",
            f"possible now: {possible}",
            "state",
        )
    return steps[name]


def _move(declared: RecordType, entry: Entry, step: Transition, viewer: Viewer, now: Any) -> str:
    source, state = entry.state, declared.life_of(entry.process).state(step.target)
    entry.state, entry.public = state.name, state.public
    entry.state_at = entry.changed_at = now
    entry.ended_at = now if state.kind == "end" else None
    entry.last_by = viewer.subject
    entry.revision += 1
    entry.save(update_fields=["state", "public", "state_at", "changed_at", "ended_at", "last_by", "revision"])
    return source


def _action(viewer: Viewer, row: Any, step: Transition) -> ActionView:
    why, mend = same_eyes(viewer, row.entry, step), ""
    if not why and step.guard is not None and not step.asks:
        try:
            step.guard(Case(viewer, row.entry, row, step, {}, "", "", timezone.now()))
        except KandeliaError as error:
            why, mend = error.what, error.mend
    return ActionView(step.name, step.label, step.target, step.asks, step.reason, step.look, why, mend)


def _refuse_missing(declared: RecordType, step: Transition, row: Any, parsed: Mapping[str, Any]) -> None:
    for name in step.asks:
        value = parsed[name] if name in parsed else getattr(row, name)
        if value in (None, "") and is_required(declared, declared.field(name)):
            raise InvalidInput("nothing is given", name, f"this step needs {declared.field(name).label.en}", "missing")

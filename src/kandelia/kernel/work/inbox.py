"""The inbox (待办): what waits for a person among the records of all types, in four queries however much waits."""

import base64
import binascii
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from kandelia.base.errors import InvalidInput
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.deputies.facade import lent_to
from kandelia.kernel.records.models import Entry
from kandelia.kernel.records.permissions import for_whom, may_step
from kandelia.kernel.records.registry import type_of, types
from kandelia.kernel.records.views import desk_is_owner, label_of
from kandelia.kernel.records.waiting import Waiting, everything
from kandelia.kernel.work.contracts import InboxItem, InboxPage, InboxQuery
from kandelia.kernel.work.models import Assignment
from kandelia.kernel.work.people import steps_now

LIMIT_MAX = 200
NEVER = datetime(9_999, 1, 1, tzinfo=UTC)  # what has no due day comes last


def page(viewer: Viewer, query: InboxQuery) -> InboxPage:
    """One page of what waits, the nearest due day first."""
    waiting_ = _rows(viewer)
    rows, (counts, overdue) = _narrowed(waiting_, query), _counts(waiting_)
    backward, limit = bool(query.before), max(1, min(query.limit, LIMIT_MAX))
    rows = _after(rows, query.before or query.after, backward)
    order = ("-due_key", "-id") if backward else ("due_key", "id")
    got = list(rows.select_related("organisation").order_by(*order)[: limit + 1])
    more, got = len(got) > limit, got[:limit]
    if backward:
        got.reverse()
    return InboxPage(
        tuple(_item(viewer, row) for row in got),
        next=_cursor(got[-1]) if got and (more or backward) else "",
        previous=_cursor(got[0]) if got and (more if backward else bool(query.after)) else "",
        counts=counts,
        overdue=overdue,
    )


def count(viewer: Viewer) -> int:
    """How much waits."""
    return _rows(viewer).count()


def following(viewer: Viewer, id: int) -> Entry | None:
    """What to do next after a record, None when nothing waits any more."""
    return _rows(viewer).exclude(id=id).order_by("due_key", "id").first()


def _rows(viewer: Viewer) -> QuerySet[Any]:
    """Entries that wait: for the viewer's roles and duties and given to nobody else, or given to the viewer."""
    mine = {viewer.person, *lent_to(viewer).values_list("person_id", flat=True)} if viewer.person else set()
    given = Assignment.objects.filter(entry=OuterRef("pk"), organisation_id=viewer.organisation, ended_at=None)
    to_me, to_others = given.filter(person_id__in=mine), given.exclude(person_id__in=mine)
    rows = Entry.objects.annotate(to_me=Exists(to_me), due_key=Coalesce(F("due_at"), Value(NEVER)))
    known = [one.name for one in types()]
    return rows.filter(_waiting(viewer) & ~Exists(to_others) | Q(to_me=True, type__in=known))


def _waiting(viewer: Viewer) -> Q:
    found = Q(pk__in=[])
    for one in everything(viewer):
        found |= _of_type(viewer, one)
    return found


def _of_type(viewer: Viewer, one: Waiting) -> Q:
    column = {"owner": "organisation_id", "handler": "handler_id"}[one.side]
    found = Q(**{"type": one.declared.name, column: viewer.organisation, "state__in": one.states})
    if one.declared.earlier:
        found &= Q(process=one.process)
    if one.others_only:
        found &= ~Q(state__in=one.others_only) | ~Q(created_by=viewer.subject) & ~Q(last_by=viewer.subject)
    if one.declared.narrow is not None:
        found &= Q(pk__in=one.declared.narrow(viewer, one.declared.model.objects.all()).values("entry_id"))
    return found


def _narrowed(rows: QuerySet[Any], query: InboxQuery) -> QuerySet[Any]:
    if query.type:
        rows = rows.filter(type=type_of(query.type).name)
    if query.overdue:
        rows = rows.filter(due_at__lt=timezone.now())
    return rows.filter(to_me=True) if query.assigned else rows


def _counts(rows: QuerySet[Any]) -> tuple[dict[str, int], dict[str, int]]:
    """By type: all, and those overdue."""
    late = Count("id", filter=Q(due_at__lt=timezone.now()))
    found = list(
        rows.values("type").annotate(n=Count("id"), late=late).order_by("type").values_list("type", "n", "late")
    )
    return {name: n for name, n, _ in found}, {name: late for name, _, late in found if late}


def _item(viewer: Viewer, row: Any) -> InboxItem:
    declared = type_of(row.type)
    own = replace(viewer, duties=viewer.duties - dict(viewer.stands_for).keys(), stands_for=())
    steps = steps_now(declared, row) if viewer.stands_for else ()
    lent = (
        ""
        if any(may_step(own, row, step) for step in steps)
        else next((name for step in steps if (name := for_whom(viewer, row, step))), "")
    )
    return InboxItem(
        id=row.id,
        type=row.type,
        code=row.code,
        title=row.title,
        state=row.state,
        state_label=label_of(declared, row, desk_is_owner(viewer, row)),
        organisation_name=str(row.organisation),
        since=row.state_at,
        due_at=row.due_at,
        overdue=row.due_at is not None and row.due_at < timezone.now(),
        assigned=row.to_me,
        for_name=lent,
    )


def _after(rows: QuerySet[Any], cursor: str, backward: bool) -> QuerySet[Any]:
    if not cursor:
        return rows
    try:
        at, id = json.loads(base64.urlsafe_b64decode(cursor[:200] + "=" * (-len(cursor) % 4)))
        key, id = datetime.fromisoformat(at), int(id)
    except (ValueError, TypeError, binascii.Error) as error:
        mend = "start from the first page"
        raise InvalidInput("this is no cursor of the inbox", "after", mend, "bad-cursor") from error
    sign = "lt" if backward else "gt"
    return rows.filter(Q(**{f"due_key__{sign}": key}) | Q(**{"due_key": key, f"id__{sign}": id}))


def _cursor(row: Any) -> str:
    text = json.dumps([row.due_key.isoformat(), row.id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

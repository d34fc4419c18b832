"""The page of a record: state and steps in the head, facts, deadlines, relations, and what happened."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.lives.logic.days import days_left
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import ActionView, DeadlineView, Kind, RecordView, Ref
from kandelia.kernel.records.declaration import Field, Group, RecordType
from kandelia.kernel.records.fields import kind_of
from kandelia.kernel.records.timers import special_days
from kandelia.surfaces.web.records import addresses, parts, schemas
from kandelia.surfaces.web.records.shown import Mark, Shown, mark, record_url, shown
from kandelia.surfaces.web.records.timeline import EVENTS_SHOWN, events
from kandelia.surfaces.web.records.words import why_not
from kandelia.surfaces.web.screens import screen
from kandelia.surfaces.web.words import said

ACTIONS_SHOWN = 3
RELATED_SHOWN = 8
LOOK_ORDER = {"main": 0, "": 1, "danger": 3}


@dataclass(frozen=True, slots=True)
class Action:
    """A step as a button."""

    label: str
    url: str
    look: str
    why_not: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A field with its value; `reveal` is where a personal one is asked in full. `wide` ones take both columns."""

    label: str
    value: Shown
    wide: bool = False
    reveal: str = ""
    pairs: tuple[tuple[str, str], ...] = ()  # of an object


@dataclass(frozen=True, slots=True)
class Limit:
    """A deadline; `left` says how many days, `look` "over", "soon" or ""."""

    label: str
    basis: str
    due: DeadlineView
    left: str
    look: str


@require_GET
@screen(Right.SEE, somewhere=True)
def record(request: HttpRequest, viewer: Viewer, type: str, id: int) -> HttpResponse:
    """Everything about one record that the viewer may see."""
    declared = facade.type_of(type)
    view = facade.get(viewer, type, id)
    near = view.mine or viewer.organisation == view.handler
    happened = events(viewer, declared, view) if near else events(None, declared, view)
    context = {
        **head(declared, view, viewer.language),
        **_actions(viewer, declared, view),
        "groups": facts(declared, view, viewer, viewer.language),
        "limits": limits(viewer, declared, view) if near else (),
        "related": _related(viewer, view),
        "events": happened[:EVENTS_SHOWN],
        "more_events": max(0, len(happened) - EVENTS_SHOWN),
        "near": near,
        "own_parts": parts.of_type(declared, viewer, view),
        "main_parts": parts.of_record(request, viewer, view, "main"),
        "aside_parts": parts.of_record(request, viewer, view, "aside"),
    }
    return render(request, "records/record.html", context)


@require_GET
@screen(Right.SEE, somewhere=True)
def history(request: HttpRequest, viewer: Viewer, type: str, id: int) -> HttpResponse:
    """Every step and change of a record; a field of it alone when the address names one."""
    declared = facade.type_of(type)
    view = facade.get(viewer, type, id)
    near = view.mine or viewer.organisation == view.handler
    happened = events(viewer if near else None, declared, view)
    field = request.GET.get("field", "")
    if field:
        happened = tuple(one for one in happened if any(change.name == field for change in one.changes))
    fields = [(one.name, one.label.say(viewer.language)) for one in declared.fields if one.name in view.values]
    context = {**head(declared, view, viewer.language), "events": happened, "fields": fields, "field": field}
    return render(request, "records/history.html", context)


def head(declared: RecordType, view: RecordView, language: str) -> dict[str, Any]:
    """What this is."""
    state: Mark = mark(declared, view, language)
    return {
        "view": view,
        "type": declared.name,
        "label": declared.label.say(language),
        "plural": declared.plural.say(language),
        "list_url": addresses.list_url(declared.name),
        "url": record_url(view.type, view.id),
        "mark": state,
    }


def _actions(viewer: Viewer, declared: RecordType, view: RecordView) -> dict[str, Any]:
    expected = {step.name: step.expected for step in declared.life_of(view.process).transitions}
    found = sorted(
        facade.actions(viewer, view.type, view.id),
        key=lambda one: (bool(one.why_not), not expected.get(one.name, True), LOOK_ORDER.get(one.look, 1)),
    )
    drawn = [_action(one, view, viewer.language) for one in found]
    first = [one for one in drawn if not one.why_not][: ACTIONS_SHOWN - view.may_edit]
    first_state = declared.life_of(view.process).start.name
    return {
        "actions": first,
        "more_actions": [one for one in drawn if one not in first],
        "edit_url": reverse("record-edit", args=[view.type, view.id]) if view.may_edit else "",
        "may_remove": declared.remove and view.may_edit and view.state == first_state,
        "print_url": addresses.print_url(view.type, view.id),
        "links": [link for path in declared.links for link in import_string(path)(viewer, view)],
    }


def _action(action: ActionView, view: RecordView, language: str) -> Action:
    url = reverse("record-step", args=[view.type, view.id, action.name])
    return Action(action.label.say(language), url, action.look, why_not(action.why_not), said(action.mend))


def facts(
    declared: RecordType, view: RecordView, viewer: Viewer | None, language: str
) -> list[tuple[str, list[Fact], bool]]:
    """(heading, facts, whether any is filled) of each group the viewer sees something of."""
    found = [(group.label.say(language), _facts(declared, group, view, viewer, language)) for group in declared.groups]
    return [(label, drawn, any(_filled(one) for one in drawn)) for label, drawn in found if drawn]


def _filled(fact: Fact) -> bool:
    return bool(fact.value.text or fact.value.at or fact.pairs)


def _facts(declared: RecordType, group: Group, view: RecordView, viewer: Viewer | None, language: str) -> list[Fact]:
    return [_fact(declared, field, view, viewer, language) for field in group.fields if field.name in view.values]


def _fact(declared: RecordType, field: Field, view: RecordView, viewer: Viewer | None, language: str) -> Fact:
    value, kind = view.values[field.name], kind_of(declared, field)
    label = field.label.say(language)
    if kind is Kind.OBJECT:
        return Fact(label, Shown(), wide=True, pairs=_pairs(declared, field, view, language))
    whole = bool(field.personal and value and viewer is not None and field.name not in view.masked)
    reveal = reverse("record-reveal", args=[view.type, view.id, field.name]) if whole else ""
    drawn = shown(declared, field, value, language, public=viewer is None)
    return Fact(label, drawn, kind is Kind.LONG_TEXT, reveal)


def _pairs(declared: RecordType, field: Field, view: RecordView, language: str) -> tuple[tuple[str, str], ...]:
    value = view.values[field.name]
    if not isinstance(value, dict):
        return ((field.label.say(language), str(value)),) if value else ()
    # A schema may follow from other fields, such as the call that an application answers.
    beside = {name: str(one.id if isinstance(one, Ref) else one or "") for name, one in view.values.items()}
    typed = {**beside, **schemas.spread(value, field.name)}
    schema = schemas.schema_of(declared, field, typed)
    if schema is None:
        return tuple((name.partition("/")[2], text) for name, text in schemas.spread(value, field.name).items())
    return tuple(schemas.said(schema, field.name, typed))


def limits(viewer: Viewer, declared: RecordType, view: RecordView) -> list[Limit]:
    """The record's deadlines that still run, with the days that are left."""
    found = [one for one in facade.deadlines(viewer, view.type, view.id) if one.ended_at is None]
    if not found:
        return []
    working = {one.name: one.working for one in declared.life_of(view.process).deadlines}
    today = timezone.localdate()
    special = special_days(min(today, *(timezone.localdate(one.due_at) for one in found)))
    drawn = []
    for one in found:
        in_working = working.get(one.name, True)
        days = days_left(today, timezone.localdate(one.due_at), special, working=in_working)
        look = "over" if one.overdue else "soon" if days <= 1 and one.suspended_at is None else ""
        left = _left(one, days, in_working)
        drawn.append(Limit(one.label.say(viewer.language), one.basis.say(viewer.language), one, left, look))
    return drawn


def _left(limit: DeadlineView, days: int, working: bool) -> str:
    if limit.suspended_at is not None:
        return _("suspended")
    if limit.overdue:
        return (_("%(n)s working days over") if working else _("%(n)s days over")) % {"n": abs(days)}
    if days == 0:
        return _("ends today")
    return (_("%(n)s working days left") if working else _("%(n)s days left")) % {"n": days}


def _related(viewer: Viewer, view: RecordView) -> list[tuple[str, str, list[tuple[RecordView, Mark, str]], int]]:
    """(heading, list of the type, records, how many more) of every type that refers to this record."""
    found = []
    for name, views in facade.related(viewer, view.type, view.id).items():
        other = facade.type_of(name)
        drawn = [(one, mark(other, one, viewer.language), record_url(name, one.id)) for one in views[:RELATED_SHOWN]]
        found.append((other.plural.say(viewer.language), addresses.list_url(name), drawn, len(views) - len(drawn)))
    return found

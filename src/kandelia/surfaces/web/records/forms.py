"""A record made or changed: one column, groups, errors beside the fields, nothing typed is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kandelia.base.errors import Conflict, InvalidInput, KandeliaError, NotAllowed
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import address_of
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.surfaces.web.records import addresses, schemas
from kandelia.surfaces.web.records.shown import record_url
from kandelia.surfaces.web.records.widgets import Widget, given, texts_of, typed_in, widget
from kandelia.surfaces.web.records.words import sentence
from kandelia.surfaces.web.screens import screen

WAS = "was:"  # before the name of a field: what stood there when the form was opened


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it was sent: what is typed, what stood there before, and what is wrong."""

    fields: tuple[Field, ...]
    typed: Mapping[str, str]
    was: Mapping[str, str]
    wrong: Mapping[str, str]
    revision: int = 0
    meanwhile: Mapping[str, str] | None = None


@require_http_methods(["GET", "POST"])
@screen(Right.SEE, somewhere=True)
def new(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponse:
    """An empty form; words of the address that name fields fill it in."""
    declared = facade.type_of(type)
    if not facade.may_create(viewer, declared):
        raise NotAllowed(f"you may not make a {declared.name}", declared.name, "", "not-allowed")
    fields = tuple(field for field in facade.seen_fields(declared, viewer) if field.editable)
    if request.method == "GET":
        return _draw(request, viewer, declared, Form(fields, request.GET.dict(), {}, {}))
    typed = typed_in(request.POST, declared, fields)
    values, wrong = given(declared, viewer, fields, typed)
    if not wrong:
        try:
            made = facade.create(viewer, type, values)
        except (InvalidInput, Conflict) as error:
            wrong = _placed(error, fields)
        else:
            messages.success(request, _("“%(title)s” is made.") % {"title": made.title})
            return HttpResponseRedirect(record_url(type, made.id))
    return _draw(request, viewer, declared, Form(fields, typed, {}, wrong))


@require_http_methods(["GET", "POST"])
@screen(Right.SEE, somewhere=True)
def edit(request: HttpRequest, viewer: Viewer, type: str, id: int) -> HttpResponse:
    """The form of a record. Only what was really changed is sent on, so two people in two fields do not collide."""
    declared = facade.type_of(type)
    view = facade.get(viewer, type, id)
    if not view.may_edit:
        raise NotAllowed("it cannot be changed by you now", view.title, "see who may in its present state")
    fields = _editable(declared, view)
    if request.method == "GET":
        _note_reading(request, viewer, view, fields)
        typed = texts_of(declared, fields, view.values)
        return _draw(request, viewer, declared, Form(fields, typed, typed, {}, view.revision), view)
    return _change(request, viewer, declared, view, fields)


def _change(
    request: HttpRequest, viewer: Viewer, declared: RecordType, view: RecordView, fields: tuple[Field, ...]
) -> HttpResponse:
    typed = typed_in(request.POST, declared, fields)
    was = {name.removeprefix(WAS): value for name, value in typed.items() if name.startswith(WAS)}
    sent = request.POST.get("revision", "")
    form = Form(fields, typed, was, {}, int(sent) if sent.isdigit() else view.revision)
    changed = tuple(field for field in fields if _differs(field, typed, was))
    values, wrong = given(declared, viewer, changed, typed)
    if wrong:
        return _draw(request, viewer, declared, replace(form, wrong=wrong), view)
    try:
        facade.change(viewer, view.type, view.id, values, form.revision)
    except (InvalidInput, Conflict) as error:
        return _draw(request, viewer, declared, _refused(error, form, declared, view), view)
    messages.success(request, _("Saved.") if values else _("Nothing was changed."))
    return HttpResponseRedirect(record_url(view.type, view.id))


def _refused(error: KandeliaError, form: Form, declared: RecordType, view: RecordView) -> Form:
    """The form again; after a collision with what the other changed beside each field, and on the new revision."""
    if error.code != "changed":
        return replace(form, wrong=_placed(error, form.fields))
    now = texts_of(declared, form.fields, view.values)
    theirs = {field.name: now[field.name] for field in form.fields if now[field.name] != form.was.get(field.name, "")}
    mine = {
        name: form.typed.get(name, "") if form.typed.get(name) != form.was.get(name) else text
        for name, text in now.items()
    }
    typed = {**form.typed, **{name: text for name, text in mine.items() if name in now}}
    return replace(form, typed=typed, was=now, revision=view.revision, meanwhile=theirs, wrong={"": sentence(error)})


def _editable(declared: RecordType, view: RecordView) -> tuple[Field, ...]:
    return tuple(
        field
        for field in declared.fields
        if field.editable and field.name in view.values and field.name not in view.masked
    )


def _differs(field: Field, typed: Mapping[str, str], was: Mapping[str, str]) -> bool:
    if field.schema:
        return True
    return typed.get(field.name, "") != was.get(field.name, "") or (
        bool(typed.get(f"{field.name}.text")) and not typed.get(field.name)
    )


def _note_reading(request: HttpRequest, viewer: Viewer, view: RecordView, fields: tuple[Field, ...]) -> None:
    """A form shows personal fields in full: that reading stands in the audit like any other."""
    for field in fields:
        if field.personal and view.values.get(field.name):
            facade.reveal(viewer, view.type, view.id, field.name, address=address_of(request))


def _placed(error: KandeliaError, fields: tuple[Field, ...]) -> dict[str, str]:
    known = {field.name for field in fields}
    at = error.where if error.where.partition("/")[0] in known else ""
    return {at: sentence(error)}


def _draw(
    request: HttpRequest, viewer: Viewer, declared: RecordType, form: Form, view: RecordView | None = None
) -> HttpResponse:
    widgets = {field.name: _drawn(declared, viewer, field, form) for field in form.fields}
    groups = [
        (group.label.say(viewer.language), [widgets[field.name] for field in group.fields if field.name in widgets])
        for group in declared.groups
    ]
    context = {
        "type": declared.name,
        "label": declared.label.say(viewer.language),
        "plural": declared.plural.say(viewer.language),
        "list_url": addresses.list_url(declared.name),
        "groups": [group for group in groups if group[1]],
        "was": [(f"{WAS}{field.name}", form.was.get(field.name, "")) for field in form.fields if view],
        "revision": form.revision,
        "wrong": _summary(widgets.values(), form.wrong),
        "collided": form.meanwhile is not None,
        "view": view,
        "back": record_url(view.type, view.id) if view else addresses.list_url(declared.name),
        "draft": f"{viewer.subject} {viewer.organisation} {declared.name} {view.id if view else 'new'}",
        "varies": any(field.schema for field in form.fields),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.wrong else HTTPStatus.OK
    return render(request, "records/form.html", context, status=status)


def _drawn(declared: RecordType, viewer: Viewer, field: Field, form: Form) -> Widget:
    made = widget(declared, viewer, field, form.typed, viewer.language)
    theirs = (form.meanwhile or {}).get(field.name)
    if theirs is not None:
        made = replace(made, meanwhile=theirs or _("nothing"))
    return replace(made, error=form.wrong.get(field.name, ""), parts=schemas.with_errors(made.parts, form.wrong))


def _summary(widgets: Any, wrong: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(anchor, label, what is wrong) for the list on top; an error of no field has no anchor."""
    labels = {one.name: one.label for one in widgets}
    labels |= {
        part.name: part.label
        for one in widgets
        for top in one.parts
        for part in (top, *(cell for row in top.rows for cell in row))
    }
    return [(f"f-{name.replace('/', '-')}" if name else "", labels.get(name, ""), text) for name, text in wrong.items()]


@require_POST
@screen(Right.SEE, somewhere=True)
def schema_inputs(request: HttpRequest, viewer: Viewer, type: str, field: str) -> HttpResponse:
    """The inputs of a field whose schema follows from others, once one of those was chosen."""
    declared = facade.type_of(type)
    fields = {one.name: one for one in facade.seen_fields(declared, viewer) if one.schema}
    if field not in fields:
        raise InvalidInput(f'"{field[:60]}" has no schema', "field", "see the form", "no-field")
    typed = typed_in(request.POST, declared, ())
    made = widget(declared, viewer, fields[field], typed, viewer.language)
    return render(request, "records/schema.html", {"parts": made.parts})

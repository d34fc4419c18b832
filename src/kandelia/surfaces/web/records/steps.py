"""A step of a record's life: what it asks, why, and on what basis; and personal values shown on request."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kandelia.base.errors import Conflict, InvalidInput, KandeliaError
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import address_of
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import ActionView, RecordView
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.surfaces.web.records import addresses
from kandelia.surfaces.web.records.shown import record_url
from kandelia.surfaces.web.records.widgets import Widget, given, texts_of, typed_in, widget
from kandelia.surfaces.web.records.words import sentence, why_not
from kandelia.surfaces.web.screens import screen


@require_http_methods(["GET", "POST"])
@screen(Right.SEE, somewhere=True)
def step(request: HttpRequest, viewer: Viewer, type: str, id: int, step: str) -> HttpResponse:
    """The step's form (a dialog where scripts run, else a page), and the step itself."""
    declared = facade.type_of(type)
    view = facade.get(viewer, type, id)
    action = _action(viewer, view, step)
    fields = tuple(declared.field(name) for name in action.asks)
    if request.method == "GET":
        typed = texts_of(declared, fields, view.values)
        return _draw(request, viewer, declared, view, action, fields, typed, {})
    typed = typed_in(request.POST, declared, fields)
    values, wrong = given(declared, viewer, fields, typed)
    if action.reason and not typed.get("reason", "").strip():
        wrong["reason"] = _("Say why")
    if not wrong:
        wrong = _take(viewer, view, action, values, typed)
    if wrong:
        return _draw(request, viewer, declared, view, action, fields, typed, wrong)
    messages.success(request, _("Done: %(step)s.") % {"step": action.label.say(viewer.language)})
    return _on(request, type, id, viewer)


def _take(
    viewer: Viewer, view: RecordView, action: ActionView, values: Mapping[str, object], typed: Mapping[str, str]
) -> dict[str, str]:
    """What stood in the way, by field; empty when the step was taken."""
    sent = typed.get("revision", "")
    try:
        facade.act(
            viewer,
            view.type,
            view.id,
            action.name,
            revision=int(sent) if sent.isdigit() else 0,
            reason=typed.get("reason", ""),
            basis=typed.get("basis", ""),
            given=values,
        )
    except (InvalidInput, Conflict) as error:
        return {error.where if error.where in (*action.asks, "reason") else "": sentence(error)}
    return {}


def _on(request: HttpRequest, type: str, id: int, viewer: Viewer) -> HttpResponse:
    """To the record, or to the list where the step has taken it out of the viewer's sight."""
    try:
        facade.get(viewer, type, id)
        address = record_url(type, id)
    except KandeliaError:
        address = addresses.list_url(type)
    if "HX-Request" in request.headers:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _action(viewer: Viewer, view: RecordView, name: str) -> ActionView:
    for action in facade.actions(viewer, view.type, view.id):
        if action.name == name:
            return action
    raise Conflict(
        f'"{name[:40]}" is not yours to do now', f"{view.type}/{view.id}", "load the page again to see what is", "state"
    )


def _draw(
    request: HttpRequest,
    viewer: Viewer,
    declared: RecordType,
    view: RecordView,
    action: ActionView,
    fields: tuple[Field, ...],
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
) -> HttpResponse:
    widgets = [_drawn(declared, viewer, field, typed, wrong) for field in fields]
    life = declared.life_of(view.process)
    target = life.state(action.target)
    context = {
        "view": view,
        "action": action,
        "label": action.label.say(viewer.language),
        "target": target.label.say(viewer.language),
        "ends": target.kind == "end",
        "url": request.path,
        "back": record_url(view.type, view.id),
        "widgets": widgets,
        "reason": typed.get("reason", ""),
        "reason_wrong": wrong.get("reason", ""),
        "basis": typed.get("basis") or life.transition(action.name).basis.say(viewer.language),
        "revision": view.revision,
        "wrong": [*((f"f-{one.name}", one.label, one.error) for one in widgets if one.error), *_others(wrong, fields)],
        "why_not": why_not(action.why_not),
        "mend": action.mend,
    }
    partial = "HX-Request" in request.headers
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong and not partial else HTTPStatus.OK
    return render(request, "records/step_form.html" if partial else "records/step.html", context, status=status)


def _drawn(
    declared: RecordType, viewer: Viewer, field: Field, typed: Mapping[str, str], wrong: Mapping[str, str]
) -> Widget:
    return replace(widget(declared, viewer, field, typed, viewer.language), error=wrong.get(field.name, ""))


def _others(wrong: Mapping[str, str], fields: tuple[Field, ...]) -> list[tuple[str, str, str]]:
    names = {field.name for field in fields}
    return [
        ("f-reason" if name == "reason" else "", _("Reason") if name == "reason" else "", text)
        for name, text in wrong.items()
        if name not in names
    ]


@require_POST
@screen(Right.SEE, somewhere=True)
def reveal(request: HttpRequest, viewer: Viewer, type: str, id: int, field: str) -> HttpResponse:
    """A personal value in full; that it was read stands in the audit."""
    if field not in {one.name for one in facade.type_of(type).fields}:
        raise InvalidInput(f'there is no field "{field[:60]}"', type, "see the record", "no-field")
    value = facade.reveal(viewer, type, id, field, address=address_of(request))
    partial = "HX-Request" in request.headers
    context = {"value": value, "back": record_url(type, id)}
    return render(request, "records/revealed.html" if partial else "records/revealed_page.html", context)


@require_POST
@screen(Right.SEE, somewhere=True)
def remove(request: HttpRequest, viewer: Viewer, type: str, id: int) -> HttpResponse:
    """Delete a record that is still in its first state."""
    title = facade.get(viewer, type, id).title
    try:
        facade.remove(viewer, type, id)
    except (Conflict, InvalidInput) as error:
        messages.error(request, sentence(error))
        return HttpResponseRedirect(record_url(type, id))
    messages.success(request, _("“%(title)s” is deleted.") % {"title": title})
    return HttpResponseRedirect(addresses.list_url(type))

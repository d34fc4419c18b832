"""To whom a record is given: chosen among those who may take its next step, with the history."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.deputies.contracts import Colleague
from kandelia.kernel.records import facade as records
from kandelia.kernel.work import facade as work
from kandelia.surfaces.web.fields import Field
from kandelia.surfaces.web.records.shown import record_url
from kandelia.surfaces.web.screens import screen
from kandelia.surfaces.web.work.words import wrong


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def assignment(request: HttpRequest, viewer: Viewer, type: str, id: int) -> HttpResponse:
    """The choice and who had it; a supervisor who takes it from somebody says why."""
    view = records.get(viewer, type, id)
    history = work.assigned(viewer, type, id)
    held = next((one for one in history if one.ended_at is None), None)
    given = {name: request.POST.get(name, "") for name in ("person", "reason")}
    fields, status = _fields(viewer, type, id, given, taken=held is not None and held.person != viewer.person), 200
    if request.method == "POST":
        try:
            work.assign(viewer, type, id, given["person"], reason=given["reason"])
            messages.success(request, _("It is assigned.") if given["person"] else _("It is open to all again."))
            return HttpResponseRedirect(record_url(type, id))
        except (InvalidInput, NotAllowed) as error:
            fields, status = wrong(fields, error, "person"), HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"view": view, "url": record_url(type, id), "fields": fields, "history": history, "held": held}
    context["may_assign"] = work.may_assign(viewer, type, id)
    return render(request, "work/assignment.html", context, status=status)


def _fields(viewer: Viewer, type: str, id: int, given: dict[str, str], *, taken: bool) -> list[Field]:
    people = [(one.sign_in, _named(one)) for one in work.candidates(viewer, type, id)]
    return [
        Field(
            "person",
            _("Person"),
            "select",
            given["person"],
            _("Those who may take the next step."),
            choices=(("", _("nobody: open to all who may")), *people),
        ),
        Field("reason", _("Reason"), "text", given["reason"], required=taken),
    ]


def _named(one: Colleague) -> str:
    away = _(", away until %(day)s") % {"day": one.away_until} if one.away_until else ""
    return f"{one.name} ({one.sign_in}){away}"

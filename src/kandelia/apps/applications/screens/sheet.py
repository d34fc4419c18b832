"""The blind score sheet: a mark for each criterion, the findings that the measure leaves to reviewers, an opinion."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kandelia.apps.applications import store
from kandelia.apps.applications.applying import findings_titles
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.sdk.record_types import RecordView
from kandelia.sdk.record_types import facade as records
from kandelia.sdk.screens import screen, sentence
from kandelia.sdk.views import Right, Viewer

YES_NO = {"yes": True, "no": False}


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def sheet(request: HttpRequest, viewer: Viewer, id: int) -> HttpResponse:
    """Kept as a draft until it is handed in; then it is final."""
    view = records.get(viewer, "score", id)
    if request.method != "POST":
        return _draw(request, viewer, view, view.values)
    typed = _typed(request, view)
    try:
        records.change(viewer, "score", id, typed)
        if "give" in request.POST:
            records.act(viewer, "score", id, "give")
            messages.success(request, _("Handed in. Thank you."))
            return HttpResponseRedirect(reverse("record", args=["score", id]))
    except (InvalidInput, KandeliaError) as error:
        return _draw(request, viewer, records.get(viewer, "score", id), typed, sentence(error))
    messages.success(request, _("Saved as a draft."))
    return HttpResponseRedirect(reverse("applications-sheet", args=[id]))


def _typed(request: HttpRequest, view: RecordView) -> dict[str, Any]:
    call = store.call_of(view.values["application"].id)
    marks = {one["name"]: request.POST.get(f"mark-{n}", "").strip() for n, one in enumerate(call.criteria)}
    found = {name: YES_NO.get(request.POST.get(f"finding-{name}", "")) for name in findings_titles(call.line)}
    return {
        "marks": {name: mark for name, mark in marks.items() if mark},
        "findings": {name: value for name, value in found.items() if value is not None},
        "opinion": request.POST.get("opinion", ""),
    }


def _draw(request: HttpRequest, viewer: Viewer, view: RecordView, given: Any, error: str = "") -> HttpResponse:
    application = view.values["application"]
    call = store.call_of(application.id)
    criteria = [
        (f"mark-{n}", one["name"], one["max"], given["marks"].get(one["name"], ""))
        for n, one in enumerate(call.criteria)
    ]
    words = {True: "yes", False: "no", None: ""}
    findings = [
        (name, title.say(viewer.language), words[given["findings"].get(name)])
        for name, title in findings_titles(call.line).items()
    ]
    context = {
        "view": view,
        "application": application,
        "criteria": criteria,
        "findings": findings,
        "opinion": given["opinion"],
        "error": error,
        "open": view.state == "assigned",
    }
    return render(request, "applications/sheet.html", context, status=HTTPStatus.BAD_REQUEST if error else 200)

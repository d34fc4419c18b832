"""The lot of an application: its seed, everybody in its order with their conflicts, and who replaced whom."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kandelia.apps.applications import facade
from kandelia.base.errors import Conflict, InvalidInput
from kandelia.sdk.record_types import facade as records
from kandelia.sdk.screens import screen, sentence
from kandelia.sdk.views import Right, Viewer


@require_GET
@screen(Right.SEE)
def review(request: HttpRequest, viewer: Viewer, id: int) -> HttpResponse:
    """For the offices; marks are not on it."""
    view = records.get(viewer, "application", id)
    told = facade.review(viewer, id)
    may_replace = "acceptance" in viewer.duties and view.state == "expert_review"
    context = {"view": view, "told": told, "may_replace": may_replace}
    return render(request, "applications/review.html", context)


@require_POST
@screen(Right.SEE)
def replace(request: HttpRequest, viewer: Viewer, id: int) -> HttpResponse:
    """The next of the lot takes a place."""
    wanted = request.POST.get("reviewer", "")
    try:
        facade.replace(viewer, id, int(wanted) if wanted.isdigit() else 0, request.POST.get("reason", ""))
        messages.success(request, _("The next of the lot takes the place."))
    except (Conflict, InvalidInput) as error:
        messages.error(request, sentence(error))
    return HttpResponseRedirect(reverse("applications-review", args=[id]))

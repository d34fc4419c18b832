"""A call's budget: what is taken, and the step that scales the reserved amounts down alike."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kandelia.apps.applications import facade
from kandelia.base.errors import Conflict
from kandelia.sdk.record_types import facade as records
from kandelia.sdk.screens import screen, sentence
from kandelia.sdk.views import Right, Viewer


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def budget(request: HttpRequest, viewer: Viewer, id: int) -> HttpResponse:
    """For the offices; acceptance scales."""
    if request.method == "POST":
        try:
            done = facade.scale(viewer, id)
            messages.success(request, _("%(n)s amounts are scaled.") % {"n": len(done)})
        except Conflict as error:
            messages.error(request, sentence(error))
        return HttpResponseRedirect(reverse("applications-budget", args=[id]))
    told = facade.envelope(viewer, id)
    may_scale = told.rule == "pro_rata" and told.over > 0 and "acceptance" in viewer.duties
    context = {"view": records.get(viewer, "call", id), "told": told, "may_scale": may_scale}
    return render(request, "applications/budget.html", context)

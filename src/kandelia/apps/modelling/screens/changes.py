"""What the present form of a template would do to its machines, and applying it to those chosen."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kandelia.apps.modelling.screens.patterns import frame
from kandelia.base.errors import KandeliaError
from kandelia.sdk.records import templates
from kandelia.sdk.screens import screen, sentence
from kandelia.sdk.templates import InstanceDifference
from kandelia.sdk.views import Right, Viewer

SHOWN_MAX = 200  # machines drawn with every field; what is beyond is counted, and applied alike


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def changes(request: HttpRequest, viewer: Viewer, key: str) -> HttpResponse:
    """The difference, machine by machine; applied in one go or not at all."""
    wrong = ""
    if request.method == "POST":
        try:
            _apply(request, viewer, key)
            return HttpResponseRedirect(reverse("template-changes", args=[key]))
        except KandeliaError as error:
            wrong = sentence(error)
    view, found = templates.template(viewer, key), templates.preview(viewer, key)
    differing = [one for one in found if one.wrong or one.difference.any or one.instance.version != view.version]
    context = {
        "found": differing[:SHOWN_MAX],
        "beyond": max(0, len(differing) - SHOWN_MAX),
        "same": len(found) - len(differing),
        "total": len(found),
        "counts": _counts(differing),
        "wrong": wrong,
        "any_wrong": any(one.wrong for one in differing),
        "versions": templates.versions(viewer, key),
    }
    return render(request, "modelling/changes.html", {**frame(viewer, view), **context})


def _apply(request: HttpRequest, viewer: Viewer, key: str) -> None:
    every = "every" in request.POST
    chosen = () if every else tuple(request.POST.getlist("machine"))
    if not (every or chosen):
        messages.error(request, _("No machine is chosen."))
        return
    templates.publish(viewer, key)
    done = templates.apply(viewer, key, chosen)
    counts = {"n": done.instances, "new": done.created, "changed": done.changed, "retired": done.retired}
    said = _("Applied to %(n)s machines: %(new)s signals new, %(changed)s changed, %(retired)s retired.")
    messages.success(request, said % counts)


def _counts(found: list[InstanceDifference]) -> dict[str, int]:
    names = ("added", "changed", "retired")
    return {name: sum(len(getattr(one.difference, name)) for one in found) for name in names}

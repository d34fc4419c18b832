"""A template's parameters and signals as one form: addresses, connections and names are patterns."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from kandelia.apps.modelling.logic.rows import SIGNAL_CELLS, parameters_of, signal_cells, signals_of
from kandelia.base.errors import InvalidInput
from kandelia.sdk.records import connections, templates
from kandelia.sdk.screens import screen, sentence
from kandelia.sdk.templates import KINDS, OWN, TemplateView
from kandelia.sdk.views import Right, Viewer

BLANK_ROWS = 3
KIND_WORDS = {
    "float": gettext_lazy("number"),
    "integer": gettext_lazy("whole number"),
    "boolean": gettext_lazy("yes or no"),
    "text": gettext_lazy("text"),
    "enumeration": gettext_lazy("enumeration"),
}


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def patterns(request: HttpRequest, viewer: Viewer, key: str) -> HttpResponse:
    """The form; saved, it leads to what the change would do."""
    view, wrong = templates.template(viewer, key), ""
    form = {name: request.POST.getlist(name) for name in request.POST} if request.method == "POST" else {}
    if form:
        try:
            wanted = replace(view, signals=signals_of(form, view.signals), parameters=parameters_of(form))
            templates.put_template(viewer, wanted)
        except InvalidInput as error:
            wrong = sentence(error)
        else:
            messages.success(request, _("Saved as a draft. Nothing has changed on any machine yet."))
            return HttpResponseRedirect(reverse("template-changes", args=[key]))
    return render(request, "modelling/patterns.html", {**frame(viewer, view), **_rows(view, form), "wrong": wrong})


def frame(viewer: Viewer, view: TemplateView) -> dict[str, Any]:
    """What the three pages of a template share."""
    return {
        "template": view,
        "name": view.name.say(viewer.language) or view.key,
        "may_change": viewer.may(Right.CONFIGURE),
        "kinds": [(kind, KIND_WORDS.get(kind, kind)) for kind in KINDS],
        "own": OWN,
        "links": [one.key for one in connections.list_connections(viewer)],
    }


def _rows(view: TemplateView, form: dict[str, list[str]]) -> dict[str, Any]:
    """Rows as they are, or as they were typed when something was wrong with them."""
    if form:
        signals = [
            dict(zip((*SIGNAL_CELLS, "was"), cells, strict=True)) for cells in _columns(form, (*SIGNAL_CELLS, "was"))
        ]
        parameters = [
            dict(zip(("name", "kind", "default"), cells, strict=True))
            for cells in _columns(form, ("name", "ptype", "default"))
        ]
        return {"signals": signals, "parameters": parameters}
    blank = dict.fromkeys(SIGNAL_CELLS, "") | {"type": "float", "period": "1s", "was": ""}
    rows = [{**signal_cells(one), "was": one.key} for one in view.signals]
    own = [{"name": one.name, "kind": one.kind, "default": one.default} for one in view.parameters]
    return {"signals": rows + [blank] * BLANK_ROWS, "parameters": [*own, {"name": "", "kind": "text", "default": ""}]}


def _columns(form: dict[str, list[str]], names: tuple[str, ...]) -> list[tuple[str, ...]]:
    return list(zip(*(form.get(name, []) for name in names), strict=False))

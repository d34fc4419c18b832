"""The machines that use a template, and many more taken in from lines of text."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kandelia.apps.modelling.logic.rows import instances_of, table_of
from kandelia.apps.modelling.screens.patterns import frame
from kandelia.base.errors import KandeliaError, NotFound
from kandelia.base.text import LocalText
from kandelia.sdk.records import templates, things
from kandelia.sdk.screens import screen, sentence
from kandelia.sdk.templates import InstanceView, TemplateView
from kandelia.sdk.views import Right, Viewer

SHOWN_MAX = 500


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def machines(request: HttpRequest, viewer: Viewer, key: str) -> HttpResponse:
    """Who uses it in which version; lines that are sent lead to what they would do."""
    view, wrong, text = templates.template(viewer, key), "", request.POST.get("lines", "")
    if request.method == "POST":
        try:
            count = _take(viewer, view, text, make="make" in request.POST)
        except KandeliaError as error:
            wrong = sentence(error)
        else:
            messages.success(request, _("%(n)s machines taken in. Nothing is applied yet.") % {"n": count})
            return HttpResponseRedirect(reverse("template-changes", args=[key]))
    used = templates.instances(viewer, key)
    columns = [one.name for one in view.parameters]
    rows = [(one, [one.values.get(name, "") for name in columns], sorted(one.overrides)) for one in used[:SHOWN_MAX]]
    context = {"rows": rows, "columns": columns, "total": len(used), "wrong": wrong}
    lines = text or table_of((), view) + _example(viewer, view)
    return render(request, "modelling/machines.html", {**frame(viewer, view), **context, "lines": lines})


def _take(viewer: Viewer, view: TemplateView, text: str, *, make: bool) -> int:
    wanted, names = instances_of(text, view)
    there = {one.machine: one for one in templates.instances(viewer, view.key)}
    if make:
        for one, name in zip(wanted, names, strict=True):
            _make(viewer, one.machine, name)
    kept = [_with_overrides(one, there) for one in wanted]
    templates.put_instances(viewer, view.key, kept)
    return len(kept)


def _with_overrides(one: InstanceView, there: dict[str, InstanceView]) -> InstanceView:
    """What is set apart on a machine stays so when its line is sent again."""
    old = there.get(one.machine)
    return InstanceView(one.template, one.machine, one.connection, one.values, old.overrides if old else {})


def _make(viewer: Viewer, path: str, name: str) -> None:
    try:
        things.machine(viewer, path)
    except NotFound:
        things.put_machine(viewer, path, LocalText(zh=name, en=name))


def _example(viewer: Viewer, view: TemplateView) -> str:
    """The line of a machine that uses it already, as an example to follow."""
    used = templates.instances(viewer, view.key)[:1]
    return table_of(used, view).partition("\n")[2]

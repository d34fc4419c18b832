"""A template made of the signals that a machine has: parts of its addresses that differ elsewhere become parameters."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from kandelia.base.errors import KandeliaError
from kandelia.base.text import LocalText
from kandelia.sdk.records import signals, templates, things
from kandelia.sdk.screens import screen, sentence
from kandelia.sdk.templates import OWN, Proposal
from kandelia.sdk.views import Right, Viewer

ROWS = 4
SHOWN_MAX = 12


@require_http_methods(["GET", "POST"])
@screen(Right.CONFIGURE)
def making(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The proposals for a machine; confirmed, the template is there and the machine uses it."""
    path = request.POST.get("machine", "") or request.GET.get("machine", "")
    if not path:
        return render(request, "modelling/choose.html", {"machines": _machines(viewer)})
    machine, wrong = things.machine(viewer, path), ""
    typed = list(zip(request.POST.getlist("text"), request.POST.getlist("parameter"), strict=False))
    if request.method == "POST":
        chosen = [Proposal(text, name, 0, name not in OWN) for text, name in typed if text and name]
        name = LocalText(request.POST.get("zh", ""), request.POST.get("en", ""))
        try:
            view = templates.template_of_machine(viewer, path, request.POST.get("key", ""), name, chosen)
        except KandeliaError as error:
            wrong = sentence(error)
        else:
            return HttpResponseRedirect(reverse("template-machines", args=[view.key]))
    proposed = [(one.text, one.parameter) for one in templates.proposals(viewer, path)]
    rows = (typed if request.method == "POST" else proposed)[:ROWS]
    found = signals.of_machine(viewer, path)
    context = {
        "machine": machine,
        "rows": rows + [("", "")] * (ROWS - len(rows)),
        "signals": found[:SHOWN_MAX],
        "total": len(found),
        "wrong": wrong,
        "key": request.POST.get("key", machine.kind or ""),
        "zh": request.POST.get("zh", machine.name.zh),
        "en": request.POST.get("en", machine.name.en),
    }
    return render(request, "modelling/making.html", context)


def _machines(viewer: Viewer) -> list[tuple[str, str]]:
    found = []
    for site in things.tree(viewer):
        for area in site.areas:
            rows = [*(one for line in area.lines for one in line.machines), *area.machines]
            found += [(one.path, one.name.say(viewer.language) or one.key) for one in rows]
    return found

"""A record on paper: the documents there are now, and each as PDF."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.papers import facade as papers
from kandelia.kernel.records import facade
from kandelia.surfaces.web.downloads import disposition
from kandelia.surfaces.web.records.page import head
from kandelia.surfaces.web.screens import screen


@require_GET
@screen(Right.SEE)
def prints(request: HttpRequest, viewer: Viewer, type: str, id: int) -> HttpResponse:
    """The choice of documents; where there is one alone, that one."""
    found = papers.prints_of(viewer, type, id)
    if len(found) == 1:
        return HttpResponseRedirect(reverse("record-pdf", args=[type, id, found[0].name]))
    view = facade.get(viewer, type, id)
    documents = [
        (one.label.say(viewer.language), one.kind, reverse("record-pdf", args=[type, id, one.name])) for one in found
    ]
    context = {**head(facade.type_of(type), view, viewer.language), "documents": documents}
    return render(request, "records/prints.html", context)


@require_GET
@screen(Right.SEE)
def pdf(request: HttpRequest, viewer: Viewer, type: str, id: int, name: str) -> HttpResponse:
    """One document, made now; the browser shows it, for it is our own."""
    file_name, made = papers.pdf(viewer, type, id, name, request.GET.get("language", viewer.language))
    shown = {"Content-Disposition": disposition(file_name, "inline")}
    return HttpResponse(made, content_type="application/pdf", headers=shown)

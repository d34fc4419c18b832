"""The one search box: hits while typing, and a page of its own without scripts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.surfaces.web.registry import SEARCH_TEXT_MAX, search
from kandelia.surfaces.web.screens import screen

HITS_IN_BOX = 12
HITS_ON_PAGE = 100


@require_GET
@screen(Right.SEE, somewhere=True)
def find(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Pages, machines, signals and whatever else the apps know."""
    text = request.GET.get("q", "")[:SEARCH_TEXT_MAX]
    partial = "HX-Request" in request.headers
    hits = search(viewer, text, HITS_IN_BOX if partial else HITS_ON_PAGE)
    context = {"hits": [(hit, hit.kind.say(viewer.language)) for hit in hits], "text": text.strip()}
    return render(request, "web/hits.html" if partial else "web/search.html", context)

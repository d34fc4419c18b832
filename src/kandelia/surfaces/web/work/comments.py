"""A comment said, and the earlier ones."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from kandelia.base.errors import InvalidInput
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.records import facade as records
from kandelia.kernel.work import facade as work
from kandelia.surfaces.web.records.shown import record_url
from kandelia.surfaces.web.screens import screen
from kandelia.surfaces.web.work.words import told


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def comments(request: HttpRequest, viewer: Viewer, type: str, id: int) -> HttpResponse:
    """All that was said, in pages; what is sent is kept, or shown again with what is wrong."""
    wrong, text = "", request.POST.get("text", "")
    if request.method == "POST":
        try:
            work.comment(viewer, type, id, text, internal=bool(request.POST.get("internal")))
            return HttpResponseRedirect(f"{record_url(type, id)}#comments")
        except InvalidInput as error:
            wrong = told(error)
    view = records.get(viewer, type, id)
    page = work.comments(viewer, type, id, after=request.GET.get("after", ""))
    context = {
        "view": view,
        "comments": page.items,
        "more": page.next,
        "two_sides": view.organisation != view.handler,
        "handles": viewer.organisation == view.handler,
        "typed": text,
        "wrong": wrong,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "work/comments.html", context, status=status)

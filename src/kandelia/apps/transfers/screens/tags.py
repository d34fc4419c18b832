"""Tag lists of other systems as signals: shown first, then made, all or nothing."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from kandelia.apps.transfers.screens.machines import choices
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.sdk.records import connections
from kandelia.sdk.screens import screen
from kandelia.sdk.transfers import tagging
from kandelia.sdk.views import Right, Viewer

ROWS_SHOWN = 200


@require_http_methods(["GET", "POST"])
@screen(Right.CONFIGURE)
def tag_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Where a list is given, what it would become, and the button that makes it so."""
    machines, areas = choices(viewer)
    context: dict[str, Any] = {
        "connections": connections.list_connections(viewer),
        "machines": machines,
        "areas": areas,
        "sources": tagging.SOURCES,
        "orders": ("ABCD", "CDAB", "BADC", "DCBA"),
        "given": request.POST,
        "text": request.POST.get("text", ""),
    }
    status = 200
    if request.method == "POST":
        try:
            made = _read(request, viewer)
            context |= {"made": made, "shown": made.tags[:ROWS_SHOWN], "text": made.text}
            if request.POST.get("apply"):
                tagging.apply(viewer, made)
                address = f"{reverse('plant-signals')}?connection={made.asked.connection}"
                return HttpResponseRedirect(address)
        except KandeliaError as error:
            context["error"], status = error, 422
    return render(request, "transfers/tags.html", context, status=status)


def _read(request: HttpRequest, viewer: Viewer) -> tagging.Made:
    file = request.FILES.get("file")
    name, text = request.POST.get("file_name", "tags"), request.POST.get("text", "")
    if file is not None:
        name, text = file.name or "tags", tagging.text_of(file.read(tagging.BYTES_MAX + 1))
    if not text:
        raise InvalidInput("there is no file yet", "file", "choose the exported list", "no-file")
    given = request.POST
    asked = tagging.Asked(
        source=given.get("source", "kepware"),
        connection=given.get("connection", ""),
        machine=given.get("machine", ""),
        area=given.get("area", ""),
        prefix=given.get("prefix", "").strip(),
        order=given.get("order", ""),
    )
    return tagging.read(viewer, text, name, asked)

"""Tag lists of other systems as signals: shown first, then made, all or nothing."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from kandelia.apps.transfers.screens.machines import choices, refusal
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.base.text import Said
from kandelia.sdk.records import connections
from kandelia.sdk.screens import said, screen
from kandelia.sdk.transfers import tagging
from kandelia.sdk.views import Right, Viewer

ROWS_SHOWN = 200
MISTAKES_SHOWN = 200


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
            context |= {"made": made, "shown": _shown(viewer, made), "wrong": _wrong(made), "text": made.text}
            context["file_name"] = _file_name(request)
            if request.POST.get("apply"):
                tagging.apply(viewer, made)
                address = f"{reverse('plant-signals')}?connection={made.asked.connection}"
                return HttpResponseRedirect(address)
        except KandeliaError as error:
            context["error"], status = refusal(error), 422
    return render(request, "transfers/tags.html", context, status=status)


def _shown(viewer: Viewer, made: tagging.Made) -> list[dict[str, Any]]:
    return [
        {"one": one, "name": one.name.say(viewer.language), "kind": one.kind.name.lower()}
        for one in made.tags[:ROWS_SHOWN]
    ]


def _wrong(made: tagging.Made) -> list[dict[str, str]]:
    """What cannot be taken over, in the reader's language."""
    shown = made.mistakes[:MISTAKES_SHOWN]
    return [{"name": one.name, "where": said(one.where), "what": said(one.what)} for one in shown]


def _file_name(request: HttpRequest) -> str:
    file = request.FILES.get("file")
    return (file.name if file is not None else request.POST.get("file_name", "")) or "tags"


def _read(request: HttpRequest, viewer: Viewer) -> tagging.Made:
    file = request.FILES.get("file")
    name, text = _file_name(request), request.POST.get("text", "")
    if file is not None:
        text = tagging.text_of(file.read(tagging.BYTES_MAX + 1))
    if not text:
        mend = Said("请选择导出的点表", "choose the exported list")
        raise InvalidInput(Said("还没有文件", "there is no file yet"), "file", mend, "no-file")
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

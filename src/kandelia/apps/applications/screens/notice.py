"""The public notice, made from the record alone: what, who, how much, by which clause, how long, where to object."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kandelia.apps.applications import store
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import facade as records
from kandelia.sdk.records import access
from kandelia.sdk.screens import public
from kandelia.sdk.services import service


@public
@require_GET
def notice(request: HttpRequest, id: int) -> HttpResponse:
    """For everybody while it is public; printed as it stands."""
    viewer = access.viewer_of_request(request)
    view = records.get(viewer, "application", id)
    call = store.call_of(id)
    line = next(one for one in service("measures.documents")()["lines"] if one["line"] == call.line)
    values = view.values
    amount = values.get("scaled") if values.get("scaled") is not None else values.get("proposed")
    context = {
        "view": view,
        "call": call,
        "line": LocalText(**line["title"]),
        "amount": amount,
        "raw": store.application(id),
        "bureau": str(call.entry.organisation),
    }
    return render(request, "applications/notice.html", context)

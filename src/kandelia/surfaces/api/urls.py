"""The API under /api/v1: every endpoint, with the routers that apps declare."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, URLResolver, path
from django.utils.module_loading import import_string
from ninja import NinjaAPI

import kandelia
from kandelia.base.errors import KandeliaError
from kandelia.kernel.access.facade import viewer_of_request
from kandelia.surfaces.api import (
    account,
    activity,
    commands,
    history,
    loading,
    record_endpoints,
    record_papers,
    record_parts,
    record_schemas,
    records,
    repeating,
    rights,
    templates,
    work,
)
from kandelia.surfaces.api.answering import answer_errors, wrong_method
from kandelia.surfaces.web import registry
from kandelia.surfaces.web.answers import answer

View = Callable[..., HttpResponseBase]


class _Api(NinjaAPI):
    """With the schemas of record types, which come from their declarations."""

    def get_openapi_schema(self, **options: Any) -> Any:
        """The document."""
        document = super().get_openapi_schema(**options)
        made = document["components"].setdefault("schemas", {})
        made.update(record_schemas.components() | record_endpoints.PROBLEM)
        return document


api = _Api(
    title="Kandelia",
    version=kandelia.__version__,
    description=(
        "Send a token as `Authorization: Bearer …`, or a session with its X-CSRFToken. Errors are problem+json "
        "(RFC 9457). Times are ISO 8601 with a zone, or whole ms since 1970. Lists come in pages: put `next` into "
        "`after`."
    ),
    docs_url=None,
    openapi_extra={
        "security": [{"token": []}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    },
)
answer_errors(api)
for room in (
    account,
    records,
    templates,
    history,
    loading,
    activity,
    commands,
    record_endpoints,
    record_parts,
    record_papers,
    work,
    rights,
):
    api.add_router("", room.router)
for app in registry.registered():
    if app.api:
        api.add_router("", import_string(f"{app.api}.router"))


def _with_problems(view: View) -> View:
    """405 as problem+json too; a write with an Idempotency-Key is done once."""

    @wraps(view)
    def answered(request: HttpRequest, *parts: Any, **named: Any) -> HttpResponseBase:
        viewer = viewer_of_request(request) if repeating.keyed(request) else None
        try:
            if viewer is None:
                response = view(request, *parts, **named)
            else:
                response = repeating.repeatable(request, viewer, lambda: view(request, *parts, **named))
        except KandeliaError as error:  # of the key itself: what an endpoint refuses is an answer by now
            return answer(request, error)
        if isinstance(response, HttpResponseNotAllowed):
            return wrong_method(request, response.headers["Allow"])
        return response

    return answered


def _patterns() -> list[URLResolver]:
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = _with_problems(pattern.callback)
    return [path("", (patterns, app, namespace))]


urlpatterns = _patterns()

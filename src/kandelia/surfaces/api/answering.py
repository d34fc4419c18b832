"""How the API answers: errors as problem+json, files as streams, who asks as a Viewer."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from kandelia.base.errors import InvalidInput, KandeliaError, NotAllowed, NotFound, TooMuch
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.facade import address_of, note_refusal, viewer_of_request
from kandelia.surfaces.web.answers import answer

FIELDS_TOLD_MAX = 10


def viewer_of(request: HttpRequest) -> Viewer:
    """Who asks; NotAllowed for nobody, though the door has stopped them before."""
    viewer = viewer_of_request(request)
    if viewer is None:
        raise NotAllowed("nobody is signed in", request.path, "send a Bearer token or sign in", "not-signed-in")
    return viewer


def answer_errors(api: NinjaAPI) -> None:
    """Every error of an endpoint leaves as problem+json; unknown ones go on to the frame, which logs them."""
    handlers: dict[type[Exception], Any] = {
        KandeliaError: _known,
        ValidationError: _invalid,
        RequestDataTooBig: _too_large,
        HttpError: _http,
        Http404: _missing,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _known(request: HttpRequest, error: Exception) -> HttpResponse:
    assert isinstance(error, KandeliaError)  # noqa: S101 — registered for it
    viewer = viewer_of_request(request)
    if isinstance(error, NotAllowed) and viewer is not None:
        note_refusal(viewer.subject, "refused", request.path, {"what": error.what}, address_of(request))
    if viewer is None and isinstance(error, NotAllowed):
        return answer(request, error, HTTPStatus.UNAUTHORIZED)
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if error.code == "too-large" else 0
    return answer(request, error, status)


def _invalid(request: HttpRequest, error: Exception) -> HttpResponse:
    found = getattr(error, "errors", [])[:FIELDS_TOLD_MAX]
    places = [
        ".".join(str(part) for part in one.get("loc", ()) if part not in ("body", "query", "path")) for one in found
    ]
    what = "; ".join(f"{place or 'body'}: {one.get('msg', '')}" for place, one in zip(places, found, strict=True))
    mend = "see openapi.json for what each field takes"
    return answer(request, InvalidInput(what[:1_000], ", ".join(places) or "body", mend, "invalid-request"))


def _too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    too_much = TooMuch("the request is too large", "body", "send less at once", "too-large")
    return answer(request, too_much, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _http(request: HttpRequest, error: Exception) -> HttpResponse:
    status = int(getattr(error, "status_code", HTTPStatus.BAD_REQUEST))
    return answer(
        request, InvalidInput(str(error), "body", "send JSON as openapi.json says", "invalid-request"), status
    )


def _missing(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer(request, NotFound("there is no such address", request.path[:200], "see openapi.json", "not-found"))


def wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    """405 as problem+json."""
    error = InvalidInput(f"{request.method} is not known here", request.path[:200], f"use {allowed}", "wrong-method")
    made = answer(request, error, HTTPStatus.METHOD_NOT_ALLOWED)
    made["Allow"] = allowed
    return made


def stream(chunks: Iterator[bytes], content_type: str, file_name: str) -> HttpResponseBase:
    """A download that is sent as it is made. The first chunk is made here, so that an error still has its status."""
    first = next(chunks, b"")
    answered = StreamingHttpResponse(_ahead(first, chunks), content_type=content_type)
    answered["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return answered


async def _ahead(first: bytes, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    try:
        yield first
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            yield chunk
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            await asyncio.to_thread(close)

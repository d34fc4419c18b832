"""Errors as pages for people and as problem+json (RFC 9457) for programs."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from kandelia.base.errors import (
    Conflict,
    InvalidInput,
    KandeliaError,
    NotAllowed,
    NotFound,
    TooMuch,
    Unavailable,
)
from kandelia.base.ids import new_id
from kandelia.surfaces.web.words import said, words

REFERENCE_LENGTH = 10
STATUS: dict[type[KandeliaError], HTTPStatus] = {
    InvalidInput: HTTPStatus.BAD_REQUEST,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    TooMuch: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
log = logging.getLogger("kandelia.web")


def wants_json(request: HttpRequest) -> bool:
    """True for addresses of the API."""
    return request.path.startswith("/api/")


def answer(request: HttpRequest, error: KandeliaError, status: int = 0) -> HttpResponse:
    """The error in the form that this address speaks."""
    status = status or status_of(error)
    reference = reference_of(request)
    if wants_json(request):
        return problem(status, error, reference, said if "Accept-Language" in request.headers else str)
    what, mend = words(error)
    context = {
        "what": what,
        "where": error.where,
        "mend": mend,
        "status": status,
        "reference": reference,
        "title": _titles().get(status, ""),
    }
    return render(request, "web/error.html", context, status=status)


def problem(status: int, error: KandeliaError, reference: str, say: Callable[[str], str] = str) -> JsonResponse:
    """RFC 9457, with where and mend as extension members; detail and mend in the language that the asker names."""
    body = {
        "type": f"urn:kandelia:{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": say(error.what),
        "where": error.where,
        "mend": say(error.mend),
        "reference": reference,
    }
    made = JsonResponse({name: value for name, value in body.items() if value != ""}, status=status)
    made["Content-Type"] = "application/problem+json"
    if status == HTTPStatus.UNAUTHORIZED:
        made["WWW-Authenticate"] = 'Bearer realm="kandelia"'
    return made


def status_of(error: KandeliaError) -> int:
    """The HTTP status of an error, 500 for one of no known kind."""
    return next(
        (status for kind, status in STATUS.items() if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR
    )


def reference_of(request: HttpRequest) -> str:
    """What a person quotes and the log holds; one a request."""
    if not hasattr(request, "reference"):
        request.reference = new_id()[-REFERENCE_LENGTH:]  # type: ignore[attr-defined]
    return request.reference  # type: ignore[attr-defined,no-any-return]


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back here afterwards; 401 for programs, a whole-page jump for partial requests."""
    if wants_json(request):
        return answer(
            request,
            NotAllowed("nobody is signed in", request.path, "send a Bearer token or sign in", "not-signed-in"),
            HTTPStatus.UNAUTHORIZED,
        )
    after = request.get_full_path() if request.method == "GET" and "HX-Request" not in request.headers else ""
    address = reverse("sign-in") + (f"?{urlencode({'next': after})}" if after not in ("", "/") else "")
    if "HX-Request" in request.headers:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler400."""
    return answer(
        request, InvalidInput(_("the request cannot be understood"), "", _("go back and try again"), "bad-request")
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler403."""
    return answer(request, NotAllowed(_("this is not allowed"), "", _("ask an administrator"), "not-allowed"))


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW."""
    log.info("refused a request without a valid CSRF token: %s (%s)", request.path, reason)
    return answer(
        request,
        NotAllowed(
            _("this form is too old, or was not sent by this site"), "", _("load the page again and repeat"), "csrf"
        ),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler404."""
    return answer(
        request, NotFound(_("there is no such page"), request.path[:200], _("check the address"), "no-such-page")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: says nothing of the inside; the log has it under the reference."""
    error = KandeliaError(
        _("something went wrong on our side"), "", _("try again; if it stays, quote the reference"), "internal-error"
    )
    return answer(request, error, HTTPStatus.INTERNAL_SERVER_ERROR)


def _titles() -> dict[int, str]:
    return {
        400: _("This cannot be understood"),
        403: _("You may not do this"),
        404: _("Not found"),
        409: _("This collides with something"),
        413: _("This is too large"),
        429: _("Too much at once"),
        500: _("An error of ours"),
        503: _("A part of the platform is away"),
    }

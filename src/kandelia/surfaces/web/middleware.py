"""What every request passes: security headers, CSRF, and the door that is shut unless opened."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseForbidden,
    HttpResponseRedirect,
)
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import reverse

from kandelia.base.errors import KandeliaError, NotAllowed, TooMuch
from kandelia.kernel.access.facade import address_of, note_refusal, remembering, signed_in, viewer_of_request
from kandelia.surfaces.web.answers import answer, ask_to_sign_in, reference_of, server_error, wants_json
from kandelia.surfaces.web.packing import pack
from kandelia.surfaces.web.screens import is_public

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
OPEN_WHILE_OWING = ("sign-out", "set-language", "set-theme")
OWED = {
    "change-password": ("the password must be changed first", "", "sign in and change it"),
    "second-factor": ("your role asks for a second factor", "", "sign in and set one up"),
}
Answer = Callable[[HttpRequest], HttpResponseBase]
log = logging.getLogger("kandelia.web")


def security_headers(answer_to: Answer) -> Answer:
    """Headers of every answer (OWASP Secure Headers); what is personal is kept by no cache. Pages leave gzipped."""

    def wrapped(request: HttpRequest) -> HttpResponseBase:
        response = pack(request, answer_to(request))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return wrapped


class Csrf(CsrfViewMiddleware):
    """Every session is checked, whatever a view says of itself; a request with its own credentials needs no check."""

    def process_view(
        self, request: HttpRequest, callback: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseForbidden | None:
        """Bearer tokens are never sent by a browser on another site's behalf."""
        if "Authorization" in request.headers:
            request.csrf_processing_done = True  # type: ignore[attr-defined]
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
            return None
        return super().process_view(request, _checked, args, kwargs)


def _checked(_request: HttpRequest) -> HttpResponse:
    """Stands in for a view that claims to be exempt; only its lack of a claim is read."""
    return HttpResponse()


class Door:
    """Deny by default: without a viewer only public pages open. Errors leave in the form the address speaks."""

    def __init__(self, answer_to: Answer) -> None:
        self.answer_to = answer_to

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The work is in the hooks below; places of organisations are asked once a request."""
        with remembering():
            return self.answer_to(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Stops whoever may not pass."""
        if is_public(view):
            return None
        viewer = viewer_of_request(request)
        if viewer is None:
            return ask_to_sign_in(request)
        if viewer.subject.startswith("person:") and (owed := self._owed(request)):
            if wants_json(request):
                return answer(request, NotAllowed(*OWED[owed], owed))
            return HttpResponseRedirect(reverse(owed))
        return None

    def _owed(self, request: HttpRequest) -> str:
        """The page that a person must be done with before any other opens, "" for none."""
        here = request.resolver_match.url_name if request.resolver_match else ""
        who = signed_in(request)
        if who is None or here in OPEN_WHILE_OWING:
            return ""
        if who.person.must_change_password:
            return "change-password" if here != "change-password" else ""
        return "second-factor" if who.wants_proof and here != "second-factor" else ""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Known errors in the user's words; unknown ones to the log, under the reference the person sees."""
        if isinstance(error, KandeliaError):
            self._note(request, error)
            return answer(request, error)
        if isinstance(error, RequestDataTooBig):
            too_much = TooMuch("the request is too large", request.path, "send less at once", "too-large")
            return answer(request, too_much, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if isinstance(error, Http404 | PermissionDenied | SuspiciousOperation | BadRequest | MultiPartParserError):
            return None
        return self._failed(request, error)

    def _failed(self, request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("%s %s failed, reference %s", request.method, request.path, reference_of(request), exc_info=error)
        return server_error(request)

    def _note(self, request: HttpRequest, error: KandeliaError) -> None:
        viewer = viewer_of_request(request)
        if isinstance(error, NotAllowed) and viewer is not None:
            note_refusal(viewer.subject, "refused", request.path, {"what": error.what}, address_of(request))

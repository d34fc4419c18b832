"""Sign-in by a provider (OpenID Connect Core 1.0, code flow with PKCE, RFC 7636)."""

import logging
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET

from kandelia.base.errors import KandeliaError, NotAllowed, Unavailable
from kandelia.kernel.access.sessions import PROVEN
from kandelia.kernel.credentials import facade as credentials
from kandelia.kernel.credentials.contracts import Admission
from kandelia.surfaces.web.answers import status_of
from kandelia.surfaces.web.fields import sentence
from kandelia.surfaces.web.pages.preferences import here_or_start, remember
from kandelia.surfaces.web.screens import public

OIDC = "kandelia.surfaces.web.pages.oidc"
HEADING = "provider_after"
log = logging.getLogger("kandelia.web")


def name() -> str:
    """What people call the provider, "" where none is set."""
    oidc = settings.PLATFORM.oidc
    return str(oidc.name or oidc.issuer.partition("://")[2].partition("/")[0]) if oidc.issuer else ""


def vouched(request: HttpRequest) -> bool:
    """True where this session began by the provider's word."""
    return bool(request.session.get(PROVEN) == "provider" and name())


@public
@require_GET
def go(request: HttpRequest) -> HttpResponse:
    """To the provider."""
    request.session[HEADING] = request.GET.get("next", "/")
    try:
        return _ask("to_provider", request, _address(request, "provider-return"))  # type: ignore[no-any-return]
    except Unavailable as error:
        return _refuse(request, error)


@public
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """From the provider: its answer is checked, then the person let in or refused."""
    after = str(request.session.pop(HEADING, "/"))
    try:
        who = _ask("who_came", request)
        person = credentials.sign_in_foreigner(request, who, _rule())
    except (NotAllowed, Unavailable) as error:
        log.warning("a sign-in by the provider is refused: %s", error)
        return _refuse(request, error)
    return remember(HttpResponseRedirect(here_or_start(after)), language=person.language, theme=person.theme)


@public
@require_GET
def leave(request: HttpRequest) -> HttpResponse:
    """On to the provider's own sign-out, which leads back here."""
    try:
        return HttpResponseRedirect(_ask("sign_out_address", _address(request, "sign-in")))
    except Unavailable as error:
        return _refuse(request, error)


def _ask(what: str, *parts: Any) -> Any:
    """Call what needs the library; 404 where no provider is set."""
    if not name():
        raise Http404
    return import_string(f"{OIDC}.{what}")(*parts)


def _rule() -> Admission:
    platform = settings.PLATFORM
    return Admission(platform.oidc.organisation or platform.organisation, platform.oidc.first, settings.OIDC_ROLES)


def _address(request: HttpRequest, page: str) -> str:
    """An address of ours for the provider to send this reader back to; it knows which ones are ours."""
    base = settings.PLATFORM.oidc.address.rstrip("/")
    return base + reverse(page) if base else request.build_absolute_uri(reverse(page))


def _refuse(request: HttpRequest, error: KandeliaError) -> HttpResponse:
    context = {"after": "/", "name": "", "error": sentence(error), "provider": name()}
    return render(request, "web/sign_in.html", context, status=status_of(error))

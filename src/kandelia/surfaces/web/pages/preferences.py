"""The person's own matters: language, theme, organisation, profile."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_POST

from kandelia.base.errors import NotAllowed, NotFound
from kandelia.base.text import LANGUAGES
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.credentials import facade as credentials
from kandelia.surfaces.web.context import THEME_COOKIE
from kandelia.surfaces.web.screens import public, screen

COOKIE_AGE_S = 365 * 86_400
CODES = {"zh": "zh-hans", "en": "en"}


@public
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Before signing in a cookie remembers it, afterwards the person as well."""
    chosen = request.POST.get("language", "")
    chosen = chosen if chosen in LANGUAGES else "zh"
    who = access.signed_in(request)
    if who is not None:
        access.set_preferences(who.person.id, language=chosen)
    return remember(HttpResponseRedirect(_back(request)), language=chosen)


@public
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """As with the language; scripts get an empty answer, since they have turned the page already."""
    chosen = request.POST.get("theme", "")
    chosen = chosen if chosen in access.THEMES else "system"
    who = access.signed_in(request)
    if who is not None:
        access.set_preferences(who.person.id, theme=chosen)
    quiet = request.headers.get("X-Requested-With") == "fetch"
    answer = HttpResponse(status=HTTPStatus.NO_CONTENT) if quiet else HttpResponseRedirect(_back(request))
    return remember(answer, theme=chosen)


@require_POST
def set_organisation(request: HttpRequest) -> HttpResponse:
    """Another of the person's organisations; back to the start, for the page at hand may not exist there."""
    access.switch_organisation(request, request.POST.get("organisation", ""))
    return HttpResponseRedirect("/")


@require_GET
@screen(Right.SEE, somewhere=True)
def profile(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Who one is here, how one likes to see things, and where one is signed in."""
    person = viewer.person
    context = {
        "who": access.signed_in(request),
        "viewer": viewer,
        "factor": credentials.of(person) if person is not None else None,
        "sessions": credentials.sessions_of(request, person) if person is not None else (),
    }
    return render(request, "web/profile.html", context)


@require_POST
@screen(Right.SEE, somewhere=True)
def end_session(request: HttpRequest, viewer: Viewer, id: int) -> HttpResponse:
    """Ends one of the person's own sessions."""
    if viewer.person is None:
        raise NotAllowed("a token has no sessions", "session", "sign in in a browser", "not-allowed")
    try:
        credentials.end_session(viewer.person, id, address=access.address_of(request))
        messages.success(request, _("The session is ended."))
    except NotFound:
        messages.error(request, _("That session has ended already."))
    return HttpResponseRedirect(reverse("profile"))


@require_POST
def save_profile(request: HttpRequest) -> HttpResponse:
    """Language and theme at once."""
    who = access.signed_in(request)
    language, theme = request.POST.get("language", ""), request.POST.get("theme", "")
    if who is None:
        raise NotAllowed("a token has no profile", "profile", "sign in in a browser", "not-allowed")
    access.set_preferences(who.person.id, language=language, theme=theme)
    with override(CODES[language]):
        messages.success(request, _("Saved."))
    return remember(HttpResponseRedirect(_back(request)), language=language, theme=theme)


def remember(answer: HttpResponse, *, language: str = "", theme: str = "") -> HttpResponse:
    """Cookies of what was chosen; nothing for what is empty."""
    if language in CODES:
        _cookie(answer, settings.LANGUAGE_COOKIE_NAME, CODES[language])
    if theme in access.THEMES:
        _cookie(answer, THEME_COOKIE, theme)
    return answer


def _cookie(answer: HttpResponseBase, name: str, value: str) -> None:
    answer.set_cookie(
        name, value, max_age=COOKIE_AGE_S, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )


def _back(request: HttpRequest) -> str:
    return here_or_start(request.POST.get("next", "/"))


def here_or_start(wanted: str) -> str:
    """Where to go on: only addresses of this site."""
    local = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if local else "/"

"""Signing in and out, and changing one's password."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kandelia.base.errors import InvalidInput, NotAllowed, TooMuch
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import PersonView
from kandelia.kernel.credentials import facade as credentials
from kandelia.surfaces.web.answers import status_of
from kandelia.surfaces.web.fields import Field, sentence, with_error
from kandelia.surfaces.web.pages import provider
from kandelia.surfaces.web.pages.preferences import here_or_start, remember
from kandelia.surfaces.web.screens import public

NAME_LENGTH_SHOWN = 150


@public
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The first page; goes on to where the person was heading."""
    after = _after(request)
    if request.method == "GET":
        return HttpResponseRedirect(after) if access.signed_in(request) else _sign_in_page(request, after)
    name = request.POST.get("name", "")
    try:
        person = access.sign_in(request, name, request.POST.get("password", ""))
    except (NotAllowed, TooMuch) as error:
        return _sign_in_page(request, after, name[:NAME_LENGTH_SHOWN], sentence(error), status_of(error))
    if person is None:
        return HttpResponseRedirect(f"{reverse('sign-in-code')}?{urlencode({'next': after})}")
    return welcome(person, after)


@public
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code of those who have an authenticator, or one of their recovery codes."""
    after, error, status = _after(request), "", int(HTTPStatus.OK)
    if not credentials.waits_for_code(request):
        return HttpResponseRedirect(reverse("sign-in"))
    if request.method == "POST":
        try:
            return welcome(credentials.finish(request, request.POST.get("code", "")), after)
        except (NotAllowed, TooMuch) as refused:
            error, status = sentence(refused), status_of(refused)
    return render(request, "web/sign_in_code.html", {"after": after, "error": error}, status=status)


def welcome(person: PersonView, after: str) -> HttpResponse:
    """On to where somebody was heading who has just been let in; their language and theme are remembered."""
    target = reverse("change-password") if person.must_change_password else after
    return remember(HttpResponseRedirect(target), language=person.language, theme=person.theme)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    by_provider = provider.vouched(request)
    access.sign_out(request)
    return HttpResponseRedirect(reverse("sign-in") + ("?left=provider" if by_provider else ""))


@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """The person's own change; the page they are led to where an administrator gave the password."""
    who = access.signed_in(request)
    if who is None:
        raise NotAllowed("tokens have no password", "password", "sign in as a person", "not-allowed")
    fields = _password_fields()
    status = HTTPStatus.OK
    if request.method == "POST":
        try:
            old, new = request.POST.get("old", ""), request.POST.get("new", "")
            if new != request.POST.get("again", ""):
                raise InvalidInput(_("The two new passwords differ"), "again", _("type the same twice"), "differ")
            access.change_password(who.person.id, old, new, address=access.address_of(request))
            access.keep_session(request, who.person.id)
            messages.success(request, _("Your password is changed. Other sessions of yours have ended."))
            return HttpResponseRedirect("/" if who.person.must_change_password else reverse("profile"))
        except InvalidInput as error:
            fields = with_error(fields, error, "new")
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"fields": fields, "must": who.person.must_change_password, "name": who.person.sign_in}
    return render(request, "web/change_password.html", context, status=status)


def _sign_in_page(
    request: HttpRequest, after: str, name: str = "", error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "after": after,
        "name": name,
        "error": error,
        "provider": provider.name(),
        "left_provider": request.GET.get("left") == "provider" and provider.name(),
    }
    return render(request, "web/sign_in.html", context, status=status)


def _after(request: HttpRequest) -> str:
    """Where to go on; only addresses of this site."""
    return here_or_start(request.POST.get("next") or request.GET.get("next") or "/")


def _password_fields() -> list[Field]:
    return [
        Field("old", _("Current password"), "password", autocomplete="current-password", focus=True),
        Field(
            "new",
            _("New password"),
            "password",
            help=_("At least %(n)s characters. A few words in a row are easy to remember and hard to guess.")
            % {"n": settings.PLATFORM.sign_in.password_length_min},
            autocomplete="new-password",
        ),
        Field("again", _("New password again"), "password", autocomplete="new-password"),
    ]

"""The person's own second factor: set up, recovery codes, taken away."""

from http import HTTPStatus

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kandelia.base.errors import InvalidInput, NotAllowed, NotFound
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.credentials import facade as credentials
from kandelia.surfaces.web.fields import Field, with_error
from kandelia.surfaces.web.screens import screen

GROUP = 4  # letters of the secret that are read at once


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def second_factor(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Sets it up by the code of a fresh authenticator; afterwards tells how it stands."""
    person = _person(viewer)
    if credentials.of(person).since is not None:
        return _page(request, person, _fields())
    if request.method == "GET":
        return _setting_up(request, person, _fields())
    try:
        codes = credentials.confirm(person, request.POST.get("code", ""), address=access.address_of(request))
    except InvalidInput as error:
        return _setting_up(request, person, with_error(_fields(), error, "code"), HTTPStatus.UNPROCESSABLE_ENTITY)
    access.note_proof(request, "code")
    return _page(request, person, _fields(), codes=codes)


@require_POST
@screen(Right.SEE)
def change(request: HttpRequest, viewer: Viewer, what: str) -> HttpResponse:
    """Fresh recovery codes, or no second factor any more; each needs a code."""
    person, address, code = _person(viewer), access.address_of(request), request.POST.get("code", "")
    try:
        if what == "renew":
            return _page(request, person, _fields(), codes=credentials.renew_codes(person, code, address=address))
        if what != "remove":
            raise NotFound("there is no such action", what, "see your profile", "not-found")
        credentials.remove_own(person, code, address=address)
    except InvalidInput as error:
        return _page(request, person, with_error(_fields(), error, "code"), HTTPStatus.UNPROCESSABLE_ENTITY)
    access.note_proof(request, "")
    messages.success(request, _("No code is asked of you any more."))
    return HttpResponseRedirect(reverse("profile"))


def _setting_up(request: HttpRequest, person: int, fields: list[Field], status: int = HTTPStatus.OK) -> HttpResponse:
    made = credentials.enrol(person)
    drawn = segno.make(made.address, error="m").svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=False)
    who = access.signed_in(request)
    context = {
        "fields": fields,
        "picture": mark_safe(drawn),  # noqa: S308  drawn here, of our own text
        "secret": " ".join(made.secret[at : at + GROUP] for at in range(0, len(made.secret), GROUP)),
        "must": who is not None and who.wants_proof,
    }
    return render(request, "web/second_factor_setup.html", context, status=status)


def _page(
    request: HttpRequest, person: int, fields: list[Field], status: int = HTTPStatus.OK, **more: object
) -> HttpResponse:
    context = {"fields": fields, "factor": credentials.of(person), **more}
    return render(request, "web/second_factor.html", context, status=status)


def _fields() -> list[Field]:
    help = _("Six digits from the authenticator.")
    return [Field("code", _("Code"), help=help, autocomplete="one-time-code", focus=True)]


def _person(viewer: Viewer) -> int:
    if viewer.person is None:
        raise NotAllowed("a token has no second factor", "code", "sign in in a browser", "not-allowed")
    return viewer.person

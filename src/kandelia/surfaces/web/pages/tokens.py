"""My tokens: made, shown once, revoked."""

from datetime import datetime, time, timedelta
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kandelia.base.errors import Conflict, InvalidInput, KandeliaError, NotAllowed, NotFound
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import RIGHTS, Right, Role, Viewer
from kandelia.surfaces.web.answers import status_of
from kandelia.surfaces.web.fields import Field, with_error
from kandelia.surfaces.web.pages.rights import place_choices
from kandelia.surfaces.web.screens import screen
from kandelia.surfaces.web.templatetags.parts import role_word

LIFE_DAYS = 90


@require_http_methods(["GET", "POST"])
@screen(Right.SEE, somewhere=True)
def tokens(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The list and the form; a new secret is in the answer to the form and nowhere else."""
    if request.method == "GET":
        return _page(request, viewer, _fields(viewer))
    given = {name: request.POST.get(name, "") for name in ("name", "role", "place", "expires_at")}
    try:
        made, secret = access.create_token(
            viewer,
            given["name"],
            _role(given["role"]),
            end_of(given["expires_at"]),
            places=[given["place"]] if given["place"] else (),
            address=access.address_of(request),
        )
    except (InvalidInput, Conflict, NotAllowed, NotFound) as error:
        return _page(request, viewer, with_error(_fields(viewer, given), error, "name"), status=status_of(error))
    origin = f"{request.scheme}://{request.get_host()}"
    return _page(request, viewer, _fields(viewer), made=made, secret=secret, origin=origin)


@require_POST
@screen(Right.SEE, somewhere=True)
def revoke(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """Ends one token."""
    try:
        access.revoke_token(viewer, id, address=access.address_of(request))
        messages.success(request, _("The token is revoked. What used it is refused from now on."))
    except KandeliaError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("tokens"))


def _page(
    request: HttpRequest, viewer: Viewer, fields: list[Field], status: int = HTTPStatus.OK, **more: object
) -> HttpResponse:
    context = {"tokens": access.list_tokens(viewer), "fields": fields, "now": timezone.now(), **more}
    return render(request, "web/tokens.html", context, status=status)


def _fields(viewer: Viewer, given: dict[str, str] | None = None) -> list[Field]:
    given = given or {}
    held = {right for right in Right if viewer.may_somewhere(right)}
    roles = [role for role in reversed(Role) if RIGHTS[role] and RIGHTS[role] <= held]
    everywhere = (("", _("everywhere")),) if viewer.may(Right.SEE) else ()
    until = (timezone.localdate() + timedelta(days=LIFE_DAYS)).isoformat()
    return [
        Field(
            "name",
            _("Name"),
            value=given.get("name", ""),
            help=_("What will use it: “energy report”, “line 2 gateway”."),
        ),
        Field(
            "role",
            _("Role"),
            "select",
            value=given.get("role", Role.VIEWER.value),
            help=_("Give the least that is enough."),
            choices=tuple((role.value, str(role_word(role))) for role in roles),
        ),
        Field(
            "place",
            _("Where"),
            "select",
            value=given.get("place", ""),
            help=_("The role counts there alone."),
            choices=(*everywhere, *place_choices(viewer)),
            required=False,
        ),
        Field(
            "expires_at",
            _("Expires"),
            "date",
            value=given.get("expires_at", until),
            help=_("Valid through this day. Leave empty for one that lasts until revoked."),
            required=False,
        ),
    ]


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise InvalidInput("this is no role", "role", "choose one from the list", "invalid-role") from None


def end_of(text: str) -> datetime | None:
    """The end of the day in the site's zone."""
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise InvalidInput(_("This is no day"), "expires_at", _("write it like 2030-12-31"), "invalid-day")
    return timezone.make_aware(datetime.combine(day, time.max))

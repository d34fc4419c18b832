"""People of the organisation: added, their role and duties, passwords, shut out and let in."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kandelia.base.errors import Conflict, InvalidInput, KandeliaError, NotFound
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import PLACE_ROLES, PersonView, Right, Role, Viewer
from kandelia.kernel.credentials import facade as credentials
from kandelia.surfaces.web.fields import Field
from kandelia.surfaces.web.pages.rights import place_choices
from kandelia.surfaces.web.pages.tokens import end_of as _end_of
from kandelia.surfaces.web.screens import screen
from kandelia.surfaces.web.templatetags.parts import role_word
from kandelia.surfaces.web.work.duties import duty_labels
from kandelia.surfaces.web.work.words import told, wrong


@require_http_methods(["GET", "POST"])
@screen(Right.ADMINISTER)
def people(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Everybody with role and duties, and the form for one more; a made password is shown this once."""
    given = {name: request.POST.get(name, "") for name in ("sign_in", "name", "role")}
    if request.method == "GET":
        return _page(request, viewer, _fields(given))
    try:
        made, password = access.add_person(
            viewer,
            given["sign_in"],
            "",
            _role(given["role"]),
            name=given["name"],
            language=viewer.language,
            address=access.address_of(request),
        )
        access.set_duties(viewer, made.sign_in, request.POST.getlist("duties"))
    except (InvalidInput, Conflict) as error:
        return _page(request, viewer, wrong(_fields(given), error, "sign_in"), HTTPStatus.UNPROCESSABLE_ENTITY)
    return _page(request, viewer, _fields({}), made=made, password=password)


@require_http_methods(["GET", "POST"])
@screen(Right.ADMINISTER)
def person(request: HttpRequest, viewer: Viewer, id: int) -> HttpResponse:
    """One person's role and duties."""
    shown = _one(viewer, id)
    if request.method == "POST":
        try:
            access.set_duties(viewer, shown.sign_in, request.POST.getlist("duties"))
            if (role := request.POST.get("role", "")) and role != shown.roles[viewer.organisation]:
                access.set_role(viewer, shown.sign_in, _role(role), address=access.address_of(request))
            messages.success(request, _("Saved."))
        except KandeliaError as error:
            messages.error(request, told(error))
        return HttpResponseRedirect(reverse("people"))
    held = access.duties_of(viewer.organisation).get(id, frozenset())
    places = dict(place_choices(viewer))
    grants = [(one, places.get(one.place, one.place)) for one in access.list_grants(viewer) if one.person == id]
    more = {"grants": grants, "places": places.items(), "place_roles": PLACE_ROLES}
    return render(request, "work/person.html", {"shown": shown, **_choices(viewer, shown, held), **more})


@require_POST
@screen(Right.ADMINISTER)
def change(request: HttpRequest, viewer: Viewer, id: int, what: str) -> HttpResponse:
    """Shut out, let in, without a second factor, or a new password, which is shown this once."""
    shown, address = _one(viewer, id), access.address_of(request)
    try:
        if what not in ("reset", "code", "disable", "enable"):
            raise NotFound("there is no such action", what, "see the list of people", "not-found")
        if what == "reset":
            password = access.reset_password(viewer, shown.sign_in, address=address)
            return _page(request, viewer, _fields({}), made=shown, password=password)
        deeds = {"disable": access.disable_person, "enable": access.enable_person, "code": credentials.reset}
        deeds[what](viewer, shown.sign_in, address=address)
        messages.success(request, _("Saved."))
    except KandeliaError as error:
        messages.error(request, told(error))
    return HttpResponseRedirect(reverse("people"))


@require_POST
@screen(Right.ADMINISTER)
def proof(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Which roles must show more than a password."""
    roles = [_role(name) for name in request.POST.getlist("roles")]
    credentials.set_proof_roles(viewer, roles, address=access.address_of(request))
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("people"))


@require_POST
@screen(Right.ADMINISTER)
def grant(request: HttpRequest, viewer: Viewer, id: int) -> HttpResponse:
    """A role at a place for one person, or the end of one (`end` is its id)."""
    shown, address = _one(viewer, id), access.address_of(request)
    try:
        if (which := request.POST.get("end", "")).isdecimal():
            access.end_grant(viewer, int(which), address=address)
        else:
            until = _end_of(request.POST.get("until", ""))
            role, place = _role(request.POST.get("role", "")), request.POST.get("place", "")
            access.give_grant(viewer, shown.sign_in, role, place, until, address=address)
        messages.success(request, _("Saved."))
    except KandeliaError as error:
        messages.error(request, told(error))
    return HttpResponseRedirect(reverse("person", args=[id]))


def _page(
    request: HttpRequest, viewer: Viewer, fields: list[Field], status: int = HTTPStatus.OK, **more: object
) -> HttpResponse:
    held, labels = access.duties_of(viewer.organisation), duty_labels(viewer.language)
    everybody = access.list_people(viewer)
    with_factor = credentials.holders_of_factor(one.id for one in everybody)
    rows = [
        (
            one,
            one.roles[viewer.organisation],
            [labels.get(name, name) for name in sorted(held.get(one.id, ()))],
            one.id in with_factor,
        )
        for one in everybody
    ]
    counts = [(label, sum(name in names for names in held.values())) for name, label in labels.items()]
    ticked = request.POST.getlist("duties") if status != HTTPStatus.OK else []
    duties = [(name, label, name in ticked) for name, label in labels.items()]
    asked = credentials.proof_roles(viewer)
    proof_roles = [(role.value, role_word(role), role in asked) for role in Role]
    context = {"rows": rows, "fields": fields, "duties": duties, "counts": counts, "viewer": viewer, **more}
    context["proof_roles"] = proof_roles
    return render(request, "work/people.html", context, status=status)


def _one(viewer: Viewer, id: int) -> PersonView:
    for one in access.list_people(viewer):
        if one.id == id:
            return one
    raise NotFound("there is no such person", "person", "see the list of people", "not-found")


def _choices(viewer: Viewer, shown: PersonView, held: frozenset[str]) -> dict[str, object]:
    labels = duty_labels(viewer.language)
    names = sorted({*labels, *held})
    return {
        "roles": [(role.value, role_word(role), role == shown.roles[viewer.organisation]) for role in reversed(Role)],
        "duties": [(name, labels.get(name, name), name in held) for name in names],
    }


def _fields(given: dict[str, str]) -> list[Field]:
    roles = tuple((role.value, str(role_word(role))) for role in reversed(Role))
    help = _("What the person types to sign in; it never changes.")
    return [
        Field("sign_in", _("Sign-in name"), "text", given.get("sign_in", ""), help),
        Field("name", _("Name"), "text", given.get("name", ""), required=False),
        Field("role", _("Role"), "select", given.get("role") or Role.VIEWER.value, choices=roles),
    ]


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise InvalidInput("this is no role", "role", "choose one from the list", "invalid-role") from None

"""What each role may do, and what is shared with other organisations."""

from collections.abc import Callable, Iterator
from datetime import date
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kandelia.base.errors import InvalidInput, KandeliaError, NotFound
from kandelia.kernel.access.contracts import RIGHTS, Right, Role, Viewer
from kandelia.kernel.access.facade import list_organisations
from kandelia.kernel.sharing import facade as sharing
from kandelia.kernel.sharing.facade import Offer, ShareView
from kandelia.kernel.things import facade as things
from kandelia.surfaces.web.fields import Field, sentence, with_error
from kandelia.surfaces.web.screens import screen

MACHINES_LISTED_MAX = 500  # in a list of places; more are named by their area or line
RIGHT_WORDS = {
    Right.SEE: gettext_lazy("See things, signals, values and history"),
    Right.OPERATE: gettext_lazy("Acknowledge, command devices"),
    Right.CONFIGURE: gettext_lazy("Change things, connections and signals, write samples"),
    Right.ADMINISTER: gettext_lazy("People, tokens of others, sharing, audit, system"),
}
STEPS: dict[str, Callable[[Viewer, int], ShareView]] = {
    "accept": sharing.accept,
    "decline": sharing.decline,
    "end": sharing.end,
}


@require_GET
@screen(Right.ADMINISTER)
def roles(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What each role may do, as it is enforced."""
    rows = [(words, [right in RIGHTS[role] for role in reversed(Role)]) for right, words in RIGHT_WORDS.items()]
    return render(request, "web/roles.html", {"roles": list(reversed(Role)), "rows": rows})


@require_http_methods(["GET", "POST"])
@screen(Right.ADMINISTER)
def shares(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What is shared, by whom, and the form to offer something."""
    given = {name: request.POST.get(name, "") for name in ("partner", "place", "since", "until", "export", "purpose")}
    if request.method == "GET":
        return _page(request, viewer, given)
    try:
        offer = Offer(
            given["partner"],
            given["place"],
            (),
            _day(given["since"], "since"),
            _day(given["until"], "until"),
            given["export"] == "yes",
            given["purpose"],
        )
        sharing.offer(viewer, offer)
    except KandeliaError as error:
        return _page(request, viewer, given, error)
    messages.success(request, _("It is offered. Nothing is seen before the other organisation accepts."))
    return HttpResponseRedirect(reverse("sharing"))


@require_GET
@screen(Right.ADMINISTER)
def share(request: HttpRequest, viewer: Viewer, id: int) -> HttpResponse:
    """One share, and for its owner who looked."""
    view = sharing.share(viewer, id)
    return render(request, "web/share.html", {"share": view, "mine": view.owner == viewer.organisation,
                                              "looks": sharing.looks(viewer, id)})  # fmt: skip


@require_POST
@screen(Right.ADMINISTER)
def answer(request: HttpRequest, viewer: Viewer, id: int, step: str) -> HttpResponse:
    """Accept, decline or end one."""
    if step not in STEPS:
        raise NotFound("there is no such step", "share", "see the page of the share", "not-found")
    try:
        STEPS[step](viewer, id)
        messages.success(request, _("Saved."))
    except KandeliaError as error:
        messages.error(request, sentence(error))
    return HttpResponseRedirect(reverse("sharing"))


def place_choices(viewer: Viewer) -> tuple[tuple[str, str], ...]:
    """(path, words) of the places that may be granted or shared, from the site down."""
    found = list(_places(viewer))
    machines = sum(path.count("/") == 2 for path, _ in found)
    return tuple(one for one in found if machines <= MACHINES_LISTED_MAX or one[0].count("/") != 2)


def _places(viewer: Viewer) -> Iterator[tuple[str, str]]:
    def say(*parts: object) -> str:
        return " › ".join(part.name.say(viewer.language) or part.key for part in parts)  # type: ignore[attr-defined]

    for site in things.tree(viewer):
        yield site.key, say(site)
        for area in site.areas:
            path = f"{site.key}/{area.key}"
            yield path, say(site, area)
            for line in area.lines:
                yield f"{path}/lines/{line.key}", say(site, area, line)
                yield from ((machine.path, say(site, area, line, machine)) for machine in line.machines)
            yield from ((machine.path, say(site, area, machine)) for machine in area.machines)


def _page(
    request: HttpRequest, viewer: Viewer, given: dict[str, str], error: KandeliaError | None = None
) -> HttpResponse:
    fields = _fields(viewer, given)
    context = {
        "shares": [(one, one.owner == viewer.organisation) for one in sharing.shares(viewer)],
        "fields": with_error(fields, error, "partner") if error else fields,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "web/sharing.html", context, status=status)


def _fields(viewer: Viewer, given: dict[str, str]) -> list[Field]:
    others = [(one.id, one.name.say(viewer.language)) for one in list_organisations() if one.id != viewer.organisation]
    return [
        Field("partner", _("With whom"), "select", given["partner"], choices=tuple(others)),
        Field("place", _("What"), "select", given["place"], choices=place_choices(viewer)),
        Field("since", _("Data from"), "date", given["since"], _("Nothing older is shown."), required=False),
        Field("until", _("Last day"), "date", given["until"], required=False),
        Field(
            "export", _("Files"), "select", given["export"],
            choices=(("", _("only to look at")), ("yes", _("may be exported"))), required=False,
        ),
        Field("purpose", _("What for"), "text", given["purpose"], required=False),
    ]  # fmt: skip


def _day(text: str, name: str) -> date | None:
    try:
        day = parse_date(text) if text else None
    except ValueError:
        day = None
    if text and day is None:
        raise InvalidInput(_("This is no day"), name, _("write it like 2030-12-31"), "invalid-day")
    return day

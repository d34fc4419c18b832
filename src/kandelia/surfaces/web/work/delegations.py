"""Who stands in for whom: duties lent from a day through a day."""

from datetime import date
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kandelia.base.errors import Conflict, InvalidInput, KandeliaError, NotAllowed
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.members import supervises
from kandelia.kernel.deputies import facade as deputies
from kandelia.kernel.deputies.contracts import Colleague, DelegationView
from kandelia.surfaces.web.fields import Field
from kandelia.surfaces.web.screens import screen
from kandelia.surfaces.web.work.duties import duty_labels
from kandelia.surfaces.web.work.words import told, wrong

NAMES = ("person", "deputy", "first_day", "last_day", "reason")


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def delegations(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The list and the form."""
    if request.method == "GET":
        return _page(request, viewer, {}, [])
    given = {name: request.POST.get(name, "") for name in NAMES}
    chosen = request.POST.getlist("duties")
    try:
        days = [_day(given[name], name) for name in ("first_day", "last_day")]
        person = given["person"] if supervises(viewer) else ""
        deputies.lend(viewer, given["deputy"], days[0], days[1], chosen, reason=given["reason"], person=person)
    except (InvalidInput, Conflict, NotAllowed) as error:
        return _page(request, viewer, given, chosen, error)
    messages.success(request, _("The deputy is told."))
    return HttpResponseRedirect(reverse("delegations"))


@require_POST
@screen(Right.SEE)
def end(request: HttpRequest, viewer: Viewer, id: int) -> HttpResponse:
    """Takes the duties back."""
    try:
        deputies.take_back(viewer, id)
        messages.success(request, _("The duties are taken back."))
    except KandeliaError as error:
        messages.error(request, told(error))
    return HttpResponseRedirect(reverse("delegations"))


def _page(
    request: HttpRequest,
    viewer: Viewer,
    given: dict[str, str],
    chosen: list[str],
    error: KandeliaError | None = None,
) -> HttpResponse:
    for_others, labels = supervises(viewer), duty_labels(viewer.language)
    people = deputies.colleagues(viewer)
    own = viewer.duties - dict(viewer.stands_for).keys()
    offered = {name for one in people for name in one.duties} if for_others else own
    fields = _fields(viewer, people, given, for_others)
    duties_wrong = told(error) if error is not None and error.where == "duties" else ""
    if error is not None and not duties_wrong:
        fields = wrong(fields, error, "deputy")
    context = {
        "rows": [
            (one, [labels.get(name, name) for name in one.duties], _may_end(viewer, one))
            for one in deputies.delegations(viewer)
        ],
        "fields": fields,
        "duties": [(name, labels.get(name, name), name in chosen or not given) for name in sorted(offered)],
        "duties_wrong": duties_wrong,
        "lent": [(labels.get(name, name), who) for name, who in viewer.stands_for],
        "may_lend": bool(offered),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "work/delegations.html", context, status=status)


def _may_end(viewer: Viewer, one: DelegationView) -> bool:
    return not one.over and (supervises(viewer) or viewer.person in (one.person.id, one.deputy.id))


def _fields(viewer: Viewer, people: tuple[Colleague, ...], given: dict[str, str], for_others: bool) -> list[Field]:
    today = timezone.localdate().isoformat()
    names = tuple((one.sign_in, f"{one.name} ({one.sign_in})") for one in people)
    own = next((one.sign_in for one in people if one.id == viewer.person), "")
    who = Field("person", _("Who is away"), "select", given.get("person", own), choices=names)
    others = tuple(pair for pair in names if for_others or pair[0] != own)
    return [
        *([who] if for_others else []),
        Field("deputy", _("Deputy"), "select", given.get("deputy", ""), choices=(("", "—"), *others)),
        Field("first_day", _("First day"), "date", given.get("first_day", today)),
        Field("last_day", _("Last day"), "date", given.get("last_day", "")),
        Field("reason", _("Reason"), "text", given.get("reason", ""), required=False),
    ]


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("this is no day", where, "write it like 2030-12-31", "invalid-day") from None

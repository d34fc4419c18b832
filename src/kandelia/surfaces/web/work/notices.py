"""What I was told, what of it I have read, and what is mailed to me."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.notices import facade as notices_of
from kandelia.surfaces.web.fields import Field
from kandelia.surfaces.web.screens import screen
from kandelia.surfaces.web.work.words import wrong


@require_GET
@screen(Right.SEE, somewhere=True)
def notices(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Newest first; unread ones alone where asked."""
    return _page(request, viewer)


@require_POST
@screen(Right.SEE, somewhere=True)
def read_all(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """All are read."""
    notices_of.read(viewer)
    return HttpResponseRedirect(reverse("notices"))


@require_GET
@screen(Right.SEE, somewhere=True)
def notice(request: HttpRequest, viewer: Viewer, id: int) -> HttpResponse:
    """To what it is about; it counts as read then."""
    found = notices_of.notice(viewer, id)
    if found is None:
        raise NotFound("there is no such notice", "notice", "see the list", "not-found")
    notices_of.read(viewer, id=id)
    type, _part, record = found.subject.partition("/")
    to = reverse("record", args=[type, int(record)]) if record.isdigit() else reverse("delegations")
    return HttpResponseRedirect(to)


@require_http_methods(["POST"])
@screen(Right.SEE, somewhere=True)
def mail(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Where to and which kinds."""
    address = request.POST.get("email", "")
    try:
        notices_of.choose_mail(viewer, address, request.POST.getlist("kinds"))
    except InvalidInput as error:
        return _page(request, viewer, wrong([_field(address)], error, "email"), HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("notices"))


def _page(
    request: HttpRequest, viewer: Viewer, fields: list[Field] | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    unread = bool(request.GET.get("unread"))
    page = notices_of.notices(viewer, unread=unread, after=request.GET.get("after", ""))
    address, chosen = notices_of.mail_choice(viewer)
    kinds = {one.name: one.label.say(viewer.language) for one in notices_of.kinds()}
    ticked = request.POST.getlist("kinds") if request.method == "POST" else chosen
    context = {
        "rows": [(one, one.text.say(viewer.language), kinds.get(one.kind, one.kind)) for one in page.items],
        "next": (f"unread=1&after={page.next}" if unread else f"after={page.next}") if page.next else "",
        "unread_only": unread,
        "unread": notices_of.unread(viewer),
        "mails": notices_of.mails(),
        "fields": fields or [_field(address)],
        "kinds": [(name, label, name in ticked) for name, label in kinds.items()],
    }
    return render(request, "work/notices.html", context, status=status)


def _field(address: str) -> Field:
    return Field("email", _("E-mail address"), "email", address, required=False, autocomplete="email")

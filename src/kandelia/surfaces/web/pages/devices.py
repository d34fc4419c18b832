"""Device identities: who may enter the MQTT listener, made, shown once, ended."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import Conflict, InvalidInput, KandeliaError, Unavailable
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.device_certificates import DeviceCertificate
from kandelia.kernel.access.identities import Seen
from kandelia.kernel.connections.device_seen import seen_of
from kandelia.surfaces.web.fields import Field, sentence, with_error
from kandelia.surfaces.web.pages.tokens import end_of
from kandelia.surfaces.web.screens import screen

SHOWN_MAX = 200
GIVEN = ("name", "by", "fingerprint", "publish", "subscribe", "expires_at")


@dataclass(frozen=True, slots=True)
class Row:
    """A device as the table shows it."""

    device: access.DeviceView
    seen_at: datetime | None
    connected: bool
    address: str


@dataclass(frozen=True, slots=True)
class Made:
    """What is shown once of a fresh identity."""

    device: access.DeviceView
    secret: str = ""
    certificate: DeviceCertificate | None = None


@require_http_methods(["GET", "POST"])
@screen(Right.CONFIGURE)
def devices(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The list and the form; a secret or key is in the answer to the form and nowhere else."""
    given = {name: request.POST.get(name, "") for name in GIVEN}
    if request.method == "GET":
        return _page(request, viewer, _fields(given))
    try:
        return _page(request, viewer, _fields({}), made=_make(request, viewer, given))
    except (InvalidInput, Conflict) as error:
        fields = with_error(_fields(given), error, "name")
        return _page(request, viewer, fields, HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
@screen(Right.CONFIGURE)
def end(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """Ends one identity."""
    try:
        access.end_device(viewer, id, address=access.address_of(request))
        messages.success(request, _("The identity is ended. The device is let go within seconds."))
    except KandeliaError as error:
        messages.error(request, sentence(error))
    return HttpResponseRedirect(reverse("devices"))


def _make(request: HttpRequest, viewer: Viewer, given: dict[str, str]) -> Made:
    publish, subscribe = _lines(given["publish"]), _lines(given["subscribe"])
    name, until, address = given["name"], end_of(given["expires_at"]), access.address_of(request)
    if given["by"] == "password":
        return Made(*access.add_device(viewer, name, publish, subscribe, until, address=address))
    if given["by"] == "fingerprint" and not given["fingerprint"].strip():
        raise InvalidInput("this is no certificate", "fingerprint", "paste the fingerprint or the PEM", "fingerprint")
    known = given["fingerprint"] if given["by"] == "fingerprint" else ""
    made, issued = access.add_certified_device(
        viewer, name, publish, subscribe, until, fingerprint=known, address=address
    )
    return Made(made, certificate=issued)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _page(
    request: HttpRequest, viewer: Viewer, fields: list[Field], status: int = HTTPStatus.OK, **more: object
) -> HttpResponse:
    wanted = request.GET.get("search", "").strip().casefold()
    found = [one for one in access.list_devices(viewer) if wanted in one.name.casefold()]
    shown, away = found[:SHOWN_MAX], False
    try:
        seen = seen_of(viewer.organisation, [one.id for one in shown])
    except Unavailable:
        seen, away = {}, True
    rows = [_row(one, seen.get(one.id)) for one in shown]
    context = {"rows": rows, "count": len(found), "fields": fields, "away": away, "wanted": wanted, **more}
    return render(request, "web/devices.html", context, status=status)


def _row(device: access.DeviceView, seen: Seen | None) -> Row:
    if seen is None:
        return Row(device, None, False, "")
    return Row(device, datetime.fromtimestamp(seen.at_ns / NS_PER_S, UTC), seen.connected, seen.address)


def _fields(given: dict[str, str]) -> list[Field]:
    kinds = (
        ("password", _("a password, made here")),
        ("certificate", _("a certificate, made here")),
        ("fingerprint", _("its own certificate")),
    )
    name_help = _("It says this as user; topics below it are its own.")
    certificate_help = _("Only with its own certificate: SHA-256 fingerprint or PEM.")
    empty = _("One filter a line, like line1/#. Empty: topics below its name, and the Sparkplug node of its name.")
    return [
        Field("name", _("Name"), value=given.get("name", ""), help=name_help),
        Field("by", _("It enters by"), "select", given.get("by") or "password", choices=kinds),
        Field(
            "fingerprint", _("Certificate"), "textarea", given.get("fingerprint", ""), certificate_help, required=False
        ),
        Field("publish", _("May send"), "textarea", given.get("publish", ""), empty, required=False),
        Field("subscribe", _("May hear"), "textarea", given.get("subscribe", ""), required=False),
        Field("expires_at", _("Expires"), "date", given.get("expires_at", ""), required=False),
    ]

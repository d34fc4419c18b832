"""Device identities: made, listed, ended. What the data plane knows of them is in `identities`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from kandelia.base.clock import to_ns
from kandelia.base.errors import Conflict, InvalidInput, NotFound
from kandelia.base.ids import new_id
from kandelia.base.mqtt.topics import check_filter
from kandelia.kernel.access.audit import audit
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.device_certificates import DeviceCertificate, fingerprint_of, issue
from kandelia.kernel.access.guards import require
from kandelia.kernel.access.identities import (
    FILTER_CHARACTERS_MAX,
    FILTERS_MAX,
    DeviceGrant,
    default_publish,
    default_subscribe,
)
from kandelia.kernel.access.logic import token_text
from kandelia.kernel.access.models import Device
from kandelia.kernel.access.organisations import find_organisation

NAME_LENGTH_MAX = 120
DEVICES_MAX = 10_000  # of one organisation


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device identity without its secret; `prefix` is how the secret begins, "" where a certificate stands for it."""

    id: str
    organisation: str
    name: str
    prefix: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    fingerprint: str = ""
    certificate_until: datetime | None = None


def add_device(
    viewer: Viewer,
    name: str,
    publish: Sequence[str] = (),
    subscribe: Sequence[str] = (),
    expires_at: datetime | None = None,
    *,
    address: str = "",
) -> tuple[DeviceView, str]:
    """An identity of the viewer's organisation and its secret, which is shown this once.

    Without filters it may send and hear what a device of its name needs (`identities.default_publish`). Conflict when
    the name is taken.
    """
    secret = token_text.make()
    made = _add(viewer, name, publish, subscribe, expires_at, secret, address)
    return _view(made), secret


def add_certified_device(
    viewer: Viewer,
    name: str,
    publish: Sequence[str] = (),
    subscribe: Sequence[str] = (),
    expires_at: datetime | None = None,
    *,
    fingerprint: str = "",
    address: str = "",
) -> tuple[DeviceView, DeviceCertificate | None]:
    """An identity that enters by a client certificate: one of our own, which is shown this once, else the one whose
    fingerprint or PEM is given (None is returned). Conflict when the name or the certificate is taken."""
    require(viewer, Right.CONFIGURE)
    issued = None if fingerprint else issue(settings.PLATFORM.secrets_directory, viewer.organisation, _name(name))
    known, until = (issued.fingerprint, issued.until) if issued else fingerprint_of(fingerprint)
    with transaction.atomic():
        if Device.objects.filter(fingerprint=known, revoked_at=None).exists():
            raise Conflict("a device has this certificate", "fingerprint", "give it another one", "certificate-exists")
        made = _add(viewer, name, publish, subscribe, expires_at, "", address)
        made.fingerprint, made.certificate_until = known, until
        made.save(update_fields=["fingerprint", "certificate_until", "changed_at"])
        audit(viewer, "device.certificate", made.name, {"id": made.id, "fingerprint": known}, address)
    return _view(made), issued


def _add(
    viewer: Viewer,
    name: str,
    publish: Sequence[str],
    subscribe: Sequence[str],
    expires_at: datetime | None,
    secret: str,
    address: str,
) -> Device:
    """A row; without a secret nobody is told the one it is given, so that no password opens."""
    require(viewer, Right.CONFIGURE)
    name = _name(name)
    if expires_at and expires_at <= timezone.now():
        raise InvalidInput("the identity would have expired already", "expires_at", "choose a later time", "expired")
    with transaction.atomic():
        live = Device.objects.filter(organisation=find_organisation(viewer.organisation), revoked_at=None)
        if live.filter(name=name).exists():
            raise Conflict(f'a device "{name}" exists', "name", "choose another name, or end it first", "device-exists")
        if live.count() >= DEVICES_MAX:
            raise Conflict(f"{DEVICES_MAX} devices exist", "devices", "end some first", "too-many-devices")
        made = Device.objects.create(
            id=new_id(),
            organisation_id=viewer.organisation,
            name=name,
            prefix=secret[: token_text.PREFIX_LENGTH],
            digest=token_text.digest(secret or token_text.make()),
            publish=_filters(publish, "publish") or list(default_publish(name)),
            subscribe=_filters(subscribe, "subscribe") or list(default_subscribe(name)),
            created_by=viewer.subject,
            expires_at=expires_at,
        )
        rights = {"publish": made.publish, "subscribe": made.subscribe}
        audit(viewer, "device.create", name, {"id": made.id, **rights}, address)
    return made


def list_devices(viewer: Viewer) -> tuple[DeviceView, ...]:
    """Identities that have not ended, by name."""
    require(viewer, Right.CONFIGURE)
    rows = Device.objects.filter(organisation_id=viewer.organisation, revoked_at=None).order_by("name")
    return tuple(_view(row) for row in rows)


def end_device(viewer: Viewer, id: str, *, address: str = "") -> None:
    """End an identity: it is let go within seconds and enters no more; NotFound where there is none of this id."""
    require(viewer, Right.CONFIGURE)
    with transaction.atomic():
        found = Device.objects.filter(organisation_id=viewer.organisation, revoked_at=None, id=id).first()
        if found is None:
            raise NotFound(f'no device "{id[:80]}"', "device", "list the devices to see their ids", "device-unknown")
        found.revoked_at = timezone.now()
        found.save(update_fields=["revoked_at", "changed_at"])
        audit(viewer, "device.end", found.name, {"id": found.id}, address)


def grants_mark() -> tuple[int, object]:
    """Changes whenever `grants` may have changed, but for organisations that are switched off."""
    found = Device.objects.aggregate(newest=Max("changed_at"))
    return Device.objects.count(), found["newest"]


def grants() -> tuple[DeviceGrant, ...]:
    """Every identity that may enter now, of all organisations, for the data plane."""
    rows = Device.objects.filter(revoked_at=None, organisation__active=True).order_by("id")
    return tuple(
        DeviceGrant(
            row.id,
            row.organisation_id,
            row.name,
            row.digest,
            tuple(row.publish),
            tuple(row.subscribe),
            min((to_ns(end) for end in (row.expires_at, row.certificate_until) if end), default=0),
            row.fingerprint,
        )
        for row in rows
    )


def _name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_LENGTH_MAX or set(name) & set("+#/\0") or not name.isprintable():
        mend = f"give it 1 to {NAME_LENGTH_MAX} characters without +, # and /: it stands in topics"
        raise InvalidInput("this cannot be a device's name", "name", mend, "invalid-name")
    return name


def _filters(given: Sequence[str], field: str) -> list[str]:
    if len(given) > FILTERS_MAX:
        raise InvalidInput(f"{len(given)} topic filters", field, f"give {FILTERS_MAX} at most", "filters")
    for one in given:
        try:
            check_filter(one)
            if len(one) > FILTER_CHARACTERS_MAX or one.startswith("$"):
                raise ValueError("a filter that is too long, or one of the broker's own topics")
        except ValueError as error:
            mend = "write topic filters like plant/line1/#"
            raise InvalidInput(str(error), field, mend, "filters") from None
    return list(given)


def _view(row: Device) -> DeviceView:
    return DeviceView(
        row.id,
        row.organisation_id,
        row.name,
        row.prefix,
        tuple(row.publish),
        tuple(row.subscribe),
        row.created_by,
        row.created_at,
        row.expires_at,
        row.fingerprint,
        row.certificate_until,
    )

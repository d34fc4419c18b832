"""The offices that people hold in an organisation beside their role."""

from collections.abc import Iterable

from django.db import transaction

from kandelia.base.errors import NotFound
from kandelia.base.ids import plain_id
from kandelia.kernel.access.audit import audit
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.guards import require
from kandelia.kernel.access.models import Duty, Membership


def set_duties(viewer: Viewer, sign_in: str, names: Iterable[str]) -> None:
    """A member holds these duties from now on and no others; needs Right.ADMINISTER."""
    require(viewer, Right.ADMINISTER)
    wanted = {plain_id(name, "duties") for name in names}
    with transaction.atomic():
        place = Membership.objects.filter(organisation_id=viewer.organisation, person__sign_in=sign_in).first()
        if place is None:
            raise NotFound(f'nobody called "{sign_in}" here', "sign-in name", "see the list of people", "no-person")
        place.duties.exclude(name__in=wanted).delete()
        Duty.objects.bulk_create([Duty(membership=place, name=name) for name in wanted], ignore_conflicts=True)
        audit(viewer, "person.duties", sign_in, {"duties": sorted(wanted)})


def duties_of(organisation: str) -> dict[int, frozenset[str]]:
    """Duties by person id."""
    found: dict[int, set[str]] = {}
    rows = Duty.objects.filter(membership__organisation_id=organisation)
    for person, name in rows.values_list("membership__person_id", "name"):
        found.setdefault(person, set()).add(name)
    return {person: frozenset(names) for person, names in found.items()}


def holders(organisation: str, duty: str) -> tuple[int, ...]:
    """Ids of the active people who hold a duty in an organisation."""
    rows = Duty.objects.filter(name=duty, membership__organisation_id=organisation, membership__person__active=True)
    return tuple(rows.order_by("membership__person_id").values_list("membership__person_id", flat=True))

"""Organisations: made and listed by the CLI and at first start."""

from django.db import transaction

from kandelia.base.errors import Conflict, InvalidInput, NotFound
from kandelia.base.ids import plain_id
from kandelia.base.text import LocalText
from kandelia.kernel.access.audit import append
from kandelia.kernel.access.contracts import OrganisationView
from kandelia.kernel.access.guards import SYSTEM_SUBJECT
from kandelia.kernel.access.models import Organisation

NAME_LENGTH_MAX = 200
ID_LENGTH_MAX = 60


def add_organisation(id: str, name: LocalText, *, parent: str = "") -> OrganisationView:
    """A new organisation; its plain id never changes, for it stands in bus subjects. Conflict where it exists."""
    plain_id(id, "organisation")
    if "." in id or len(id) > ID_LENGTH_MAX:
        raise InvalidInput(
            f'"{id[:80]}" cannot name an organisation',
            "organisation",
            f"leave out dots (they part the words of bus subjects), {ID_LENGTH_MAX} characters at most",
            "invalid-id",
        )
    with transaction.atomic():
        if Organisation.objects.filter(id=id).exists():
            raise Conflict(f'organisation "{id}" exists', "organisation", "choose another id", "organisation-exists")
        above = find_organisation(parent) if parent else None
        made = Organisation.objects.create(
            id=id, name_zh=name.zh[:NAME_LENGTH_MAX], name_en=name.en[:NAME_LENGTH_MAX], parent=above
        )
        append(SYSTEM_SUBJECT, "organisation.add", id, {"name_zh": name.zh, "name_en": name.en}, organisation=id)
    return organisation_view(made)


def list_organisations() -> tuple[OrganisationView, ...]:
    """All of them, by id."""
    return tuple(organisation_view(row) for row in Organisation.objects.order_by("id"))


def find_organisation(id: str) -> Organisation:
    """The row; NotFound says which exist."""
    found = Organisation.objects.filter(id=id).first()
    if found is None:
        known = ", ".join(Organisation.objects.order_by("id").values_list("id", flat=True)[:10]) or "none yet"
        raise NotFound(f'no organisation "{id}"', "organisation", f"known: {known}", "organisation-unknown")
    return found


def organisation_view(row: Organisation) -> OrganisationView:
    """A row as what leaves the room."""
    return OrganisationView(row.id, LocalText(row.name_zh, row.name_en), row.active)

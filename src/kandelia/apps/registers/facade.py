"""What other rooms ask of the register of organisations."""

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language

from kandelia.apps.registers.contracts import Profile
from kandelia.apps.registers.logic.codes import KINDS, SECTORS, SIZES
from kandelia.apps.registers.records.organisation import Organisation, OrganisationName
from kandelia.apps.registers.records.standing import OrganisationStanding
from kandelia.sdk.views import Viewer

LIVING = ("submitted", "active", "suspended", "returned", "draft")


def profile_of(viewer: Viewer) -> Profile | None:
    """The profile of the viewer's own organisation, None where it has none."""
    row = Organisation.objects.filter(account=viewer.organisation, entry__state__in=LIVING).first()
    return _profile(row) if row else None


def profile(id: int) -> Profile | None:
    """The profile behind a record, for rooms that have asked for the right to it."""
    row = Organisation.objects.filter(entry_id=id).first()
    return _profile(row) if row else None


def names(id: int) -> tuple[tuple[str, Any, Any], ...]:
    """(name, since, until) of a firm, the present one first."""
    rows = OrganisationName.objects.filter(organisation_id=id)
    return tuple((row.name, row.since, row.until) for row in rows)


def standings(id: int) -> tuple[str, ...]:
    """Kinds of the standings of a firm that a registrar has checked and that hold today."""
    today = timezone.localdate()
    rows = OrganisationStanding.objects.filter(organisation_id=id, entry__state="active", granted_on__lte=today)
    rows = rows.filter(Q(valid_to=None) | Q(valid_to__gte=today))
    return tuple(sorted(set(rows.values_list("kind", flat=True))))


def codes() -> dict[str, list[tuple[str, str]]]:
    """The closed lists of a firm's fields in the reader's language: (code, label)."""
    language = (get_language() or "zh")[:2]
    lists = {"kind": KINDS, "sector": SECTORS, "size": SIZES}
    return {name: [(code, label.say(language)) for code, label in entries] for name, entries in lists.items()}


def _profile(row: Organisation) -> Profile:
    return Profile(
        row.entry_id,
        row.account or "",
        row.uscc,
        row.name_zh,
        row.kind,
        row.sector,
        row.size,
        row.district,
        row.founded_on,
        row.employees,
        row.revenue,
        row.verified_on,
        row.invented,
    )

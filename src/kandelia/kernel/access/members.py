"""Members of organisations as viewers, for rooms that ask what somebody else may do."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.grants import grants_of
from kandelia.kernel.access.models import Membership

SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Member:
    """A person in one organisation, and how they look at things there."""

    id: int
    sign_in: str
    viewer: Viewer


def members(organisations: Iterable[str], which: Q | None = None) -> list[Member]:
    """Active people with a place in these organisations, those of `which` (a condition on Membership); two queries."""
    rows = Membership.objects.filter(which or Q(), organisation_id__in=set(organisations), person__active=True)
    rows = rows.select_related("person").prefetch_related("duties").order_by("person__sign_in", "organisation_id")
    return [_member(row) for row in rows.distinct()]


def supervises(viewer: Viewer) -> bool:
    """Whether the viewer may give what others have to others: by the duty, or as administrator."""
    return viewer.role is Role.ADMINISTRATOR or SUPERVISOR in viewer.duties


def _member(row: Membership) -> Member:
    person = row.person
    duties = frozenset(duty.name for duty in row.duties.all())
    subject, role, grants = f"person:{person.id}", Role(row.role), grants_of(row)
    viewer = Viewer(row.organisation_id, subject, str(person), role, person.language, duties, grants=grants)
    return Member(person.id, person.sign_in, viewer)

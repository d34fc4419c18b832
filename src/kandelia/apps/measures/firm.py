"""A firm's profile for the measures, from the register of organisations where that is installed."""

from kandelia.apps.measures import facade
from kandelia.apps.measures.logic.eligibility import Profile
from kandelia.sdk.services import has_service, service
from kandelia.sdk.views import Viewer


def profile_of(viewer: Viewer) -> Profile | None:
    """The profile of the viewer's own firm, None where no register knows it."""
    if not has_service("registers.profile_of"):
        return None
    found = service("registers.profile_of")(viewer)
    if found is None:
        return None
    standings = (
        frozenset(service("registers.standings")(found.id)) if has_service("registers.standings") else frozenset()
    )
    roles = {"platform": "pool-platform", "solution": "pool-solution"}
    proven = frozenset(role for role, standing in roles.items() if standing in standings)
    known = set(facade.CODES["kind"])
    return Profile(
        kind=found.kind if found.kind in known else "",
        sector=found.sector,
        size=found.size,
        local=True,  # the register is the city's own
        roles=proven or None,
        standings=standings & set(facade.rules().standings),
        verified=found.verified_on is not None,
    )

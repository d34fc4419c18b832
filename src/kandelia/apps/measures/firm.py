"""A firm's profile for the measures, from the register of organisations where that is installed, and its word."""

from django.utils import timezone

from kandelia.apps.measures import facade
from kandelia.apps.measures.logic.eligibility import Chance, Profile
from kandelia.base.errors import NotFound
from kandelia.sdk.services import has_service, service
from kandelia.sdk.views import Viewer

AWARDED = "awarded_for_event"


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


def facts_of(viewer: Viewer, own: Profile) -> dict[str, dict[str, bool]]:
    """By line what the platform's own records say of a firm whose standing a register proves: was it awarded before?"""
    if not has_service("applications.awarded"):
        return {}
    rules = facade.rules().lines
    proven = [line for line, rule in rules.items() if rule.standing and rule.standing in (own.standings or ())]
    asked = [line for line in proven if AWARDED in facade.line(line).inputs]
    return {line: {AWARDED: service("applications.awarded")(viewer, line)} for line in asked}


def confirmed(viewer: Viewer, line: str) -> str:
    """免申即享: the firm confirms what the engine proposes; the address of the application made of it."""
    own = profile_of(viewer)
    day = min(timezone.localdate(), facade.line(line).validity.last)
    offers = facade.offers(own, facts_of(viewer, own), day) if own else ()
    found = next((one for one in offers if one.line == line and one.chance is Chance.PROPOSED), None)
    if found is None or not has_service("applications.confirm"):
        mend = "open the page of what you may ask for"
        raise NotFound(f"nothing is proposed for {line[:20]}", "line", mend, "no-offer")
    return str(service("applications.confirm")(viewer, line, dict(found.given)))

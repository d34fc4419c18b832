"""What the frame of every page needs."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from kandelia.kernel.access.contracts import OrganisationView, PersonView, Viewer
from kandelia.kernel.access.facade import THEMES, signed_in, viewer_of_request
from kandelia.surfaces.web.registry import RailEntry, rail

THEME_COOKIE = "kandelia_theme"
RAIL_COOKIE = "kandelia_rail"


@dataclass(frozen=True, slots=True)
class Frame:
    """Who looks, how, and where they may go."""

    language: str
    theme: str  # "system", "light" or "dark"
    narrow: bool  # the rail shows icons only
    viewer: Viewer | None = None
    person: PersonView | None = None
    organisation: str = ""
    organisations: tuple[OrganisationView, ...] = ()
    groups: list[tuple[str, str, list[RailEntry]]] = field(default_factory=list)
    time_zone: str = ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` in every template."""
    look = Frame(
        language=(get_language() or "zh")[:2],
        theme=theme_of(request),
        narrow=request.COOKIES.get(RAIL_COOKIE) == "icons",
        time_zone=settings.TIME_ZONE,
    )
    viewer = viewer_of_request(request)
    who = signed_in(request)
    if viewer is None or who is None:
        return {"frame": look}
    named = next((one.name.say(look.language) for one in who.organisations if one.id == viewer.organisation), "")
    return {
        "frame": replace(
            look,
            viewer=viewer,
            person=who.person,
            organisation=named or viewer.organisation,
            organisations=who.organisations,
            groups=rail(viewer, request.path),
        )
    }


def theme_of(request: HttpRequest) -> str:
    """The theme the reader chose, "system" where none."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "system"

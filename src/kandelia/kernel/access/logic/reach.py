"""Where a grant counts: the paths of things, and what lies at and below them. Pure.

A path is site, site/area, site/area/lines/line or site/area/machine; a machine on a line also stands below the line.
"""

import re
from collections.abc import Iterable

from kandelia.base.errors import InvalidInput

LINES = "lines"
PLACE_LENGTH_MAX = 250
_KEY = r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?"
_PLACE = re.compile(rf"{_KEY}(/{_KEY}(/(lines/)?{_KEY})?)?")


def check_place(place: str) -> str:
    """The place, if it can be the path of a thing; InvalidInput otherwise."""
    place = place.strip().strip("/")
    if not _PLACE.fullmatch(place) or place.endswith("/" + LINES):
        mend = "write site, site/area, site/area/lines/line or site/area/machine"
        raise InvalidInput(f'"{place[:80]}" is no place', "place", mend, "invalid-place")
    return place


def standing(path: str, line: str = "") -> tuple[str, ...]:
    """Every place that holds a thing, from the site down to itself."""
    words = path.split("/")
    area = "/".join(words[:2])
    places = [words[0], area, f"{area}/{LINES}/{line}" if line else "", path]
    return tuple(dict.fromkeys(place for place in places if place))


def covered(places: Iterable[str], path: str, line: str = "") -> bool:
    """True for a thing at or below one of the places."""
    return not set(places).isdisjoint(standing(path, line))


def leads(places: Iterable[str], path: str) -> bool:
    """True where one of the places lies below the path."""
    return any(place.startswith(path + "/") for place in places)


def moved(place: str, before: str, after: str) -> str:
    """The place after what stood at `before` stands at `after`."""
    if place == before or place.startswith(before + "/"):
        return after + place[len(before) :]
    return place

"""The apps that boot has found; the frame draws its rail and asks its questions from here."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import NoReverseMatch, resolve, reverse
from django.utils.module_loading import import_string

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Viewer
from kandelia.surfaces.web.declarations import GROUPS, App, NavigationEntry, SearchHit
from kandelia.surfaces.web.records import finding
from kandelia.surfaces.web.work import finding as work

SEARCH_TEXT_MAX = 200
PAGE = LocalText("页面", "Page")
RECORDS = "kandelia.surfaces.web.records.finding.hits"
log = logging.getLogger("kandelia.web")
_apps: list[App] = []


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the rail leads to."""

    group: str
    label: LocalText
    icon: str
    url: str
    order: int = 0


@dataclass(frozen=True, slots=True)
class RailEntry:
    """An entry as the rail shows it; `here` marks the one whose page is open."""

    label: str
    url: str
    icon: str
    here: bool


def register(apps: Iterable[App]) -> None:
    """Set the apps; boot calls this once, before the first request."""
    _apps[:] = apps


def registered() -> tuple[App, ...]:
    """The apps, in the order in which boot found them."""
    return tuple(_apps)


def rail(viewer: Viewer, path: str) -> list[tuple[str, str, list[RailEntry]]]:
    """(group key, title, entries) of every group in which the viewer has the right to something."""
    found: dict[str, list[Place]] = {group: [] for group in GROUPS}
    for place in _places(viewer):
        found[place.group].append(place)
    for places in found.values():
        places.sort(key=lambda place: place.order)
    urls = [place.url for places in found.values() for place in places]
    here = max((url for url in urls if _covers(url, path)), key=len, default="")
    return [
        (
            group,
            GROUPS[group].say(viewer.language),
            [RailEntry(one.label.say(viewer.language), one.url, one.icon, one.url == here) for one in places],
        )
        for group, places in found.items()
        if places
    ]


def search(viewer: Viewer, text: str, limit: int) -> tuple[SearchHit, ...]:
    """Pages of the rail first, then what each app finds, then records; who fails is left out and logged."""
    text = text.strip()[:SEARCH_TEXT_MAX]
    if not text:
        return ()
    hits = {hit.url: hit for hit in _pages(viewer, text)}
    asked = [(app.name, app.search) for app in _apps if app.search]
    for name, path in [*asked, ("records", RECORDS)]:
        for hit in _ask(name, path, viewer, text, limit):
            hits.setdefault(hit.url, hit)
    return tuple(hits.values())[:limit]


def _ask(name: str, path: str, viewer: Viewer, text: str, limit: int) -> Iterable[SearchHit]:
    try:
        return tuple(import_string(path)(viewer, text, limit))
    except Exception:
        log.exception("the search of %s failed", name)
        return ()


def _pages(viewer: Viewer, text: str) -> Iterator[SearchHit]:
    words = text.casefold().split()
    for place in _places(viewer):
        if all(word in f"{place.label.zh} {place.label.en}".casefold() for word in words):
            yield SearchHit(place.label.say(viewer.language), PAGE, place.url)


def _places(viewer: Viewer) -> Iterator[Place]:
    desk, types = finding.entries(viewer)
    mine, system = work.entries(viewer)
    yield from (Place(*entry) for entry in (*desk, *mine))
    for app in _apps:
        for entry in app.navigation:
            if viewer.may_somewhere(entry.right) and (url := _url(entry)) and _opens(viewer, entry, url):
                yield Place(entry.group, entry.label, entry.icon, url, entry.order)
    yield from (Place(*entry) for entry in (*types, *system))


def _opens(viewer: Viewer, entry: NavigationEntry, url: str) -> bool:
    """True unless the page is for those alone who hold its right everywhere, and this one does not."""
    return viewer.may(entry.right) or bool(getattr(resolve(url).func, "somewhere", False))


def _url(entry: NavigationEntry) -> str:
    try:
        return reverse(entry.url_name)
    except NoReverseMatch:
        log.error("the rail entry %s names no page: %s", entry.label.en, entry.url_name)
        return ""


def _covers(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url.rstrip("/") + "/"))

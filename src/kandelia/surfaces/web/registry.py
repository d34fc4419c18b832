"""The apps that boot has found; the frame draws its rail and asks its questions from here."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Viewer
from kandelia.surfaces.web.declarations import GROUPS, App, NavigationEntry, SearchHit

SEARCH_TEXT_MAX = 200
PAGE = LocalText("页面", "Page")
log = logging.getLogger("kandelia.web")
_apps: list[App] = []


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
    found: dict[str, list[tuple[NavigationEntry, str]]] = {group: [] for group in GROUPS}
    for entry, url in _entries(viewer):
        found[entry.group].append((entry, url))
    urls = [url for entries in found.values() for _, url in entries]
    here = max((url for url in urls if _covers(url, path)), key=len, default="")
    return [
        (
            group,
            GROUPS[group].say(viewer.language),
            [RailEntry(entry.label.say(viewer.language), url, entry.icon, url == here) for entry, url in entries],
        )
        for group, entries in found.items()
        if entries
    ]


def search(viewer: Viewer, text: str, limit: int) -> tuple[SearchHit, ...]:
    """Pages of the rail first, then what each app finds; an app that fails is left out and logged."""
    text = text.strip()[:SEARCH_TEXT_MAX]
    if not text:
        return ()
    hits = {hit.url: hit for hit in _pages(viewer, text)}
    for app in _apps:
        if app.search:
            for hit in _ask(app, viewer, text, limit):
                hits.setdefault(hit.url, hit)
    return tuple(hits.values())[:limit]


def _ask(app: App, viewer: Viewer, text: str, limit: int) -> Iterable[SearchHit]:
    try:
        return tuple(import_string(app.search)(viewer, text, limit))
    except Exception:
        log.exception("the search of %s failed", app.name)
        return ()


def _pages(viewer: Viewer, text: str) -> Iterator[SearchHit]:
    words = text.casefold().split()
    for entry, url in _entries(viewer):
        if all(word in f"{entry.label.zh} {entry.label.en}".casefold() for word in words):
            yield SearchHit(entry.label.say(viewer.language), PAGE, url)


def _entries(viewer: Viewer) -> Iterator[tuple[NavigationEntry, str]]:
    for app in _apps:
        for entry in app.navigation:
            if viewer.may(entry.right) and (url := _url(entry)):
                yield entry, url


def _url(entry: NavigationEntry) -> str:
    try:
        return reverse(entry.url_name)
    except NoReverseMatch:
        log.error("the rail entry %s names no page: %s", entry.label.en, entry.url_name)
        return ""


def _covers(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url.rstrip("/") + "/"))

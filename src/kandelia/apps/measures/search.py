"""Answers the one search box for measures and funding lines."""

from kandelia.apps.measures import facade
from kandelia.base.text import LocalText
from kandelia.sdk.apps import SearchHit
from kandelia.sdk.views import Viewer

LINE = LocalText("政策条目", "Measure")


def search(viewer: Viewer, text: str, limit: int) -> tuple[SearchHit, ...]:
    """Funding lines, then measures without an amount; at most `limit`."""
    words, found = text.casefold().split(), facade.measures()
    hits = []
    for line in found.lines.values():
        if all(word in f"{line.id} {line.title.zh} {line.title.en} {line.term}".casefold() for word in words):
            hits.append(SearchHit(f"{line.id} {line.title.say(viewer.language)}", LINE, f"/measures/{line.id}"))
    for one in found.commitments:
        if all(word in f"{one.measure} {one.title.zh} {one.title.en}".casefold() for word in words):
            url = f"/measures#{one.measure}"
            hits.append(SearchHit(f"{one.measure} {one.title.say(viewer.language)}", LINE, url))
    return tuple(hits[:limit])

"""Parts of a record's page that other rooms bring: comments, attachments, an inbox. A room registers a function once,
when Django's apps get ready, under the place where it stands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe

from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import RecordType

Place = Literal["main", "aside"]
RecordPart = Callable[[HttpRequest, Viewer, RecordView], str]


@dataclass(frozen=True, slots=True)
class _Part:
    place: Place
    draw: RecordPart
    order: int


_parts: list[_Part] = []


def register_part(place: Place, draw: RecordPart, order: int = 100) -> None:
    """Draw something on every record's page: below its facts ("main") or beside them, above the timeline ("aside").

    `draw` answers safe HTML, empty where there is nothing to show.
    """
    if all(part.draw is not draw for part in _parts):
        _parts.append(_Part(place, draw, order))
        _parts.sort(key=lambda part: part.order)


def of_record(request: HttpRequest, viewer: Viewer, view: RecordView, place: Place) -> tuple[SafeString, ...]:
    """What other rooms show of a record in a place."""
    drawn = (part.draw(request, viewer, view) for part in _parts if part.place == place)
    return tuple(_safe(drawn))


def of_type(declared: RecordType, viewer: Viewer, view: RecordView) -> tuple[SafeString, ...]:
    """What the type's own app shows of it."""
    return tuple(_safe(import_string(path)(viewer, view) for path in declared.page_parts))


def _safe(drawn: Iterator[str]) -> Iterator[SafeString]:
    for html in drawn:
        if html:
            yield mark_safe(html)  # noqa: S308  rooms draw by templates, which escape

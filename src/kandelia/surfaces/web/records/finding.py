"""Record types in the rail and records in the search box, after what the viewer may read."""

from django.urls import reverse

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.records import facade
from kandelia.kernel.records.declaration import RecordType
from kandelia.surfaces.web.declarations import GROUPS, SearchHit
from kandelia.surfaces.web.records.shown import record_url

DESK = LocalText("我的工作台", "My desk")
DESK_GROUP = "govern"
Entry = tuple[str, LocalText, str, str]


def entries(viewer: Viewer) -> tuple[list[Entry], list[Entry]]:
    """(group, label, icon, address): the desk, where there is anything for it; and each type one may read."""
    listed = [one for one in facade.listed(viewer) if one.in_rail]
    desk = [(DESK_GROUP, DESK, "layout-dashboard", reverse("desk"))] if listed else []
    return desk, [(_group(one), one.plural, one.icon, reverse("records", args=[one.name])) for one in listed]


def hits(viewer: Viewer, text: str, limit: int) -> tuple[SearchHit, ...]:
    """Records of every type that hold all the words."""
    return tuple(
        SearchHit(ref.title, label_of(ref.type), record_url(ref.type, ref.id), state_of(ref.type, ref.state, viewer))
        for ref in facade.search(viewer, text, limit=limit)
    )


def label_of(type: str) -> LocalText:
    """What a record of a type is called."""
    return facade.type_of(type).label


def state_of(type: str, state: str, viewer: Viewer) -> str:
    """A state in the reader's words."""
    for one in facade.type_of(type).life.states:
        if one.name == state:
            return one.label.say(viewer.language)
    return state


def _group(declared: RecordType) -> str:
    return declared.group if declared.group in GROUPS else DESK_GROUP

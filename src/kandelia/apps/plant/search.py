"""Answers the one search box for machines and signals."""

from kandelia.apps.plant.logic.board import machines_of
from kandelia.base.text import LocalText
from kandelia.sdk.apps import SearchHit
from kandelia.sdk.records import signals, things
from kandelia.sdk.views import Viewer

MACHINE = LocalText("设备", "Machine")
SIGNAL = LocalText("测点", "Signal")


def search(viewer: Viewer, text: str, limit: int) -> tuple[SearchHit, ...]:
    """Machines, then signals; at most `limit`."""
    words = text.lower().split()
    hits = []
    for machine in machines_of(things.tree(viewer)):
        if all(word in f"{machine.name.zh} {machine.name.en} {machine.path}".lower() for word in words):
            title = machine.name.say(viewer.language) or machine.key
            hits.append(SearchHit(title, MACHINE, f"/machines/{machine.path}", machine.path))
    for signal in signals.list_signals(viewer, search=text, limit=limit).items:
        title = signal.name.say(viewer.language) or signal.key
        hits.append(SearchHit(title, SIGNAL, f"/signals/{signal.number}", signal.id))
    return tuple(hits[:limit])

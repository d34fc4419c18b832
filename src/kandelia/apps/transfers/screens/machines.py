"""Which machine new signals go to: one that stands, or one that is made with the first of them."""

from collections.abc import Mapping

from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.base.text import LocalText, Said
from kandelia.sdk.records import things
from kandelia.sdk.screens import said, told
from kandelia.sdk.transfers import key_of
from kandelia.sdk.views import Viewer

NEW = "+"  # a machine that does not exist yet
FIRST_SITE = ("plant", LocalText("工厂", "Plant"))
FIRST_AREA = ("hall", LocalText("车间", "Hall"))


def refusal(error: KandeliaError) -> dict[str, str]:
    """An error in the reader's language; its place only where that is told in words, not as a field's name."""
    what, mend = told(error)
    return {"what": what, "where": said(error.where) if isinstance(error.where, Said) else "", "mend": mend}


def choices(viewer: Viewer) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(machines, areas) as (path, name)."""
    machines: list[tuple[str, str]] = []
    areas: list[tuple[str, str]] = []
    for site in things.tree(viewer):
        for area in site.areas:
            name = f"{site.name.say(viewer.language) or site.key} / {area.name.say(viewer.language) or area.key}"
            areas.append((f"{site.key}/{area.key}", name))
            stands = [*area.machines, *(machine for line in area.lines for machine in line.machines)]
            machines += [(one.path, f"{name} / {one.name.say(viewer.language) or one.key}") for one in stands]
    return machines, areas


def machine_of(viewer: Viewer, given: Mapping[str, str], *, make: bool) -> str:
    """The path of the machine that a form names; a new one is made only when `make` says so."""
    chosen = given.get("machine", "")
    if chosen not in ("", NEW):
        return things.machine(viewer, chosen).path
    name = given.get("machine_name", "").strip()
    if not name:
        what = Said("新设备没有名称", "the new machine has no name")
        mend = Said("请选择一台设备，或给新设备起名", "choose a machine, or name the new one")
        raise InvalidInput(what, "machine", mend, "no-machine")
    machines, areas = choices(viewer)
    area = given.get("area", "") or (areas[0][0] if areas else f"{FIRST_SITE[0]}/{FIRST_AREA[0]}")
    taken = {path.rpartition("/")[2] for path, _ in machines if path.startswith(f"{area}/")}
    key = key_of(name, taken).replace("signal", "machine", 1) if not name.isascii() else key_of(name, taken)
    path = f"{area}/{key}"
    if make:
        if not areas:
            things.put_site(viewer, *FIRST_SITE)
            things.put_area(viewer, area, FIRST_AREA[1])
        text = LocalText(name, "") if viewer.language == "zh" else LocalText("", name)
        things.put_machine(viewer, path, text)
    return path

"""The plant as somebody sees it who sees only places of it."""

from collections.abc import Iterable
from dataclasses import replace

from kandelia.kernel.access.contracts import Reach
from kandelia.kernel.things.contracts import AreaView, LineView, MachineView, SiteView


def narrowed(sites: Iterable[SiteView], reach: Reach) -> tuple[SiteView, ...]:
    """What lies at and below the places, under the names of what stands above them."""
    return tuple(
        site if reach.covers(site.key) else replace(site, areas=_areas(site, reach))
        for site in sites
        if reach.covers(site.key) or reach.leads_to(site.key)
    )


def _areas(site: SiteView, reach: Reach) -> tuple[AreaView, ...]:
    found = []
    for area in site.areas:
        path = f"{site.key}/{area.key}"
        if reach.covers(path):
            found.append(area)
        elif reach.leads_to(path):
            found.append(replace(area, lines=_lines(path, area, reach), machines=_machines(area.machines, reach)))
    return tuple(found)


def _lines(path: str, area: AreaView, reach: Reach) -> tuple[LineView, ...]:
    found = []
    for line in area.lines:
        whole = reach.covers(f"{path}/lines/{line.key}")
        machines = line.machines if whole else _machines(line.machines, reach)
        if whole or machines:
            found.append(replace(line, machines=machines))
    return tuple(found)


def _machines(machines: Iterable[MachineView], reach: Reach) -> tuple[MachineView, ...]:
    return tuple(machine for machine in machines if reach.covers(machine.path, machine.line))

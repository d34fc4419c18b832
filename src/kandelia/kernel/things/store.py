"""Rows of the plant's hierarchy as views, always within one organisation."""

from collections import defaultdict
from typing import NoReturn

from django.db.models import Q, QuerySet

from kandelia.base.errors import NotFound
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Reach
from kandelia.kernel.access.facade import on_place
from kandelia.kernel.things.contracts import AreaView, LineView, MachineView, SiteView
from kandelia.kernel.things.logic.paths import Path, parse
from kandelia.kernel.things.models import Area, Line, Machine, Named, Site


def name_of(row: Named) -> LocalText:
    """Both names of a row."""
    return LocalText(row.name_zh, row.name_en)


def machine_view(row: Machine) -> MachineView:
    """A machine whose area, site and line are at hand (select_related)."""
    site, area = row.area.site.key, row.area.key
    return MachineView(
        path=f"{site}/{area}/{row.key}",
        key=row.key,
        name=name_of(row),
        kind=row.kind,
        site=site,
        area=area,
        line=row.line.key if row.line else "",
        card_signals=tuple(row.card_signals),
        state_signal=row.state_signal,
    )


def tree(organisation: str) -> tuple[SiteView, ...]:
    """Everything, in plant order; four queries."""
    machines = _machine_views(organisation)
    lines: dict[int, list[LineView]] = defaultdict(list)
    for line in Line.objects.filter(area__site__organisation_id=organisation):
        lines[line.area_id].append(LineView(line.key, name_of(line), tuple(machines[line.area_id, line.id])))
    areas: dict[int, list[AreaView]] = defaultdict(list)
    for area in Area.objects.filter(site__organisation_id=organisation):
        view = AreaView(area.key, name_of(area), tuple(lines[area.id]), tuple(machines[area.id, None]))
        areas[area.site_id].append(view)
    sites = Site.objects.filter(organisation_id=organisation)
    return tuple(SiteView(site.key, name_of(site), site.time_zone, tuple(areas[site.id])) for site in sites)


def _machine_views(organisation: str) -> dict[tuple[int, int | None], list[MachineView]]:
    """Machines by (area, line). Read as plain columns: pages ask for thousands of them."""
    found: dict[tuple[int, int | None], list[MachineView]] = defaultdict(list)
    rows = machines_of(organisation).select_related(None).values_list(
        "area_id", "line_id", "area__site__key", "area__key", "line__key",
        "key", "name_zh", "name_en", "kind", "card_signals", "state_signal",
    )  # fmt: skip
    for area_id, line_id, site, area, line, key, zh, en, kind, card_signals, state_signal in rows:
        found[area_id, line_id].append(
            MachineView(
                f"{site}/{area}/{key}",
                key,
                LocalText(zh, en),
                kind,
                site,
                area,
                line or "",
                tuple(card_signals),
                state_signal,
            )
        )
    return found


def machines_of(organisation: str) -> QuerySet[Machine]:
    """Rows of all machines."""
    rows = Machine.objects.filter(area__site__organisation_id=organisation)
    return rows.select_related("area__site", "line")


def site_row(organisation: str, key: str) -> Site:
    """The site, or NotFound."""
    row = Site.objects.filter(organisation_id=organisation, key=key).first()
    return row or _raise(key)


def area_row(organisation: str, site: str, key: str) -> Area:
    """The area, or NotFound."""
    rows = Area.objects.filter(site__organisation_id=organisation, site__key=site, key=key)
    return rows.select_related("site").first() or _raise(f"{site}/{key}")


def line_row(organisation: str, site: str, area: str, key: str) -> Line:
    """The line, or NotFound."""
    rows = Line.objects.filter(area__site__organisation_id=organisation, area__site__key=site, area__key=area, key=key)
    return rows.select_related("area__site").first() or _raise(f"{site}/{area}/lines/{key}")


def machine_row(organisation: str, site: str, area: str, key: str) -> Machine:
    """The machine, or NotFound."""
    rows = Machine.objects.filter(area__site__organisation_id=organisation, area__site__key=site)
    row = rows.filter(area__key=area, key=key).select_related("area__site", "line").first()
    return row or _raise(f"{site}/{area}/{key}")


def row_at(organisation: str, path: Path) -> Site | Area | Line | Machine:
    """Whatever stands at a path, or NotFound."""
    if path.level == "site":
        return site_row(organisation, path.keys[0])
    if path.level == "area":
        return area_row(organisation, path.keys[0], path.keys[1])
    site, area, key = path.keys
    return (
        line_row(organisation, site, area, key) if path.level == "line" else machine_row(organisation, site, area, key)
    )


def line_of(organisation: str, site: str, area: str, key: str) -> str | None:
    """The key of the line that a machine stands on, empty where on none; None where there is no such machine."""
    rows = Machine.objects.filter(area__site__organisation_id=organisation, area__site__key=site)
    found = rows.filter(area__key=area, key=key).values_list("line__key").first()
    return None if found is None else found[0] or ""


def within(reach: Reach, prefix: str = "") -> Q:
    """Machines (or what reaches them by `prefix`) at and below the places of a reach."""
    found = Q(pk__in=())
    for place in reach.places:
        path = parse(place)
        names = ("area__site__key", "area__key", "line__key" if path.level == "line" else "key")
        found |= Q(**{prefix + name: key for name, key in zip(names, path.keys, strict=False)})
    return found


def check_stands(organisation: str, place: str) -> None:
    """NotFound where nothing stands at a place."""
    row_at(organisation, parse(place))


def guard_places() -> None:
    """From now on rights are granted only where something stands."""
    on_place(check_stands)


def nothing(path: str) -> NotFound:
    """The error for a place where nothing stands, or nothing for this viewer."""
    return NotFound(f'nothing stands at "{path}"', "path", "see the tree of things for what there is", "not-found")


def _raise(path: str) -> NoReturn:
    raise nothing(path)

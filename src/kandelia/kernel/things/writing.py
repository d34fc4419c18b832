"""Writes of the plant's hierarchy: a tree of views brought into the tables, within one organisation."""

from dataclasses import dataclass, field
from typing import TypeVar, cast

from django.db.models import Max, QuerySet

from kandelia.base.text import LocalText
from kandelia.kernel.access.guards import SYSTEM_SUBJECT
from kandelia.kernel.records import entries
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.things.contracts import AreaView, LineView, MachineView, SiteView
from kandelia.kernel.things.logic.paths import check_key, check_name
from kandelia.kernel.things.models import Area, Line, Machine, Named, Site
from kandelia.kernel.things.records.area import AREA
from kandelia.kernel.things.records.line import LINE
from kandelia.kernel.things.records.machine import MACHINE
from kandelia.kernel.things.records.site import SITE

Values = dict[str, object]
Row = TypeVar("Row", bound=Named)
TYPES: dict[type[Named], RecordType] = {Site: SITE, Area: AREA, Line: LINE, Machine: MACHINE}
PATHS_AT_ONCE = 500
SHOWN = ("path", "name_zh", "name_en", "time_zone", "kind", "state_signal")  # what the history of a record tells


@dataclass
class Written:
    """Paths that were new and paths that differed."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """True if something was written."""
        return bool(self.created or self.changed)


@dataclass
class Writer:
    """Brings views into rows; `ordered` gives each thing its place among its siblings as listed."""

    organisation: str
    ordered: bool = False
    subject: str = SYSTEM_SUBJECT
    written: Written = field(default_factory=Written)
    _siblings: dict[tuple[type[Named], int], dict[str, Named]] = field(default_factory=dict)

    def site(self, view: SiteView, position: int = 0) -> Site:
        """The site alone, without what is below it."""
        values: Values = {**_named(view.key, view.name, "site"), "time_zone": view.time_zone}
        rows = Site.objects.filter(organisation_id=self.organisation)
        return self._put(rows, Site(organisation_id=self.organisation), view.key, values, position, view.key)

    def area(self, site: Site, view: AreaView, position: int = 0) -> Area:
        """The area alone."""
        values = _named(view.key, view.name, "area")
        return self._put(site.areas.all(), Area(site=site), view.key, values, position, f"{site.key}/{view.key}")

    def line(self, area: Area, view: LineView, position: int = 0) -> Line:
        """The line alone."""
        values, path = _named(view.key, view.name, "line"), f"{area.site.key}/{area.key}/lines/{view.key}"
        return self._put(area.lines.all(), Line(area=area), view.key, values, position, path)

    def machine(self, area: Area, line: Line | None, view: MachineView, position: int = 0) -> Machine:
        """A machine."""
        values: Values = {
            **_named(view.key, view.name, "machine"),
            "line_id": line.id if line else None,
            "kind": view.kind,
            "card_signals": list(view.card_signals),
            "state_signal": view.state_signal,
        }
        path = f"{area.site.key}/{area.key}/{view.key}"
        return self._put(area.machines.all(), Machine(area=area), view.key, values, position, path)

    def tree(self, sites: tuple[SiteView, ...]) -> Written:
        """All of it; what is not mentioned stays."""
        for position, view in enumerate(sites):
            site = self.site(view, position)
            for place, area in enumerate(view.areas):
                self._area_tree(site, area, place)
        return self.written

    def _area_tree(self, site: Site, view: AreaView, position: int) -> None:
        area = self.area(site, view, position)
        for place, line_view in enumerate(view.lines):
            line = self.line(area, line_view, place)
            for index, machine in enumerate(line_view.machines):
                self.machine(area, line, machine, index)
        for index, machine in enumerate(view.machines):
            self.machine(area, None, machine, index)

    def _put(self, rows: QuerySet[Row], fresh: Row, key: str, values: Values, position: int, path: str) -> Row:
        row = self._found(rows, fresh, key)
        if row is None:
            values |= {"position": position if self.ordered else _next_position(rows), "path": path}
            self._make(fresh, values)
            self.written.created.append(path)
            return fresh
        values |= {"position": position} if self.ordered else {}
        if any(getattr(row, name) != value for name, value in values.items()):
            self._change(row, values)
            self.written.changed.append(path)
        return row

    def _make(self, row: Named, values: Values) -> None:
        for name, value in values.items():
            setattr(row, name, value)
        entries.make(TYPES[type(row)], [row], self.organisation, self.subject)
        row.save(force_insert=True)

    def _change(self, row: Named, values: Values) -> None:
        before = {name: str(getattr(row, name, "")) for name in SHOWN}
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        after = {name: str(getattr(row, name, "")) for name in SHOWN}
        differing = {name: [old, after[name]] for name, old in before.items() if old != after[name]}
        entries.follow(TYPES[type(row)], [(row, differing)], self.subject)

    def _found(self, rows: QuerySet[Row], fresh: Row, key: str) -> Row | None:
        """The row of a key; a whole tree asks once for all siblings, not for each of thousands."""
        if not self.ordered:
            return rows.filter(key=key).first()
        parent = getattr(fresh, "area_id", None) or getattr(fresh, "site_id", None) or 0
        known = self._siblings.get((type(fresh), parent))
        if known is None:
            known = self._siblings[type(fresh), parent] = {row.key: row for row in rows}
        return cast(Row | None, known.get(key))


def _next_position(rows: QuerySet[Row]) -> int:
    last = rows.aggregate(last=Max("position"))["last"]
    return 0 if last is None else int(last) + 1


def _named(key: str, name: LocalText, level: str) -> Values:
    check_name(name, f"{level} {key}")
    return {"key": check_key(key, f"{level} key"), "name_zh": name.zh, "name_en": name.en}


def follow_move(organisation: str, row: Named, before: str, after: str, subject: str) -> None:
    """Give a thing, and all below a site or area, the paths that follow from its new place."""
    _repath([row], before, after, subject)
    if isinstance(row, Site | Area):
        for model in (Area, Line, Machine):
            place = "site__organisation_id" if model is Area else "area__site__organisation_id"
            below = model.objects.filter(**{place: organisation, "path__startswith": f"{before}/"})
            _repath(list(below), before, after, subject)


def _repath(rows: list[Named], before: str, after: str, subject: str) -> None:
    if not rows:
        return
    changed = []
    for row in rows:
        old, row.path = row.path, after + row.path[len(before) :]
        changed.append((row, {"path": [old, row.path]}))
    type(rows[0]).objects.bulk_update(rows, ["path"], batch_size=PATHS_AT_ONCE)
    entries.follow(TYPES[type(rows[0])], changed, subject)

"""Writes of the plant's hierarchy: a tree of views brought into the tables, within one organisation."""

from dataclasses import dataclass, field
from typing import TypeVar, cast

from django.db.models import Max, QuerySet

from kandelia.base.text import LocalText
from kandelia.kernel.things.contracts import AreaView, LineView, MachineView, SiteView
from kandelia.kernel.things.logic.paths import check_key, check_name
from kandelia.kernel.things.models import Area, Line, Machine, Named, Site

Values = dict[str, object]
Row = TypeVar("Row", bound=Named)


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
            values["position"] = position if self.ordered else _next_position(rows)
            row, log = fresh, self.written.created
        else:
            values |= {"position": position} if self.ordered else {}
            if all(getattr(row, name) == value for name, value in values.items()):
                return row
            log = self.written.changed
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        log.append(path)
        return row

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

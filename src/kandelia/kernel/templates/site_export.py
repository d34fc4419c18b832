"""A site written as the file that `site_files` reads: the same bytes for the same site, secrets by their names only."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kandelia.base.errors import NotFound
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, require
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections.contracts import ConnectionView
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.templates import differences, store
from kandelia.kernel.templates.logic.documents import name_document, signal_document, template_document
from kandelia.kernel.templates.logic.site_text import text_of
from kandelia.kernel.templates.models import TemplateInstance
from kandelia.kernel.things import facade as things
from kandelia.kernel.things.contracts import AreaView, LineView, MachineView, SiteView


def export_site(viewer: Viewer, site: str) -> str:
    """The site with all below it, the connections and templates that it uses; NotFound for one there is not."""
    require(viewer, Right.CONFIGURE)
    found = next((view for view in things.tree(viewer) if view.key == site), None)
    if found is None:
        raise NotFound(f'there is no site "{site[:80]}"', "site", "see kandelia things tree", "not-found")
    writer = _Writer(viewer, found)
    document: dict[str, Any] = {"sites": [writer.site()]}
    links = [_connection(view) for view in connections.list_connections(viewer) if view.key in writer.links]
    templates = [view for view in store.templates(viewer.organisation) if view.key in writer.templates]
    document |= {"connections": links} if links else {}
    document |= {"templates": [template_document(view) for view in templates]} if templates else {}
    audit(viewer, "plant.export", site, {"machines": len(writer.machines)})
    return text_of(document)


def _connection(view: ConnectionView) -> dict[str, Any]:
    return _without_empty(
        {
            "key": view.key,
            "site": view.site,
            "name": name_document(view.name),
            "driver": view.driver,
            "enabled": None if view.enabled else False,
            "settings": _sorted(view.settings),
        }
    )


@dataclass
class _Writer:
    """Gathers what the site uses while it is described."""

    viewer: Viewer
    view: SiteView
    links: set[str] = field(default_factory=set)
    templates: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.machines = [machine.path for machine in _machines(self.view)]
        self._uses: dict[str, list[tuple[TemplateInstance, bool, list[SignalView]]]] = {}
        links = frozenset(view.key for view in connections.list_connections(self.viewer))
        self.links |= {view.key for view in connections.list_connections(self.viewer) if view.site == self.view.key}
        rows = store.instance_rows(self.viewer.organisation, machine__area__site__key=self.view.key)
        for row in rows.select_related("template__entry").order_by("machine__path", "template__key"):
            if row.template.entry.state != "withdrawn":
                self._use(row, links)

    def _use(self, row: TemplateInstance, links: frozenset[str]) -> None:
        current = row.template.entry.state == "published" and row.version == row.template.version
        expanded = differences.expansion(store.view(row.template), row, links) if current else ""
        given = [] if isinstance(expanded, str) else list(expanded)
        self._uses.setdefault(row.machine.path, []).append((row, bool(given), given))
        self.templates.add(row.template.key)

    def site(self) -> dict[str, Any]:
        """The site as the file has it."""
        view = self.view
        areas = [self._area(area) for area in view.areas]
        return _without_empty(
            {"key": view.key, "name": name_document(view.name), "time_zone": view.time_zone, "areas": areas}
        )

    def _area(self, view: AreaView) -> dict[str, Any]:
        lines = [self._line(line) for line in view.lines]
        machines = [self._machine(machine) for machine in view.machines]
        return _without_empty({"key": view.key, "name": name_document(view.name), "lines": lines, "machines": machines})

    def _line(self, view: LineView) -> dict[str, Any]:
        machines = [self._machine(machine) for machine in view.machines]
        return _without_empty({"key": view.key, "name": name_document(view.name), "machines": machines})

    def _machine(self, view: MachineView) -> dict[str, Any]:
        there = signals.of_machine(self.viewer, view.path)
        self.links |= {signal.connection for signal in there if signal.connection}
        uses, given = self._used(view.path, {signal.id: signal for signal in there})
        own = [signal for signal in there if given.get(signal.id) != replace(signal, number=0)]
        usual = _usual(own)
        return _without_empty(
            {
                "key": view.key,
                "name": name_document(view.name),
                "kind": view.kind,
                "card": list(view.card_signals),
                "state": view.state_signal,
                "connection": usual,
                "uses": uses,
                "signals": [signal_document(signal, usual) for signal in own],
            }
        )

    def _used(self, path: str, there: dict[str, SignalView]) -> tuple[list[dict[str, Any]], dict[str, SignalView]]:
        """The uses of a machine, and the signals that they give, by id."""
        uses: list[dict[str, Any]] = []
        given: dict[str, SignalView] = {}
        for row, current, expanded in self._uses.get(path, ()):
            applied = current and all(signal.id in there for signal in expanded)
            given |= {signal.id: signal for signal in expanded} if applied else {}
            link = row.connection.key if row.connection else ""
            self.links |= {link} if link else set()
            document = {"template": row.template.key, "connection": link, "values": row.values}
            document |= {"overrides": row.overrides} if row.overrides else {}
            uses.append(document if applied else {**document, "applied": False})
        return [_sorted(use) for use in uses], given


def _usual(own: Iterable[SignalView]) -> str:
    """The connection that most use, the first of equals."""
    counted = Counter(signal.connection for signal in own)
    return counted.most_common(1)[0][0] if counted else ""


def _machines(view: SiteView) -> list[MachineView]:
    found: list[MachineView] = []
    for area in view.areas:
        found += [machine for line in area.lines for machine in line.machines]
        found += area.machines
    return found


def _without_empty(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value is False or value not in (None, "", [], {}, ())}


def _sorted(value: Any) -> Any:
    """Mappings by key, at every depth: stores keep no order of their own."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=str)}
    return [_sorted(part) for part in value] if isinstance(value, Sequence) and not isinstance(value, str) else value

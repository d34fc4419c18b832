"""The part of a site file that tells of templates, read with the place of each mistake. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kandelia.base.errors import InvalidInput
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.plant_file import PlantFile
from kandelia.kernel.signals.logic.yaml_nodes import Item, Mistakes, item, plain, sequence
from kandelia.kernel.templates.definitions import InstanceView, TemplateView
from kandelia.kernel.templates.logic import documents
from kandelia.kernel.templates.logic.expanding import Place, expand
from kandelia.kernel.things.logic.paths import check_key

USE = ("template", "connection", "values", "overrides", "applied")


@dataclass
class SiteTemplates:
    """What a file says of templates: the templates, where they are used, and what they give there (by id).

    A use that is not `applied` is only remembered: its signals stand in the file themselves.
    """

    known: dict[str, TemplateView]  # what the organisation has, by key
    connections: frozenset[str]
    templates: list[TemplateView] = field(default_factory=list)
    uses: list[InstanceView] = field(default_factory=list)
    applied: set[tuple[str, str]] = field(default_factory=set)  # (template, machine)
    signals: dict[str, SignalView] = field(default_factory=dict)

    def read(self, plant: PlantFile, mistakes: Mistakes) -> None:
        """Fill it from the nodes that the plant file left."""
        links = self.connections | {one.key for one in plant.connections}
        for node in plant.templates:
            self._template(node, mistakes)
        views = {**self.known, **{view.key: view for view in self.templates}}
        for machine, line, connection, node in plant.uses:
            use = _Use(mistakes, views, links)
            self._take(use, use.read(node, machine, connection), Place(machine, line), node)

    def _template(self, node: Any, mistakes: Mistakes) -> None:
        entry = item(node, "a template", documents.TEMPLATE, mistakes)
        if entry is None:
            return
        parameters = _parts(entry, "parameters", documents.parameter_of, mistakes)
        signals = _parts(entry, "signals", documents.signal_of, mistakes)
        known = {*documents.OWN, *(one.name for _, one in parameters)}
        for place, signal in signals:
            _tried(mistakes, place, partial(documents.check_patterns, signal, known))
        parts = (tuple(one for _, one in parameters), tuple(one for _, one in signals))
        view = _tried(mistakes, entry.place("key"), lambda: _head(entry, parts))
        if view is not None and view.key in {one.key for one in self.templates}:
            mistakes.add(entry.place("key"), f'template "{view.key}" repeats', "rename one of them")
        elif view is not None:
            self.templates.append(view)

    def _take(self, use: "_Use", found: InstanceView | None, place: Place, node: Any) -> None:
        if found is None:
            return
        self.uses.append(found)
        if not use.applied:
            return
        self.applied.add((found.template, found.machine))
        signals = _tried(use.mistakes, node, lambda: expand(use.views[found.template], found, place)) or ()
        for signal in signals:
            if signal.connection and signal.connection not in use.links:
                use.mistakes.add(node, f'there is no connection "{signal.connection}"', "describe it under connections")
            if signal.id in self.signals:
                use.mistakes.add(node, f'two templates give the signal "{signal.id}"', "leave one of them out")
            self.signals[signal.id] = signal


@dataclass
class _Use:
    """One use of a template on a machine."""

    mistakes: Mistakes
    views: dict[str, TemplateView]
    links: frozenset[str]
    applied: bool = True

    def read(self, node: Any, machine: str, connection: str) -> InstanceView | None:
        """The instance, None (with a mistake) for what is none."""
        entry = item(node, "a template of a machine", USE, self.mistakes)
        given = _tried(self.mistakes, node, lambda: plain(node)) if entry is not None else None
        if entry is None or given is None:
            return None
        key, link = str(given.get("template", "")), str(given.get("connection", connection) or "")
        if key not in self.views:
            self.mistakes.add(
                entry.place("template"), f'there is no template "{key[:60]}"', "describe it under templates"
            )
            return None
        if link and link not in self.links:
            mend = "describe it under connections"
            self.mistakes.add(entry.place("connection"), f'there is no connection "{link[:60]}"', mend)
        values, overrides = given.get("values") or {}, given.get("overrides") or {}
        if not isinstance(values, dict) or not isinstance(overrides, dict):
            self.mistakes.add(node, "values or overrides are no mapping", "write {name: value}")
            return None
        if not all(isinstance(fields, dict) for fields in overrides.values()):
            self.mistakes.add(entry.place("overrides"), "an override is no mapping", "write {signal: {period: 5s}}")
            return None
        self.applied = given.get("applied", True) is not False
        return InstanceView(key, machine, link, {name: str(value) for name, value in values.items()}, overrides)


def _parts(entry: Item, name: str, reader: Callable[[Any], Any], mistakes: Mistakes) -> list[tuple[Any, Any]]:
    """The entries of a list that can be read, each with its node."""
    nodes = sequence(entry.values.get(name), f"the list of {name}", mistakes)
    found = [(node, _tried(mistakes, node, partial(_read, reader, node))) for node in nodes]
    return [(node, made) for node, made in found if made is not None]


def _read(reader: Callable[[Any], Any], node: Any) -> Any:
    return reader(plain(node))


def _head(entry: Item, parts: tuple[tuple[Any, ...], tuple[Any, ...]]) -> TemplateView:
    key = plain(entry.values["key"]) if "key" in entry.values else ""
    name = plain(entry.values["name"]) if "name" in entry.values else None
    view = TemplateView(
        check_key(str(key), "template key"),
        documents.name_of(name, "template"),
        *parts,
    )
    return documents.check_template(view)


def _tried(mistakes: Mistakes, node: Any, act: Callable[[], Any]) -> Any:
    """What it gives; None, and a mistake at the node, where it refuses."""
    try:
        return act()
    except InvalidInput as error:
        where = f" ({error.where})" if error.where else ""
        mistakes.add(node, f"{error.what}{where}", error.mend)
    except (ValueError, RecursionError, OverflowError) as error:
        mistakes.add(node, f"this cannot be read: {str(error)[:80]}", "write plain values")
    return None

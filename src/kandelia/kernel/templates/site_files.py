"""A whole site in and out as one readable YAML file: all of it, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points

from django.db import transaction

from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, require
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections import orphans
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.logic.plant_file import Known, PlantFile, read
from kandelia.kernel.signals.logic.yaml_nodes import many_nodes
from kandelia.kernel.templates import store, writing
from kandelia.kernel.templates.definitions import Difference
from kandelia.kernel.templates.logic import differing
from kandelia.kernel.templates.logic.site_reading import SiteTemplates
from kandelia.kernel.things import facade as things

DRIVERS_GROUP = "kandelia.drivers"
NOTHING = Difference()
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much was new, how much differed, how much the file describes; with a dry run, would be and would differ."""

    things_created: int = 0
    things_changed: int = 0
    connections_created: int = 0
    connections_changed: int = 0
    signals_created: int = 0
    signals_changed: int = 0
    signals: int = 0
    templates_created: int = 0
    templates_changed: int = 0
    instances_created: int = 0
    instances_changed: int = 0
    signals_retired: int = 0

    @property
    def any(self) -> bool:
        """True if anything was written."""
        return self != Loaded(signals=self.signals)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did or would do, thing by thing; each list holds paths, keys or ids."""

    loaded: Loaded
    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    signals: Difference = NOTHING


class WrongFile(InvalidInput):
    """A site file with mistakes; `mistakes` has one text each, by line."""

    mistakes: tuple[str, ...] = ()


class _Undone(Exception):
    """Ends a dry run: whatever was written is not."""

    def __init__(self, done: Imported) -> None:
        super().__init__()
        self.done = done


def load_plant(viewer: Viewer, text: str, file: str, progress: Progress | None = None) -> Loaded:
    """Bring a site file in; only how much was written."""
    return import_site(viewer, text, file, progress=progress).loaded


def import_site(
    viewer: Viewer, text: str, file: str, *, dry_run: bool = False, progress: Progress | None = None
) -> Imported:
    """Bring a site file in; WrongFile tells all its mistakes at once, and nothing is written then.

    A dry run writes nothing either, and says what it would. `progress` hears of signals written and to write.
    """
    require(viewer, Right.CONFIGURE)
    plant, templates = _read(viewer, text, file)
    try:
        with many_nodes(), orphans.undone_on_failure(viewer.organisation), transaction.atomic():
            done = _write(viewer, plant, templates, file, progress or (lambda done, total: None))
            if dry_run:
                raise _Undone(done)
    except _Undone as undone:
        return undone.done
    except KandeliaError as error:
        if isinstance(error, InvalidInput):
            raise _wrong((f"{file}: {error}",)) from error
        raise
    return done


def _read(viewer: Viewer, text: str, file: str) -> tuple[PlantFile, SiteTemplates]:
    links = frozenset(view.key for view in connections.list_connections(viewer))
    known = Known(
        sites=frozenset(site.key for site in things.tree(viewer)),
        connections=links,
        drivers=frozenset(point.name for point in entry_points(group=DRIVERS_GROUP)),
    )
    templates = SiteTemplates({view.key: view for view in store.templates(viewer.organisation)}, links)
    plant, mistakes = read(text, file, known, templates.read)
    if mistakes:
        raise _wrong(mistakes)
    return plant, templates


def _write(viewer: Viewer, plant: PlantFile, found: SiteTemplates, file: str, progress: Progress) -> Imported:
    tree = things.put_tree(viewer, plant.sites)
    links = connections.put_connections(viewer, plant.connections)
    made = _templates(viewer, found)
    uses, managed = _uses(viewer, found)
    wanted = {**found.signals, **{view.id: view for view in plant.signals}}
    there = store.signals_there(viewer.organisation, {*wanted, *managed})
    difference = differing.difference(wanted.values(), there, sorted(managed))
    views = differing.views(difference)
    signals.put_signals(viewer, views, ordered=True, progress=lambda done: progress(done, len(views)))
    loaded = Loaded(
        things_created=len(tree.created),
        things_changed=len(tree.changed),
        connections_created=len(links.created),
        connections_changed=len(links.changed),
        signals_created=len(difference.added),
        signals_changed=len(difference.changed),
        signals=len(wanted),
        templates_created=len(made[0]),
        templates_changed=len(made[1]),
        instances_created=len(uses[0]),
        instances_changed=len(uses[1]),
        signals_retired=len(difference.retired),
    )
    if loaded.any:
        details = {"signals": loaded.signals, "created": loaded.signals_created, "changed": loaded.signals_changed}
        audit(viewer, "plant.load", file[:200], details)
    created = (*tree.created, *(f"connection {key}" for key in links.created), *made[0], *uses[0])
    changed = (*tree.changed, *(f"connection {key}" for key in links.changed), *made[1], *uses[1])
    return Imported(loaded, created, changed, difference)


def _templates(viewer: Viewer, found: SiteTemplates) -> writing.Counted:
    """Templates as the file has them, published where they are new or differ."""
    told: dict[str, list[str]] = {"made": [], "changed": [], "": []}
    for view in found.templates:
        did = writing.put(viewer, view)
        told[did].append(f"template {view.key}")
        if did and view.signals:
            writing.publish(viewer, store.row(viewer.organisation, view.key))
    return told["made"], told["changed"]


def _uses(viewer: Viewer, found: SiteTemplates) -> tuple[writing.Counted, set[str]]:
    """Instances as the file has them; and the ids of signals that they had by the version they ran until now."""
    made, changed, managed = [], [], set[str]()
    for key in dict.fromkeys(use.template for use in found.uses):
        row = store.row(viewer.organisation, key)
        new, differing_ones = writing.put_instances(viewer, row, [use for use in found.uses if use.template == key])
        made += [f"{path} uses {key}" for path in new]
        changed += [f"{path} uses {key}" for path in differing_ones]
        machines = [machine for template, machine in found.applied if template == key]
        rows = list(store.instance_rows(viewer.organisation, machines, template=row)) if machines else []
        keys = store.managed_keys(row, {one.version for one in rows})
        for one in rows:
            managed |= set(store.ids_of(one.machine.path, keys.get(one.version, ())))
        writing.run(viewer, rows, row.version)
    return (made, changed), managed


def _wrong(mistakes: tuple[str, ...]) -> WrongFile:
    error = WrongFile("\n".join(mistakes), code="plant-file")
    error.mistakes = mistakes
    return error

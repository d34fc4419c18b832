"""A plant file brought into the records: all of it, or nothing."""

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
from kandelia.kernel.things import facade as things

DRIVERS_GROUP = "kandelia.drivers"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much was new, how much differed, how much the file describes."""

    things_created: int = 0
    things_changed: int = 0
    connections_created: int = 0
    connections_changed: int = 0
    signals_created: int = 0
    signals_changed: int = 0
    signals: int = 0

    @property
    def any(self) -> bool:
        """True if anything was written."""
        return self != Loaded(signals=self.signals)


class WrongFile(InvalidInput):
    """A plant file with mistakes; `mistakes` has one text each, by line."""

    mistakes: tuple[str, ...] = ()


def load_plant(viewer: Viewer, text: str, file: str, progress: Callable[[int, int], None] | None = None) -> Loaded:
    """Bring a plant file in; WrongFile tells all its mistakes at once, and nothing is written then.

    `progress` hears of signals written and to write.
    """
    require(viewer, Right.CONFIGURE)
    known = Known(
        sites=frozenset(site.key for site in things.tree(viewer)),
        connections=frozenset(view.key for view in connections.list_connections(viewer)),
        drivers=frozenset(point.name for point in entry_points(group=DRIVERS_GROUP)),
    )
    plant, mistakes = read(text, file, known)
    if mistakes:
        raise _wrong(mistakes)
    try:
        with many_nodes(), orphans.undone_on_failure(viewer.organisation), transaction.atomic():
            return _write(viewer, plant, file, progress or (lambda done, total: None))
    except KandeliaError as error:
        if isinstance(error, InvalidInput):
            raise _wrong((f"{file}: {error}",)) from error
        raise


def _write(viewer: Viewer, plant: PlantFile, file: str, progress: Callable[[int, int], None]) -> Loaded:
    tree = things.put_tree(viewer, plant.sites)
    links = connections.put_connections(viewer, plant.connections)
    total = len(plant.signals)
    written = signals.put_signals(viewer, plant.signals, ordered=True, progress=lambda done: progress(done, total))
    created, changed = len(written.created), len(written.changed)
    loaded = Loaded(
        len(tree.created),
        len(tree.changed),
        len(links.created),
        len(links.changed),
        created,
        changed,
        total,
    )
    if loaded.any:
        audit(viewer, "plant.load", file[:200], {"signals": loaded.signals, "created": created, "changed": changed})
    return loaded


def _wrong(mistakes: tuple[str, ...]) -> WrongFile:
    error = WrongFile("\n".join(mistakes), code="plant-file")
    error.mistakes = mistakes
    return error

"""What a template would do to machines: its expansions against the signals there are."""

from collections.abc import Iterable

from kandelia.base.errors import KandeliaError
from kandelia.kernel.connections import store as connections
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.templates import store
from kandelia.kernel.templates.definitions import InstanceDifference, TemplateView
from kandelia.kernel.templates.logic.differing import difference
from kandelia.kernel.templates.logic.expanding import expand
from kandelia.kernel.templates.models import Template, TemplateInstance

Expanded = tuple[SignalView, ...] | str  # what stands in the way, in words


def of_rows(organisation: str, template: Template, rows: Iterable[TemplateInstance]) -> tuple[InstanceDifference, ...]:
    """One a row, in their order; three queries and one for each 500 signals."""
    rows, view, links = list(rows), store.view(template), frozenset(connections.keys(organisation))
    expanded = {row.pk: expansion(view, row, links) for row in rows}
    keys = store.managed_keys(template, {row.version for row in rows})
    managed = {row.pk: store.ids_of(row.machine.path, keys.get(row.version, ())) for row in rows}
    ids = {id for found in managed.values() for id in found}
    ids |= {signal.id for found in expanded.values() if not isinstance(found, str) for signal in found}
    there = store.signals_there(organisation, ids)
    return tuple(_one(row, expanded[row.pk], there, managed[row.pk]) for row in rows)


def expansion(view: TemplateView, row: TemplateInstance, links: frozenset[str]) -> Expanded:
    """The signals of an instance, or why there are none."""
    try:
        found = expand(view, store.instance_view(row), store.place(row))
    except KandeliaError as error:
        return str(error)
    missing = next((signal for signal in found if signal.connection and signal.connection not in links), None)
    return f'{row.machine.path}: there is no connection "{missing.connection}"' if missing else found


def _one(
    row: TemplateInstance, expanded: Expanded, there: dict[str, SignalView], managed: list[str]
) -> InstanceDifference:
    view = store.instance_view(row)
    if isinstance(expanded, str):
        return InstanceDifference(view, wrong=expanded)
    return InstanceDifference(view, difference(expanded, there, managed))

"""Signals for everyone else: what a viewer's organisation measures, and how it is changed."""

from collections.abc import Callable, Iterable

from django.db import transaction

from kandelia.base.pages import PAGE_ROWS, Page
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, places_changed, reach_of, require
from kandelia.kernel.connections import outbox
from kandelia.kernel.connections.contracts import UNCONNECTED
from kandelia.kernel.records.models import Entry
from kandelia.kernel.signals import lent, store
from kandelia.kernel.signals.definitions import SignalVersionView, SignalView
from kandelia.kernel.signals.models import Signal
from kandelia.kernel.signals.writing import Writer, Written
from kandelia.kernel.things import facade as things

AUDITED_ONE_BY_ONE = 20


def list_signals(
    viewer: Viewer,
    *,
    search: str = "",
    machine: str = "",
    connection: str = "",
    after: str = "",
    limit: int = PAGE_ROWS,
) -> Page[SignalView]:
    """One page by number. `search` takes words found in ids and names; `machine` also a site's or area's path."""
    reach = reach_of(viewer, Right.SEE)
    return store.page(viewer.organisation, search, machine, connection, after, limit, reach)


def signal(viewer: Viewer, number: int) -> SignalView:
    """One, also of those that others share; NotFound for what is out of reach."""
    found = signals_of(viewer, [number]).get(number)
    if found is None:
        raise store.none_of(number)
    return found


def seen_as(viewer: Viewer, number: int) -> Viewer:
    """The viewer as the organisation sees them whose signal it is: themselves, or the guest of one that shares it."""
    found = lent.find(viewer, [number]) if not store.known(viewer.organisation, [number]) else {}
    return found[number].owner if number in found else viewer


def versions(viewer: Viewer, number: int) -> tuple[SignalVersionView, ...]:
    """What its numbers meant and since when, the newest first; NotFound also for another organisation's."""
    signal(viewer, number)
    return store.versions(number)


def signals_of(viewer: Viewer, numbers: Iterable[int]) -> dict[int, SignalView]:
    """Those of `numbers` that the viewer may see, own ones and what others share."""
    wanted = set(numbers)
    found = store.by_numbers(viewer.organisation, wanted, reach_of(viewer, Right.SEE))
    return {**lent.by_numbers(viewer, wanted - found.keys()), **found}


def by_ids(viewer: Viewer, ids: Iterable[str]) -> dict[str, SignalView]:
    """Those of `ids` that the viewer may see."""
    return store.by_ids(viewer.organisation, ids, reach_of(viewer, Right.SEE))


def of_machine(viewer: Viewer, path: str) -> tuple[SignalView, ...]:
    """Every signal of a machine, in plant order; NotFound for a machine that the viewer has not."""
    things.machine(viewer, path)
    return store.of_machine(viewer.organisation, path)


def put_signal(viewer: Viewer, view: SignalView) -> SignalView:
    """Make or change one. With a number it changes that signal, also its key and machine; `id` is not read."""
    written = put_signals(viewer, [view])
    if view.number:
        return signal(viewer, view.number)
    name = (written.created + written.changed or [f"{view.machine.replace('/', '.')}.{view.key}"])[0]
    return store.by_ids(viewer.organisation, [name])[name]


def put_signals(
    viewer: Viewer,
    views: Iterable[SignalView],
    *,
    ordered: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Written:
    """Make or change many in one transaction; `ordered` keeps the order given as plant order.

    `progress` hears how many have been dealt with.
    """
    reach = reach_of(viewer, Right.CONFIGURE)
    with transaction.atomic():
        written = Writer(viewer.organisation, ordered, progress, viewer.subject, reach).put(views)
        outbox.mark(viewer.organisation, written.connections)
        if written.created or written.moved:
            places_changed(viewer.organisation)
        _audit(viewer, written)
    return written


def remove_signal(viewer: Viewer, number: int) -> None:
    """Remove its definition; the number is never given again, what is stored goes with retention."""
    reach = reach_of(viewer, Right.CONFIGURE)
    if reach is not None and not store.known(viewer.organisation, [number], reach):
        signal(viewer, number)
        require(viewer, Right.CONFIGURE)  # it is there for the viewer to see, no more
    with transaction.atomic():
        view = store.one(viewer.organisation, number)
        Entry.objects.filter(id=Signal.objects.values_list("entry_id", flat=True).get(number=number)).delete()
        outbox.mark(viewer.organisation, [view.connection if view.active and view.connection else UNCONNECTED])
        audit(viewer, "signal.remove", view.id, {"number": number})


def _audit(viewer: Viewer, written: Written) -> None:
    ids = written.created + written.changed
    if len(ids) > AUDITED_ONE_BY_ONE:
        details = {"created": len(written.created), "changed": len(written.changed), "first": ids[:AUDITED_ONE_BY_ONE]}
        audit(viewer, "signal.load", f"{len(ids)} signals", details)
        return
    for action, names in (("signal.create", written.created), ("signal.change", written.changed)):
        for name in names:
            audit(viewer, action, name, {})

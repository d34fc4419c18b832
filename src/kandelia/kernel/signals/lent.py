"""Signals of other organisations that share them with the viewer's: found, and cut to what is shared."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from kandelia.base.clock import to_ns
from kandelia.kernel.access.contracts import Grant, Reach, Right, Viewer
from kandelia.kernel.access.facade import borrowed, note_looks
from kandelia.kernel.signals import store
from kandelia.kernel.signals.definitions import SignalView


@dataclass(frozen=True, slots=True)
class Lent:
    """A signal of another organisation and the grant by which it is seen."""

    owner: Viewer
    grant: Grant
    view: SignalView

    @property
    def since_ns(self) -> int:
        """No sample older than this is shared."""
        return to_ns(self.grant.since) if self.grant.since else 0


def by_numbers(viewer: Viewer, numbers: Collection[int]) -> dict[int, SignalView]:
    """Those of the numbers that others share."""
    return {number: one.view for number, one in find(viewer, numbers).items()}


def find(viewer: Viewer, numbers: Collection[int], *, export: bool = False) -> dict[int, Lent]:
    """Those of the numbers that others share (with `export`: as files too), each by the grant that shows most."""
    found: dict[int, Lent] = {}
    for owner in borrowed(viewer) if numbers and not viewer.home else _itself(viewer):
        for grant in sorted(owner.grants, key=_oldest):
            missing = [number for number in numbers if number not in found]
            if missing and (grant.export or not export):
                reach = Reach((grant.place,) if grant.place else (), grant.signals)
                views = store.by_numbers(owner.organisation, missing, reach)
                found |= {number: Lent(owner, grant, view) for number, view in views.items()}
    return found


def note(lent: Collection[Lent]) -> None:
    """Somebody looks at these: noted for the owner, by machine and day."""
    groups: dict[int, set[str]] = defaultdict(set)
    for one in lent:
        groups[one.grant.id].add(one.view.machine)
    if groups:
        note_looks(next(iter(lent)).owner, groups)


def numbers(viewer: Viewer) -> dict[Viewer, tuple[int, ...]]:
    """Every number that others share, by oneself as each of them sees one."""
    found = {}
    for owner in borrowed(viewer):
        reach = owner.reach(Right.SEE)
        if reach is not None and (shared := store.all_numbers(owner.organisation, reach)):
            found[owner] = shared
    return found


def _itself(viewer: Viewer) -> tuple[Viewer, ...]:
    """A viewer who looks at another organisation already."""
    return (viewer,) if viewer.home else ()


def _oldest(grant: Grant) -> tuple[int, bool, int]:
    return to_ns(grant.since) if grant.since else 0, not grant.export, grant.id

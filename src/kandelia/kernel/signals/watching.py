"""What a live socket of a viewer may hear: put into its ticket, because the live process knows no people."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kandelia.base.clock import to_ns
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import reach_of
from kandelia.kernel.connections.facade import list_connections
from kandelia.kernel.signals import lent, store


@dataclass(frozen=True, slots=True)
class Watch:
    """Numbers and connections of one's own organisation (None: all), numbers of others; nothing after `until_ns`."""

    signals: tuple[int, ...] | None
    connections: tuple[str, ...] | None
    lent: tuple[tuple[str, tuple[int, ...]], ...]
    until_ns: int

    def only(self, wanted: Sequence[int]) -> "Watch":
        """Of `wanted` alone."""
        asked = set(wanted)
        own = None if self.signals is None else tuple(number for number in self.signals if number in asked)
        foreign = tuple((owner, tuple(one for one in numbers if one in asked)) for owner, numbers in self.lent)
        return replace(self, signals=own, lent=foreign)


def watch_of(viewer: Viewer, wanted: Sequence[int] = ()) -> Watch:
    """What the viewer may hear; that some of `wanted` are another organisation's is noted for it."""
    reach = reach_of(viewer, Right.SEE)
    if reach is not None:
        keys = tuple(view.key for view in list_connections(viewer))
        return Watch(store.all_numbers(viewer.organisation, reach), keys, (), _first([viewer]))
    shared = lent.numbers(viewer)
    foreign = {number for numbers in shared.values() for number in numbers}
    lent.note(lent.find(viewer, foreign.intersection(wanted)).values())
    owners = tuple((owner.organisation, numbers) for owner, numbers in shared.items())
    return Watch(None, None, owners, _first([viewer, *shared]))


def _first(viewers: Sequence[Viewer]) -> int:
    """The first instant at which some right of these ends by itself, in ns; 0 for none."""
    return min((to_ns(viewer.until) for viewer in viewers if viewer.until), default=0)

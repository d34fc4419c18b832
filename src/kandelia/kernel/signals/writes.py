"""The write API's way in: samples of a viewer's own signals, stored on the bus before it answers."""

import hashlib
from collections.abc import Iterable, Mapping

import pyarrow as pa

from kandelia.base.samples import encode
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import require
from kandelia.kernel.connections.contracts import load_subject
from kandelia.kernel.events import bridge
from kandelia.kernel.signals import store
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.tables import Known
from kandelia.kernel.signals.plane.loading import cut
from kandelia.ports.bus import Bus, Stored

SOURCE = "api"
STORE_TIMEOUT_S = 5.0
CALL_TIMEOUT_S = 60.0


def writable(viewer: Viewer, names: Iterable[int | str]) -> tuple[dict[int | str, Known], str]:
    """Number and kind of the viewer's own signals by number and id, and the site to write for; others are absent."""
    require(viewer, Right.CONFIGURE)
    wanted = set(names)
    found: list[SignalView] = [
        *store.by_numbers(viewer.organisation, [name for name in wanted if isinstance(name, int)]).values(),
        *store.by_ids(viewer.organisation, [name for name in wanted if isinstance(name, str)]).values(),
    ]
    known: dict[int | str, Known] = {}
    for view in found:
        known[view.number] = known[view.id] = Known(view.number, view.kind)
    site = min((view.machine.partition("/")[0] for view in found), default="-")
    return known, site


def store_samples(viewer: Viewer, samples: pa.Table, site: str, key: str) -> tuple[int, bool]:
    """Store rows of SCHEMA whose signals `writable` gave; (rows, whether all were there already).

    Returns once the stream has them on disk. The same `key` stores nothing twice, so it must stand for the same rows.
    """
    require(viewer, Right.CONFIGURE)
    subject = load_subject(viewer.organisation, site, SOURCE)
    parts = {
        hashlib.sha256(f"{subject} {viewer.subject} {key} {place}".encode()).hexdigest()[:32]: encode(batch)
        for place, batch in enumerate(cut(samples))
    }

    async def store_all(bus: Bus) -> list[Stored]:
        return [await _store(bus, subject, parts, name) for name in parts]

    stored = bridge.bus_call(store_all, CALL_TIMEOUT_S)
    return samples.num_rows, bool(stored) and all(one.repeated for one in stored)


async def _store(bus: Bus, subject: str, parts: Mapping[str, bytes], name: str) -> Stored:
    return await bus.store(subject, parts[name], message_id=name, timeout_s=STORE_TIMEOUT_S)

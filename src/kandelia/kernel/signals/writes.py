"""The write API's way in: samples of a viewer's own signals, stored on the bus before it answers."""

import hashlib
import time
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import InvalidInput
from kandelia.base.samples import SOURCE_AHEAD_NS_MAX, TEXT_BYTES_MAX, encode
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import reach_of
from kandelia.kernel.connections.contracts import load_subject
from kandelia.kernel.events import bridge
from kandelia.kernel.signals import store
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.checking import Reason, Rows, check
from kandelia.kernel.signals.logic.tables import Known
from kandelia.kernel.signals.plane.loading import cut
from kandelia.ports.bus import Bus, Stored
from kandelia.ports.history import STORED_SCHEMA

SOURCE = "api"
STORE_TIMEOUT_S = 5.0
CALL_TIMEOUT_S = 60.0
RETENTION = STORED_SCHEMA.field("retention").type.to_pandas_dtype()
REFUSALS = {
    Reason.TIME_RANGE: ("lies before 1970 or after 2261", "check the source's clock and the unit of its times"),
    Reason.FUTURE: (f"lies more than {SOURCE_AHEAD_NS_MAX // NS_PER_S} s ahead", "check the source's clock and zone"),
    Reason.WRONG_KIND: ("has a value that does not fit the signal's kind", "send the kind that the signal has"),
    Reason.TEXT_LENGTH: (f"has a text of more than {TEXT_BYTES_MAX} bytes", "send a shorter text"),
}


def writable(viewer: Viewer, names: Iterable[int | str]) -> tuple[dict[int | str, Known], str]:
    """Number and kind of the viewer's own signals by number and id, and the site to write for; others are absent."""
    reach = reach_of(viewer, Right.CONFIGURE)
    wanted = set(names)
    found: list[SignalView] = [
        *store.by_numbers(viewer.organisation, [name for name in wanted if isinstance(name, int)], reach).values(),
        *store.by_ids(viewer.organisation, [name for name in wanted if isinstance(name, str)], reach).values(),
    ]
    known: dict[int | str, Known] = {}
    for view in found:
        known[view.number] = known[view.id] = Known(view.number, view.kind)
    site = min((view.machine.partition("/")[0] for view in found), default="-")
    return known, site


def check_samples(samples: pa.Table, known: Mapping[int | str, Known]) -> None:
    """InvalidInput for the first row that history would set aside, by the recorder's own checks.

    `samples` has SCHEMA and `known` all its signals, as `writable` gave them.
    """
    numbers, places = np.unique(samples["signal"].to_numpy(), return_inverse=True)
    by_number = {one.number: one.kind for one in known.values()}
    kinds = np.array([by_number[number] for number in numbers.tolist()], np.uint8)
    none = np.zeros(samples.num_rows, np.int32)
    now_ns = np.full(samples.num_rows, time.time_ns())
    checked = check(Rows(samples, none, none, kinds[places], none.astype(RETENTION), none.astype(bool), now_ns))
    if len(checked.bad):
        raise _refusal(samples, known, int(checked.bad[0]), Reason(checked.reasons[0]), len(checked.bad))


def _refusal(samples: pa.Table, known: Mapping[int | str, Known], row: int, reason: Reason, count: int) -> InvalidInput:
    number = samples["signal"][row].as_py()
    names = [name for name, one in known.items() if one.number == number and isinstance(name, str)]
    what, mend = REFUSALS[reason]
    return InvalidInput(
        f'row {row} (from 0, over all signals), of signal {number} "{names[0]}", {what}; rows refused: {count}',
        "samples",
        mend,
        f"sample-{reason.word}",
    )


def store_samples(viewer: Viewer, samples: pa.Table, site: str, key: str) -> tuple[int, bool]:
    """Store rows of SCHEMA whose signals `writable` gave; (rows, whether all were there already).

    Returns once the stream has them on disk. The same `key` stores nothing twice, so it must stand for the same rows.
    """
    reach_of(viewer, Right.CONFIGURE)
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

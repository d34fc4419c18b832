"""Limits of one organisation on recorded rows: changes become events, under ids that follow from the rows."""

import hashlib
from dataclasses import dataclass, field

import msgspec
import numpy as np
import pyarrow as pa

from kandelia.base.clock import NS_PER_S
from kandelia.base.quality import BAD
from kandelia.base.samples import Kind
from kandelia.kernel.events.contracts import Event
from kandelia.kernel.events.plane.publishing import publish_async
from kandelia.kernel.rules.contracts import CLEARED, RAISED, SOURCE, STATES_BUCKET
from kandelia.kernel.rules.logic.limits import Change, LimitEntry, LimitState, Watch
from kandelia.ports.bus import Bus

GRACE_NS = 2 * NS_PER_S  # rows are on the way: time alone decides only what they can no longer change


@dataclass
class Watching:
    """`flush` before what led to the changes is acknowledged: events first, then the states."""

    organisation: str
    bus: Bus
    watch: Watch = field(default_factory=Watch)
    _unsent: list[Change] = field(default_factory=list)
    _kept: dict[int, LimitState] = field(default_factory=dict)
    _restored: bool = False

    async def define(self, limits: tuple[LimitEntry, ...], now_ns: int) -> None:
        """From now on these; at first with what was kept of an earlier run."""
        if not self._restored:
            states = await self._read()
            self._restored = True
            self._unsent += self.watch.define(limits, now_ns)
            self.watch.restore(states)
            self._kept = dict(self.watch.states)
        else:
            self._unsent += self.watch.define(limits, now_ns)

    def take(self, rows: pa.RecordBatch) -> None:
        """Rows that were recorded now."""
        if not self.watch.limits:
            return
        kinds, quality = rows.column("kind").to_numpy(), rows.column("quality").to_numpy()
        usable = (kinds != Kind.MISSING) & (kinds != Kind.TEXT) & (quality < BAD)
        numbers, times = rows.column("signal").to_numpy(), rows.column("time").view(pa.int64()).to_numpy()
        values = np.where(kinds == Kind.FLOAT, rows.column("value").to_numpy(), rows.column("integer").to_numpy())
        order = np.lexsort((times, numbers))
        order = order[usable[order]]
        self._unsent += self.watch.take(numbers[order].astype(np.int64), times[order], values[order])

    def tick(self, now_ns: int) -> None:
        """Time has passed."""
        self._unsent += self.watch.tick(now_ns - GRACE_NS)

    async def flush(self) -> None:
        """Tell the changes and keep the states; KandeliaError leaves what is not told for the next time."""
        while self._unsent:
            await publish_async(self.bus, event_of(self.organisation, self._unsent[0]))
            self._unsent.pop(0)
        if self._kept != self.watch.states:
            states = dict(self.watch.states)
            data = msgspec.json.encode({str(id): state for id, state in states.items()})
            await (await self.bus.key_value(STATES_BUCKET)).put(self.organisation, data)
            self._kept = states

    async def _read(self) -> dict[int, LimitState]:
        entry = await (await self.bus.key_value(STATES_BUCKET)).get(self.organisation)
        if entry is None or not entry.data:
            return {}
        return msgspec.json.decode(entry.data, type=dict[int, LimitState])


def event_of(organisation: str, change: Change) -> Event:
    """The event of a change; the same change has the same id whenever it is told."""
    limit, type = change.limit, RAISED if change.raised else CLEARED
    id = hashlib.sha256(f"{organisation} {limit.id} {type} {change.at_ns}".encode()).hexdigest()[:32]
    data = {
        "limit": limit.id,
        "signal": limit.number,
        "kind": limit.kind.value,
        "level": limit.level,
        "severity": limit.severity,
        "value": change.value,
        "name_zh": limit.name_zh,
        "name_en": limit.name_en,
        **({"why": change.why} if change.why else {}),
    }
    return Event(type, organisation, SOURCE, id, change.at_ns, limit.signal, data)

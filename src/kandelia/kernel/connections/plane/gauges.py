"""What an edge says of itself: states, figures and troubles, read from its connections."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from kandelia.base.clock import NS_PER_S
from kandelia.kernel.connections.contracts import ConnectionState, State
from kandelia.kernel.connections.logic.standing import sayable
from kandelia.kernel.connections.plane.supervision import Supervised
from kandelia.kernel.events.report import Troubles

RATE_WINDOW_S = 2.0
TROUBLES_TOLD_MAX = 50
REFUSED_TOLD_MAX = 5
FAULT_CHARACTERS_MAX = 300
FAULT_STANDS_S = 60  # a source's fault is told as a trouble for so long after the last


@dataclass
class Rates:
    """Samples a second over at least RATE_WINDOW_S."""

    at_s: float = -1.0
    received: int = 0
    per_s: float = 0.0

    def read(self, now_s: float, received: int) -> float:
        """The newest figure."""
        if self.at_s < 0:
            self.at_s, self.received = now_s, received
        elif now_s - self.at_s >= RATE_WINDOW_S:
            self.per_s = (received - self.received) / (now_s - self.at_s)
            self.at_s, self.received = now_s, received
        return self.per_s


def lost_of(one: Supervised) -> int:
    """Samples that were received or announced and will never be stored."""
    return one.outlet.queue.lost + one.inlet.source_dropped


def errors_of(one: Supervised) -> int:
    """What went wrong since the edge began: attempts, batches, and what the source sent that is no sample."""
    return one.standing.errors + one.inlet.faults + one.inlet.source_faults


def state_of(one: Supervised, rates: Rates) -> ConnectionState:
    """The connection's state now."""
    standing, document = one.standing, one.document
    return ConnectionState(
        id=document.id,
        organisation=document.organisation,
        site=document.site,
        state=standing.state,
        since_ns=standing.since_ns,
        at_ns=one.clock.now_ns(),
        proof_ns=one.inlet.proof_ns,
        revision_wanted=document.revision,
        revision_running=standing.revision_running,
        error=standing.error,
        mend=standing.mend,
        samples=one.outlet.stored_rows,
        batches=one.outlet.stored_batches,
        reconnects=standing.reconnects,
        errors=errors_of(one),
        fault=sayable(one.inlet.fault_text)[:FAULT_CHARACTERS_MAX],
        fault_ns=one.inlet.fault_ns,
        items_refused=dict(standing.items_refused),
        samples_per_s=round(rates.read(one.clock.monotonic_s(), one.inlet.received), 1),
        held_s=round(one.outlet.held_s, 1),
        lost=lost_of(one),
    )


def figures(running: Callable[[], Iterable[Supervised]]) -> dict[str, Callable[[], float]]:
    """The edge's gauges by name; those of samples count since the edge began."""

    def summed(read: Callable[[Supervised], float]) -> Callable[[], float]:
        return lambda: float(sum(read(one) for one in running()))

    return {
        "connections": summed(lambda one: 1),
        "connections_running": summed(lambda one: one.standing.state is State.RUNNING),
        "connections_enabled": summed(lambda one: one.document.enabled),
        "samples_received": summed(lambda one: one.inlet.received),
        "samples_stored": summed(lambda one: one.outlet.stored_rows),
        "batches_stored": summed(lambda one: one.outlet.stored_batches),
        "samples_lost": summed(lost_of),
        "samples_unfit": summed(lambda one: one.inlet.counts.unfit),
        "samples_of_strangers": summed(lambda one: one.inlet.counts.strangers),
        "samples_clock_replaced": summed(lambda one: one.inlet.counts.clocks),
        "signals_refused": summed(lambda one: one.standing.refused_count),
        "errors": summed(errors_of),
        "held_bytes": summed(lambda one: one.outlet.queue.bytes),
        "held_s": lambda: max((one.outlet.held_s for one in running()), default=0.0),
    }


@dataclass
class Complaints:
    """Tells what is wrong with connections now, and takes back what is mended."""

    troubles: Troubles
    _told: set[str] = field(default_factory=set)

    def review(self, running: Mapping[str, Supervised]) -> None:
        """Compare with what was told before."""
        found: dict[str, tuple[str, str]] = {}
        for key, one in running.items():
            found |= _of_connection(key, one)
        found |= _of_bus(running)
        for code, (what, mend) in list(found.items())[:TROUBLES_TOLD_MAX]:
            self.troubles.trouble(code, what, mend)
        for code in self._told - set(found):
            self.troubles.mended(code)
        self._told = set(found)


def _of_connection(key: str, one: Supervised) -> dict[str, tuple[str, str]]:
    standing, found = one.standing, {}
    if standing.state in (State.REFUSED, State.BACKING_OFF) or (standing.state is State.CONNECTING and standing.error):
        found[f"connection-{key}"] = (f"connection {key}: {standing.error}", standing.mend)
    if standing.refused_count and standing.state is State.RUNNING:
        some = "; ".join(f"{signal}: {why}" for signal, why in list(standing.items_refused.items())[:REFUSED_TOLD_MAX])
        found[f"signals-{key}"] = (
            f"connection {key}: {standing.refused_count} signals cannot be collected ({some})",
            "check their addresses and types",
        )
    if one.inlet.fault_ns > one.clock.now_ns() - FAULT_STANDS_S * NS_PER_S:
        found[f"faults-{key}"] = (
            f"connection {key}: {one.inlet.source_faults} times came what is no sample; "
            f"the last: {sayable(one.inlet.fault_text)[:FAULT_CHARACTERS_MAX]}",
            "see what the source sends, or change the connection's settings",
        )
    if lost_of(one):
        found[f"lost-{key}"] = (
            f"connection {key}: {lost_of(one)} samples were lost since the edge began",
            "see whether the bus was away too long, or raise the queue of the source",
        )
    return found


def _of_bus(running: Mapping[str, Supervised]) -> dict[str, tuple[str, str]]:
    held = [one for one in running.values() if one.outlet.trouble]
    if not held:
        return {}
    longest = max(one.outlet.held_s for one in held)
    bytes_held = sum(one.outlet.queue.bytes for one in held)
    head = f"{len(held)} connections hold {longest:.0f} s of samples ({bytes_held} bytes) in memory"
    if any(one.outlet.full for one in held):
        return {"bus-full": (f"the stream of samples is full; {head}", "see why history does not take them, make room")}
    return {"bus-away": (f"the bus does not take samples ({held[0].outlet.trouble}); {head}", "see the bus")}

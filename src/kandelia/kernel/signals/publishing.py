"""The service that brings changed connections and signals to the data plane, and recorded facts to the bus."""

from dataclasses import dataclass

from kandelia.base.errors import InvalidInput, TooMuch, Unavailable
from kandelia.kernel.connections import outbox
from kandelia.kernel.connections.contracts import OUTBOX_CHANGED, SNAPSHOT_BUCKET
from kandelia.kernel.events import bridge
from kandelia.kernel.events import facade as events
from kandelia.kernel.jobs.contracts import ServiceContext
from kandelia.kernel.signals.snapshot import document
from kandelia.ports.bus import Bus

POLL_S = 1.0
RECONCILE_POLLS = 60  # and at each start, and after the bus was away
TROUBLE = "snapshot-bus-away"
EVENTS_TROUBLE = "events-bus-away"
REFUSED = "snapshot-refused"


@dataclass(frozen=True, slots=True)
class SnapshotBucket:
    """The outbox's Bucket over the bridge."""

    def read(self) -> dict[str, bytes]:
        """Every document by key."""

        async def all_of(bus: Bus) -> dict[str, bytes]:
            bucket = await bus.key_value(SNAPSHOT_BUCKET)
            found = [await bucket.get(key) for key in await bucket.keys()]
            return {entry.key: entry.data for entry in found if entry and entry.data is not None}

        return bridge.bus_call(all_of, 60)

    def put(self, key: str, data: bytes) -> None:
        """Store; returns when it is on disk."""

        async def store(bus: Bus) -> None:
            await (await bus.key_value(SNAPSHOT_BUCKET)).put(key, data)

        bridge.bus_call(store)

    def delete(self, key: str) -> None:
        """Mark deleted."""

        async def remove(bus: Bus) -> None:
            await (await bus.key_value(SNAPSHOT_BUCKET)).delete(key)

        bridge.bus_call(remove)


def publish_outbox(context: ServiceContext) -> None:
    """Until the role stops: whatever is due goes to the bucket; what the bucket lost is published again."""
    bucket, passes, due = SnapshotBucket(), 0, [0]
    context.gauge("snapshot_due_documents", lambda: float(due[0]))
    leave = bridge.listen(OUTBOX_CHANGED, context.wake)
    try:
        while not context.stopping:
            passes = _publish_once(context, bucket, passes)
            due[0] = len(outbox.due())
            context.wait(POLL_S)
    finally:
        leave()


def _publish_once(context: ServiceContext, bucket: SnapshotBucket, passes: int) -> int:
    """One pass; how many since the bus was last away."""
    try:
        if passes % RECONCILE_POLLS == 0:
            outbox.mark_everything()
            outbox.reconcile(bucket)
        outbox.publish(bucket, document)
    except (TooMuch, InvalidInput) as error:
        what = f"the bus refuses the configuration of a connection: {error.what}"
        context.troubles.trouble(REFUSED, what, "give some of its signals a connection of their own")
    except Unavailable as error:
        context.troubles.trouble(TROUBLE, f"changes do not reach the data plane: {error.what}", error.mend)
        return 0
    else:
        context.troubles.mended(TROUBLE)
        context.troubles.mended(REFUSED)
    return passes + 1


def tell_events(context: ServiceContext) -> None:
    """Until the role stops: recorded facts go to the bus."""
    leave = bridge.listen(events.EVENTS_CHANGED, context.wake)
    try:
        while not context.stopping:
            try:
                while events.send_recorded() == events.SEND_ROWS and not context.stopping:
                    pass
                context.troubles.mended(EVENTS_TROUBLE)
            except Unavailable as error:
                context.troubles.trouble(EVENTS_TROUBLE, f"facts do not reach the bus: {error.what}", error.mend)
            context.wait(POLL_S)
    finally:
        leave()

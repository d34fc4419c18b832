"""Few subscriptions with many items, and the publications that come from them.

OPC 10000-4, 5.13 (monitored items) and 5.14 (subscriptions). Items are grouped by how often they are worth
publishing, so that a plant of any size has at most len(PUBLISHING_STEPS_MS) + 1 subscriptions; a monitored item's
client handle is the signal's number, so that nothing has to be looked up when a value comes.
"""

import asyncio
import logging
import math
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from asyncua import ua

from kandelia.drivers.opcua.items import Wanted
from kandelia.drivers.opcua.limits import Limits
from kandelia.drivers.opcua.link import Link
from kandelia.drivers.opcua.reasons import losing_reason, status_reason
from kandelia.drivers.opcua.wire import Changes, Published, read_publish
from kandelia.sdk.drivers import Item, Sink, Unavailable

PUBLISHING_STEPS_MS = (2_000, 10_000, 60_000)
PUBLISHES_SPARE = 2  # requests out beyond one a subscription
PUBLISHES_MAX = 8
KEEP_ALIVE_MS = 5_000
LIFETIME_MS = 60_000
LIFETIME_KEEP_ALIVES = 3  # OPC 10000-4, 5.14.2: at least three times the keep-alive count
QUEUE_COVERS_MS = 5_000  # how long a publication may be late before the server drops values
QUEUE_LEAST, QUEUE_MAX = 10, 1_000
NEVER_FULL = 2**32
log = logging.getLogger("kandelia.opcua")


@dataclass
class _Group:
    """One subscription; `handles` is signal number → (item, the server's id of the monitored item)."""

    id: int
    publishing_ms: float
    handles: dict[int, tuple[Item, int]] = field(default_factory=dict)


@dataclass
class Subscriptions:
    """All subscriptions of one session. `lost` is called once, with the reason, when publications end."""

    link: Link
    limits: Limits
    lost: Callable[[str], None]
    sink: Sink | None = None
    groups: dict[int, _Group] = field(default_factory=dict)
    _full_at: dict[int, int] = field(default_factory=dict)  # number → size of its queue at the server
    _workers: set["asyncio.Task[None]"] = field(default_factory=set)
    _unacknowledged: list[ua.SubscriptionAcknowledgement] = field(default_factory=list)

    @property
    def collected(self) -> dict[int, Item]:
        """What is being collected, by number."""
        return {number: item for group in self.groups.values() for number, (item, _) in group.handles.items()}

    async def change(self, wanted: Sequence[Wanted], sink: Sink) -> dict[int, str]:
        """Collect exactly these; what stays is not touched. Number → reason for what the server refuses."""
        self.sink = sink
        now = {one.item.number: one.item for one in wanted}
        collected = self.collected
        await self._remove({number for number, item in collected.items() if now.get(number) != item})
        fresh = [one for one in wanted if collected.get(one.item.number) != one.item]
        refused: dict[int, str] = {}
        for step, members in self._grouped(fresh).items():
            group = self.groups.get(step) or await self._subscribe(step)
            for start in range(0, len(members), self.limits.items):
                refused |= await self._monitor(group, members[start : start + self.limits.items])
        return refused

    async def close(self) -> None:
        """End the publications; the subscriptions go with their session."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def _grouped(self, wanted: Iterable[Wanted]) -> dict[int, list[Wanted]]:
        grouped: dict[int, list[Wanted]] = {}
        for one in wanted:
            step = self.link.config.publishing_ms
            step = max([step, *(s for s in PUBLISHING_STEPS_MS if s <= one.item.period_ms)])
            grouped.setdefault(step, []).append(one)
        return grouped

    async def _subscribe(self, step_ms: int) -> _Group:
        request = ua.CreateSubscriptionRequest()
        parameters = request.Parameters
        keep_alive = max(1, KEEP_ALIVE_MS // step_ms)
        parameters.RequestedPublishingInterval = float(step_ms)
        parameters.RequestedMaxKeepAliveCount = keep_alive
        parameters.RequestedLifetimeCount = max(LIFETIME_MS // step_ms, LIFETIME_KEEP_ALIVES * keep_alive)
        parameters.MaxNotificationsPerPublish = 0  # no limit of ours
        parameters.PublishingEnabled = True
        made = (await self.link.call(request, ua.CreateSubscriptionResponse)).Parameters
        group = self.groups[step_ms] = _Group(made.SubscriptionId, made.RevisedPublishingInterval)
        self._publish_more()
        return group

    async def _monitor(self, group: _Group, members: Sequence[Wanted]) -> dict[int, str]:
        """Create monitored items, in halves again where the server finds them too many for one call."""
        request = ua.CreateMonitoredItemsRequest()
        request.Parameters.SubscriptionId = group.id
        request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
        request.Parameters.ItemsToCreate = [self._request(group, one) for one in members]
        try:
            results = (await self.link.call(request, ua.CreateMonitoredItemsResponse)).Results
        except ua.UaStatusCodeError as error:
            if error.code != ua.StatusCodes.BadTooManyOperations or len(members) == 1:
                raise Unavailable(status_reason(error.code), code="server-refuses") from error
            half = len(members) // 2
            first = await self._monitor(group, members[:half])
            return first | await self._monitor(group, members[half:])
        refused = {}
        for one, result in zip(members, results, strict=True):
            if result.StatusCode.is_good():
                group.handles[one.item.number] = (one.item, result.MonitoredItemId)
                self._note_queue(group, one.item, result.RevisedQueueSize)
            else:
                refused[one.item.number] = f"{one.item.address}: {status_reason(result.StatusCode.value)}"
        return refused

    def _note_queue(self, group: _Group, item: Item, size: int) -> None:
        """Only a queue that is at most half full while all goes well tells something by being full."""
        usual = group.publishing_ms / max(1, item.period_ms)
        self._full_at[item.number] = size if size >= max(2, 2 * usual) else NEVER_FULL

    def _request(self, group: _Group, one: Wanted) -> ua.MonitoredItemCreateRequest:
        period_ms = max(1, one.item.period_ms)
        covers = math.ceil((group.publishing_ms + QUEUE_COVERS_MS) / period_ms)
        queue = self.link.config.queue or min(max(covers, QUEUE_LEAST), QUEUE_MAX)
        request = ua.MonitoredItemCreateRequest()
        request.ItemToMonitor = ua.ReadValueId(NodeId=one.node, AttributeId=ua.AttributeIds.Value)
        request.MonitoringMode = ua.MonitoringMode.Reporting
        request.RequestedParameters = ua.MonitoringParameters(
            ClientHandle=one.item.number,
            SamplingInterval=float(period_ms),
            QueueSize=queue,
            DiscardOldest=True,
        )
        return request

    async def _remove(self, numbers: set[int]) -> None:
        for group in self.groups.values():
            doomed = [number for number in group.handles if number in numbers]
            for start in range(0, len(doomed), self.limits.items):
                some = doomed[start : start + self.limits.items]
                request = ua.DeleteMonitoredItemsRequest()
                request.Parameters.SubscriptionId = group.id
                request.Parameters.MonitoredItemIds = [group.handles.pop(number)[1] for number in some]
                await self.link.call(request, ua.DeleteMonitoredItemsResponse)

    def _publish_more(self) -> None:
        """As many publish requests out as the subscriptions need."""
        while len(self._workers) < min(len(self.groups) + PUBLISHES_SPARE, PUBLISHES_MAX):
            worker = asyncio.create_task(self._publish())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _publish(self) -> None:
        """One request out at a time, until the link is gone."""
        while True:
            request = ua.PublishRequest()
            request.Parameters.SubscriptionAcknowledgements, self._unacknowledged = self._unacknowledged, []
            try:
                data = await self.link.send(request, 0)
                published = read_publish(bytes(data), time.time_ns())
            except asyncio.CancelledError:
                raise
            except ua.UaStatusCodeError as error:
                if error.code == ua.StatusCodes.BadTooManyPublishRequests and len(self._workers) > 1:
                    return
                self.lost(losing_reason(error))
                return
            except (ValueError, IndexError, struct.error) as error:
                log.exception("a publication cannot be read")
                self.lost(f"the server sent a publication that cannot be read ({error})")
                return
            except Exception as error:
                self.lost(losing_reason(error))
                return
            self._take(published)

    def _take(self, published: Published) -> None:
        sink, changes = self.sink, published.changes
        if published.status & 0x80000000:
            self.lost(f"the server ended the subscription ({status_reason(published.status)})")
            return
        if sink is None:
            return
        if not changes.handles:
            sink.alive()
            return
        acknowledgement = ua.SubscriptionAcknowledgement()
        acknowledgement.SubscriptionId = published.subscription
        acknowledgement.SequenceNumber = published.sequence
        self._unacknowledged.append(acknowledgement)
        lost = rows_after_losses(changes, self._full_at)
        sink.add(changes.handles, changes.times_ns, changes.qualities, changes.values, lost)


def rows_after_losses(changes: Changes, full_at: Mapping[int, int]) -> list[int]:
    """Rows of a publication before which the server has thrown samples of the same item away.

    It says so by the overflow bit, in the oldest that is left (OPC 10000-4, 5.13.1.5). Not every server does: a queue
    that came full is taken for one that ran over, for a hole must never look like a value that stood.
    """
    repeats = len(set(changes.handles)) < len(changes.handles)
    counts = Counter(changes.handles) if repeats else {}
    silent = {number for number, count in counts.items() if count >= full_at.get(number, NEVER_FULL)}
    silent -= {changes.handles[row] for row in changes.overflows}
    first: dict[int, int] = {}
    if silent:
        first = {number: row for row, number in reversed(list(enumerate(changes.handles))) if number in silent}
    return sorted([*changes.overflows, *first.values()])

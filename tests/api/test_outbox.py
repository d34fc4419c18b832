"""Promise: what is configured reaches the bus, in order, also after the bus or the records were restored."""

import asyncio
import time

import pytest

from kandelia.base.errors import TooMuch, Unavailable
from kandelia.kernel.access.facade import system_viewer
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections import outbox
from kandelia.kernel.connections.contracts import decode_document
from kandelia.kernel.connections.models import Outbox
from kandelia.kernel.events import bridge
from kandelia.kernel.events import facade as events
from kandelia.kernel.events.models import EventOutbox
from kandelia.kernel.jobs.working import Working
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.publishing import SnapshotBucket
from kandelia.kernel.signals.snapshot import document

NORTH = system_viewer("north")


class Quiet:
    def trouble(self, code, what, mend):
        pass

    def mended(self, code):
        pass


@pytest.fixture
def working(plane, plants):
    work = Working(Quiet(), lambda name, read: None)
    work.begin()
    yield work
    work.end()


def held(key):
    data = SnapshotBucket().read().get(key)
    return decode_document(data) if data else None


def wait_for(ask, seconds=60):
    last = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < last:
        time.sleep(0.1)
    return found


def test_the_jobs_role_publishes_changes_and_removals(working, plants):
    assert wait_for(lambda: held("north.link") and held("south.link"))
    assert {entry.number for entry in held("north.link").signals} == set(plants["north"].values())
    view = connections.connection(NORTH, "link")
    assert wait_for(lambda: connections.connection(NORTH, "link").published == view.revision)
    for number in plants["north"].values():
        signals.remove_signal(NORTH, number)
    connections.remove_connection(NORTH, "link")
    assert wait_for(lambda: held("north.link") is None) and held("south.link")
    revision = Outbox.objects.get(key="north.link").revision
    connections.put_connection(NORTH, view)
    assert wait_for(lambda: held("north.link")).revision > revision


def test_signals_without_a_connection_travel_too(working, plants):
    number = plants["north"]["temperature"]
    view = signals.signal(NORTH, number)
    signals.put_signal(NORTH, type(view)(**{**_fields(view), "connection": ""}))
    assert wait_for(lambda: held("north.unconnected"))
    assert [entry.number for entry in held("north.unconnected").signals] == [number]
    assert wait_for(lambda: number not in {entry.number for entry in held("north.link").signals})


def _fields(view):
    return {name: getattr(view, name) for name in type(view).__slots__}


def test_a_bus_that_lost_everything_is_filled_again(plane, plants):
    bucket = SnapshotBucket()
    outbox.publish(bucket, document)
    outbox.reconcile(bucket)  # other tests left documents behind
    assert outbox.reconcile(bucket) == 0
    for key in list(bucket.read()):
        bucket.delete(key)
    bucket.put("nobody.link", b"left over")
    assert outbox.reconcile(bucket) >= 3
    assert outbox.publish(bucket, document) == 2
    assert set(bucket.read()) == {"north.link", "south.link"}


def test_a_document_that_the_bus_refuses_holds_up_no_other(plane, plants):
    class Picky(SnapshotBucket):
        def put(self, key, data):
            if key == "north.link":
                raise TooMuch("a message larger than the bus takes")
            super().put(key, data)

    outbox.reconcile(SnapshotBucket())
    outbox.mark("north", ["link"])
    outbox.mark("south", ["link"])
    with pytest.raises(TooMuch, match=r"north\.link"):
        outbox.publish(Picky(), document)
    assert [due.key for due in outbox.due()] == ["north.link"] and held("south.link")
    outbox.publish(SnapshotBucket(), document)
    assert not outbox.due()


def test_records_that_are_older_than_the_bus_win_with_a_higher_revision(plane, plants):
    bucket = SnapshotBucket()
    outbox.reconcile(bucket)
    outbox.publish(bucket, document)
    before = held("north.link").revision
    connections.put_connection(
        NORTH, type(view := connections.connection(NORTH, "link"))(**{**_fields(view), "enabled": False})
    )
    outbox.publish(bucket, document)
    Outbox.objects.filter(key="north.link").update(revision=before, published_revision=before, published_hash="old")
    outbox.reconcile(bucket)
    outbox.publish(bucket, document)
    assert held("north.link").revision > before + 1


def test_facts_are_told_once_and_replayed(working, plants):
    fact = events.event("north", "kandelia.test.happened", "/test", subject="s1", data={"n": 1})
    events.publish(fact)
    assert wait_for(lambda: not EventOutbox.objects.exists())
    found = events.replay(NORTH, limit=1000).items
    assert fact in found
    assert fact not in events.replay(system_viewer("south"), limit=1000).items
    first = events.replay(NORTH, limit=1)
    if first.next:
        assert first.items[0] not in events.replay(NORTH, after=first.next, limit=1000).items


def test_a_rolled_back_fact_is_never_told(plane, plants):
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        events.publish(events.event("north", "kandelia.test.undone", "/test"))
        raise RuntimeError
    assert not EventOutbox.objects.exists()


def test_a_bus_that_is_away_is_said_so(db):
    async def never():
        raise Unavailable("gone")

    bridge.configure(never)
    try:
        with pytest.raises(Unavailable, match="the bus is away"):
            bridge.bus_call(lambda bus: asyncio.sleep(0))
        with pytest.raises(Unavailable):
            list(bridge.bus_iterate(lambda bus: None))
        bridge.send("x", b"")
    finally:
        bridge.configure(None)


def test_leaving_an_iteration_early_ends_its_source(plane):
    ended = []

    async def endless(bus):
        try:
            for n in range(10_000_000):
                yield n
        finally:
            ended.append(n)

    for n in bridge.bus_iterate(endless):
        if n == 10:
            break
    assert wait_for(lambda: ended) and ended[0] < 30

"""Promise: consumers, replays and keyed documents are the same on every engine of the port `Bus`."""

import asyncio
import time
from contextlib import aclosing

import pytest

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.ports.bus import Entry
from tests.contracts.buses import FACTS, WORK, Connect, until


async def test_a_consumer_takes_work_off_the_stream(connect: Connect) -> None:
    bus, other = await connect(), await connect()
    await bus.ensure_stream(WORK)
    for number in range(10):
        await bus.store(f"work.{number % 2}", b"%d" % number)
    consumer = await other.consumer("WORK", "history")
    first = await consumer.fetch(4, 1)
    assert [m.data for m in first] == [b"0", b"1", b"2", b"3"]
    assert [(m.subject, m.stream, m.sequence, m.deliveries) for m in first[:2]] == [
        ("work.0", "WORK", 1, 1),
        ("work.1", "WORK", 2, 1),
    ]
    assert abs(first[0].stored_ns - time.time_ns()) < 60 * 10**9
    assert await consumer.pending() == 10
    await consumer.acknowledge(first)
    await until(lambda: _pending(consumer, 6))
    rest = await consumer.fetch(100, 1)
    assert [m.data for m in rest] == [b"%d" % n for n in range(4, 10)]
    await consumer.acknowledge(rest)

    async def empty() -> bool:
        return (await bus.stream_state("WORK")).messages == 0

    await until(empty)


async def _pending(consumer: object, count: int) -> bool:
    return await consumer.pending() == count  # type: ignore[attr-defined, no-any-return]


async def test_a_fetch_waits_and_ends_as_soon_as_something_comes(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(WORK)
    consumer = await bus.consumer("WORK", "history")
    began = time.monotonic()
    assert list(await consumer.fetch(10, 0.3)) == []
    assert 0.25 < time.monotonic() - began < 3
    waiting = asyncio.create_task(consumer.fetch(10, 20))
    await asyncio.sleep(0.1)
    await bus.store("work.a", b"late")
    async with asyncio.timeout(60):
        assert [m.data for m in await waiting] == [b"late"]


async def test_what_is_refused_comes_again_later(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(WORK)
    await bus.store("work.a", b"hard")
    consumer = await bus.consumer("WORK", "history")
    (message,) = await consumer.fetch(1, 1)
    await consumer.refuse([message], 0.4)
    assert list(await consumer.fetch(1, 0.1)) == []
    (again,) = await consumer.fetch(1, 5)
    assert (again.data, again.deliveries) == (b"hard", 2)


async def test_what_is_not_acknowledged_comes_again(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(WORK)
    await bus.store("work.a", b"lost")
    consumer = await bus.consumer("WORK", "history", ack_wait_s=0.3)
    assert len(await consumer.fetch(1, 1)) == 1
    (again,) = await consumer.fetch(1, 5)
    assert again.data == b"lost"


async def test_a_consumer_keeps_its_place_when_opened_again(connect: Connect) -> None:
    bus, other = await connect(), await connect()
    await bus.ensure_stream(FACTS)
    for number in range(6):
        await bus.store("facts.a", b"%d" % number)
    consumer = await bus.consumer("FACTS", "reader")
    await consumer.acknowledge(await consumer.fetch(3, 1))
    again = await other.consumer("FACTS", "reader")
    assert [m.data for m in await again.fetch(10, 1)] == [b"3", b"4", b"5"]


async def test_a_consumer_may_take_one_subject(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(FACTS)
    for number in range(6):
        await bus.store(f"facts.{'ab'[number % 2]}", b"%d" % number)
    consumer = await bus.consumer("FACTS", "only-b", subject="facts.b")
    assert [m.data for m in await consumer.fetch(10, 1)] == [b"1", b"3", b"5"]
    assert [m.data async for m in bus.replay("FACTS", subject="facts.b")] == [b"1", b"3", b"5"]


async def test_unacknowledged_messages_are_bounded(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(WORK)
    for number in range(20):
        await bus.store("work.a", b"%d" % number)
    consumer = await bus.consumer("WORK", "history", unacknowledged_max=5)
    first = await consumer.fetch(20, 1)
    assert len(first) == 5
    assert list(await consumer.fetch(20, 0.2)) == []
    await consumer.acknowledge(first)
    assert len(await consumer.fetch(20, 2)) == 5


async def test_a_replay_is_in_order_from_a_place_and_ends(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(FACTS)
    for number in range(700):
        await bus.store("facts.a", b"%d" % number)
    assert [int(m.data) async for m in bus.replay("FACTS")] == list(range(700))
    assert [int(m.data) async for m in bus.replay("FACTS", from_sequence=698)] == [697, 698, 699]
    assert [m async for m in bus.replay("FACTS", from_sequence=701)] == []
    middle = await anext(bus.replay("FACTS", from_sequence=400))
    from_then = [int(m.data) async for m in bus.replay("FACTS", from_ns=middle.stored_ns)]
    assert from_then[-1] == 699
    assert from_then[0] <= 399


async def test_a_replay_of_what_is_missing(connect: Connect) -> None:
    bus = await connect()
    with pytest.raises(NotFound):
        _ = [m async for m in bus.replay("NONE")]
    await bus.ensure_stream(FACTS)
    assert [m async for m in bus.replay("FACTS")] == []


async def test_documents_by_key(connect: Connect) -> None:
    bus, other = await connect(), await connect()
    bucket = await bus.key_value("snapshot")
    assert await bucket.get("main.press") is None
    one = await bucket.put("main.press", b"1")
    two = await bucket.put("main.press", b"2")
    await bucket.put("main.oven", b"3")
    assert two > one
    seen = await other.key_value("snapshot")
    assert await seen.get("main.press") == Entry("main.press", b"2", two)
    assert list(await seen.keys()) == ["main.oven", "main.press"]
    await seen.delete("main.press")
    assert await bucket.get("main.press") is None
    assert list(await bucket.keys()) == ["main.oven"]
    for bad in ("炉", "two words", "a..b", "a:b", "", "a.>"):
        with pytest.raises(InvalidInput):
            await bucket.put(bad, b"")


async def test_a_watch_gives_all_then_the_mark_then_changes(connect: Connect) -> None:
    bus, other = await connect(), await connect()
    bucket = await bus.key_value("snapshot")
    for number in range(300):
        await bucket.put(f"main.c{number}", b"%d" % number)
    await bucket.delete("main.c0")
    async with aclosing((await other.key_value("snapshot")).watch()) as entries, asyncio.timeout(60):
        known = {}
        while (entry := await anext(entries)) is not None:
            known[entry.key] = entry.data
        assert known == {f"main.c{n}": b"%d" % n for n in range(1, 300)}
        await bucket.put("main.c1", b"new")
        await bucket.delete("main.c2")
        changes = [await anext(entries), await anext(entries)]
        assert [(e.key, e.data) for e in changes] == [("main.c1", b"new"), ("main.c2", None)]


async def test_a_watch_of_an_empty_bucket_gives_the_mark(connect: Connect) -> None:
    bus = await connect()
    bucket = await bus.key_value("empty")
    async with aclosing(bucket.watch()) as entries, asyncio.timeout(60):
        assert await anext(entries) is None
        await bucket.put("a", b"1")
        entry = await anext(entries)
        assert entry is not None and entry.data == b"1"

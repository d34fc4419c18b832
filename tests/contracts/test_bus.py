"""Promise: every engine of the port `Bus` does what the port says, and they do the same."""

import asyncio
import time
from pathlib import Path

import pytest

from kandelia.base.errors import InvalidInput, NotFound, TooMuch, Unavailable
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import open_bus
from kandelia.engines.nats.server import NatsServer
from kandelia.ports.bus import Bus, StreamSpec
from tests.contracts.buses import FACTS, WORK, Connect, take, until


async def test_what_is_published_reaches_whoever_listens(connect: Connect) -> None:
    first, second = await connect(), await connect()
    words = aiter(await second.subscribe("a.*.c"))
    rest = aiter(await second.subscribe("a.>"))
    await first.publish("a.b.c", b"one", {"K-Answer": "whole"}, "back")
    await first.publish("a.b.d", b"two")
    await first.publish("b.b.c", b"none")
    (message,) = await take(words, 1)
    assert (message.subject, message.data, message.headers["K-Answer"], message.reply) == (
        "a.b.c",
        b"one",
        "whole",
        "back",
    )
    assert [m.data for m in await take(rest, 2)] == [b"one", b"two"]


async def test_one_claim_wins_also_after_a_restart(tmp_path: Path) -> None:
    """Of all who store under one message id the first alone is told that it did, as long as the stream holds it."""
    spec = StreamSpec("CLAIMS", ("claims.>",), bytes_max=1_000_000, age_max_s=172_800.0, repeat_window_s=172_800.0)
    server = NatsServer(tmp_path / "bus", FileSecrets(tmp_path / "secrets"))
    await server.start()
    bus = await open_bus((server.url,), server.login)
    await bus.ensure_stream(spec)
    both = await asyncio.gather(
        *(bus.store("claims.a", name, message_id="order.claim") for name in (b"edge", b"person"))
    )
    assert sorted(stored.repeated for stored in both) == [False, True]
    await bus.close()
    server.stop()
    await server.start()
    bus = await open_bus((server.url,), server.login)
    try:
        async with asyncio.timeout(60):
            while True:  # until the stream is ready again
                try:
                    again = await bus.store("claims.a", b"later", message_id="order.claim")
                    break
                except Unavailable:
                    await asyncio.sleep(0.1)
        assert again.repeated
    finally:
        await bus.close()
        server.stop()


async def test_a_group_shares_the_work(connect: Connect) -> None:
    first, second, third = await connect(), await connect(), await connect()
    seen: list[tuple[str, bytes]] = []

    async def listen(name: str, bus: Bus, ready: asyncio.Event) -> None:
        subscription = await bus.subscribe("jobs", group="workers")
        ready.set()
        async for message in subscription:
            seen.append((name, message.data))

    ready = [asyncio.Event(), asyncio.Event()]
    tasks = [asyncio.create_task(listen(n, b, r)) for n, b, r in zip("ab", (second, third), ready, strict=True)]
    for event in ready:
        await event.wait()
    for number in range(60):
        await first.publish("jobs", b"%d" % number)

    async def all_seen() -> bool:
        return len(seen) == 60

    await until(all_seen)
    assert sorted(int(data) for _, data in seen) == list(range(60))
    assert {name for name, _ in seen} == {"a", "b"}
    for task in tasks:
        task.cancel()


async def test_a_slow_reader_loses_the_oldest_and_is_told(connect: Connect) -> None:
    bus = await connect()
    subscription = await bus.subscribe("flood", pending_bytes_max=10_000)
    for number in range(100):
        await bus.publish("flood", b"%04d" % number + b"x" * 996)
    await until(lambda: _dropped(subscription, 90))
    kept = await take(aiter(subscription), 10)
    assert [int(message.data[:4]) for message in kept] == list(range(90, 100))


async def _dropped(subscription: object, count: int) -> bool:
    return subscription.dropped == count  # type: ignore[attr-defined]


async def test_a_subscription_ends_when_closed(connect: Connect) -> None:
    bus = await connect()
    subscription = await bus.subscribe("quiet")

    async def read() -> int:
        return len([message async for message in subscription])

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    await subscription.close()
    await subscription.close()
    async with asyncio.timeout(60):
        assert await reading == 0


async def test_a_subscription_ends_with_the_bus(connect: Connect) -> None:
    bus = await connect()
    subscription = await bus.subscribe("quiet")

    async def read() -> int:
        return len([message async for message in subscription])

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    await bus.close()
    await bus.close()
    async with asyncio.timeout(60):
        assert await reading == 0
    assert not bus.connected
    with pytest.raises(Unavailable):
        await bus.publish("a", b"")


async def test_a_request_is_answered(connect: Connect) -> None:
    asker, answerer = await connect(), await connect()
    questions = await answerer.subscribe("ask")

    async def answer() -> None:
        async for question in questions:
            await answerer.publish(question.reply, question.data * 2, {"K-Answer": "whole"})

    task = asyncio.create_task(answer())
    found = await asyncio.gather(*(asker.request("ask", b"%d" % n) for n in range(20)))
    assert [message.data for message in found] == [b"%d" % n * 2 for n in range(20)]
    assert found[0].headers["K-Answer"] == "whole"
    task.cancel()


async def test_nobody_and_silence_are_unavailable(connect: Connect) -> None:
    bus = await connect()
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await bus.request("nobody", b"", timeout_s=5)
    assert time.monotonic() - began < 2, "nobody listens is said at once"
    await bus.subscribe("silent")
    with pytest.raises(Unavailable):
        await bus.request("silent", b"", timeout_s=0.2)


async def test_many_answers_come_to_an_inbox(connect: Connect) -> None:
    bus = await connect()
    inbox, other = bus.inbox(), bus.inbox()
    assert inbox != other
    answers = aiter(await bus.subscribe(inbox))
    for number in range(3):
        await bus.publish(inbox, b"%d" % number)
    assert [m.data for m in await take(answers, 3)] == [b"0", b"1", b"2"]


async def test_store_says_where_and_knows_repeats(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(WORK)
    first = await bus.store("work.a", b"one", message_id="1")
    again = await bus.store("work.a", b"one", message_id="1")
    other = await bus.store("work.a", b"two", message_id="2")
    assert (first.stream, first.repeated, again.repeated, other.repeated) == ("WORK", False, True, False)
    assert (again.sequence, other.sequence) == (first.sequence, first.sequence + 1)
    state = await bus.stream_state("WORK")
    assert (state.messages, state.first_sequence, state.last_sequence) == (2, 1, 2)


async def test_headers_are_kept_with_what_is_stored(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(WORK)
    await bus.store("work.a", b"one", message_id="1", headers={"content-type": "text/plain"})
    (kept,) = await (await bus.consumer("WORK", "reader")).fetch(1, 2.0)
    assert kept.headers["content-type"] == "text/plain"


async def test_store_where_no_stream_takes_it(connect: Connect) -> None:
    bus = await connect()
    with pytest.raises(NotFound):
        await bus.store("nowhere", b"x")
    with pytest.raises(NotFound):
        await bus.stream_state("NONE")


async def test_a_full_stream_refuses_and_keeps_what_it_has(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(StreamSpec("SMALL", ("small",), keep="work", bytes_max=100_000))
    stored = 0
    with pytest.raises(TooMuch):
        for _ in range(200):
            await bus.store("small", b"x" * 1_000)
            stored += 1
    assert 80 <= stored < 100
    assert (await bus.stream_state("SMALL")).messages == stored
    consumer = await bus.consumer("SMALL", "reader")
    await consumer.acknowledge(await consumer.fetch(50, 1))

    async def has_room() -> bool:
        try:
            await bus.store("small", b"x" * 1_000)
        except TooMuch:
            return False
        return True

    await until(has_room)


async def test_a_full_stream_that_drops_keeps_the_newest(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(StreamSpec("RING", ("ring",), bytes_max=100_000, when_full="drop-oldest"))
    for number in range(300):
        await bus.store("ring", b"%04d" % number + b"x" * 996)
    kept = [int(m.data[:4]) async for m in bus.replay("RING")]
    assert kept[-1] == 299
    assert kept == list(range(kept[0], 300))
    assert kept[0] > 200


async def test_a_stream_is_reshaped_without_loss(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(FACTS)
    for number in range(5):
        await bus.store("facts.a", b"%d" % number)
    await bus.ensure_stream(FACTS)
    await bus.ensure_stream(StreamSpec("FACTS", ("facts.>", "more.>"), bytes_max=20_000_000))
    await bus.store("more.a", b"5")
    assert [m.data async for m in bus.replay("FACTS")] == [b"%d" % n for n in range(6)]


async def test_a_message_too_large_is_refused(connect: Connect) -> None:
    bus = await connect()
    await bus.ensure_stream(WORK)
    with pytest.raises(TooMuch):
        await bus.store("work.a", b"x" * 8_000_001)
    with pytest.raises(InvalidInput):
        await bus.publish("two words", b"")

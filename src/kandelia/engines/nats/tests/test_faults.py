"""Promise: consumers, subscriptions, watches and stores survive a server that is killed, frozen or gone for a while."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TypeVar

import pytest

from kandelia.base.errors import Unavailable
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.server import NatsServer
from kandelia.ports.bus import StreamSpec

WORK = StreamSpec("WORK", ("work.>",), keep="work", bytes_max=50_000_000)
WAIT_S = 60  # a deadline on a busy machine
pytestmark = pytest.mark.fault


T = TypeVar("T")


async def surely(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer of a bus that comes and goes, asked again as every part of the product does."""
    while True:
        with suppress(Unavailable):
            return await ask()
        await asyncio.sleep(0.05)


async def test_nothing_stored_is_lost_over_kills(nats_server: NatsServer, bus: NatsBus) -> None:
    await bus.ensure_stream(WORK)
    consumer = await bus.consumer("WORK", "history", ack_wait_s=1)
    seen: set[int] = set()

    async def fetch() -> None:
        messages = await consumer.fetch(20, 0.5)
        seen.update(int(message.data) for message in messages)
        await consumer.acknowledge(messages)

    async def read() -> None:
        while len(seen) < 300:
            await surely(fetch)

    async def write() -> None:
        for number in range(300):
            await surely(lambda n=number: bus.store("work.a", b"%d" % n, message_id=f"m{n}", timeout_s=2))

    async def kill() -> None:
        for _ in range(3):
            await asyncio.sleep(0.15)
            nats_server.kill()
            await asyncio.sleep(0.1)
            await nats_server.start()

    async with asyncio.timeout(WAIT_S):
        await asyncio.gather(read(), write(), kill())
        assert seen == set(range(300))
        while (await surely(lambda: bus.stream_state("WORK"))).messages:
            await surely(fetch)
    assert bus.link.losses >= 1


async def test_a_subscription_hears_again_after_a_kill(nats_server: NatsServer, bus: NatsBus) -> None:
    subscription = aiter(await bus.subscribe("news"))
    nats_server.kill()
    await nats_server.start()
    async with asyncio.timeout(WAIT_S):
        heard = asyncio.ensure_future(anext(subscription))
        while not heard.done():  # what is published while the link is cut is lost, by promise
            await surely(lambda: bus.publish("news", b"after"))
            await asyncio.wait([heard], timeout=0.1)
        assert (await heard).data == b"after"


async def test_a_watch_tells_what_changed_while_it_was_cut(nats_server: NatsServer, bus: NatsBus) -> None:
    bucket = await bus.key_value("snapshot")
    await bucket.put("a", b"1")
    await bucket.put("b", b"1")
    async with aclosing(bucket.watch()) as entries, asyncio.timeout(WAIT_S):
        assert [e and e.key for e in [await anext(entries) for _ in range(3)]] == ["a", "b", None]
        nats_server.kill()
        await nats_server.start()
        other = await open_bus((nats_server.url,), nats_server.login, name="other", wait_s=WAIT_S)
        theirs = await surely(lambda: other.key_value("snapshot"))  # its streams are there after the server is
        await surely(lambda: theirs.put("a", b"2"))
        await surely(lambda: theirs.delete("b"))
        changed = [await anext(entries), await anext(entries)]
        assert [(e.key, e.data) for e in changed if e] == [("a", b"2"), ("b", None)]
        await other.close()


async def test_a_watch_starts_anew_when_the_server_lost_its_disk(tmp_path: Path) -> None:
    secrets = FileSecrets(tmp_path / "secrets")
    server = NatsServer(tmp_path / "one", secrets)
    await server.start()
    bus = await open_bus((server.url,), server.login)
    bucket = await bus.key_value("snapshot")
    for number in range(5):
        await bucket.put("a", b"%d" % number)
    async with aclosing(bucket.watch()) as entries, asyncio.timeout(WAIT_S):
        assert [e and e.data for e in [await anext(entries) for _ in range(2)]] == [b"4", None]
        server.kill()
        port = int(server.url.rpartition(":")[2])
        server = NatsServer(tmp_path / "two", secrets, port=port)
        await server.start()
        await bus.wait_connected(WAIT_S)
        fresh = await bus.key_value("snapshot")
        await fresh.put("b", b"new")
        entry = await anext(entries)
        assert entry is not None and (entry.key, entry.data) == ("b", b"new")
    await bus.close()
    server.stop()


async def test_calls_end_soon_when_the_server_dies_under_them(nats_server: NatsServer, bus: NatsBus) -> None:
    await bus.ensure_stream(WORK)
    consumer = await bus.consumer("WORK", "history")
    await bus.subscribe("silent")
    waiting = [
        asyncio.create_task(consumer.fetch(10, 60)),
        asyncio.create_task(bus.request("silent", b"", timeout_s=60)),
    ]
    await asyncio.sleep(0.1)
    nats_server.kill()
    async with asyncio.timeout(WAIT_S):
        ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(error, Unavailable) for error in ended), ended
    assert not bus.connected
    with pytest.raises(Unavailable):
        await bus.store("work.a", b"x")
    with pytest.raises(Unavailable):
        await bus.publish("news", b"x")


@pytest.mark.slow
async def test_a_frozen_server_counts_as_lost_and_is_found_again(nats_server: NatsServer, bus: NatsBus) -> None:
    await bus.ensure_stream(WORK)
    os.kill(nats_server.pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(WAIT_S):
            while bus.connected:
                await asyncio.sleep(0.05)
        with pytest.raises(Unavailable):
            await bus.store("work.a", b"x", timeout_s=1)
    finally:
        os.kill(nats_server.pid, signal.SIGCONT)
    await bus.wait_connected(WAIT_S)
    assert (await surely(lambda: bus.store("work.a", b"y"))).stream == "WORK"


async def test_a_wrong_password_is_named_and_retried(nats_server: NatsServer) -> None:
    said = ""
    async with asyncio.timeout(WAIT_S):
        while "uthorization" not in said:
            with pytest.raises(Unavailable) as refusal:
                await open_bus((nats_server.url,), name="stranger", wait_s=0.5)
            said = str(refusal.value)


async def test_a_stale_server_is_ended_and_a_foreign_process_is_not(tmp_path: Path) -> None:
    secrets = FileSecrets(tmp_path / "secrets")
    left_behind = NatsServer(tmp_path / "bus", secrets)
    await left_behind.start()
    pid = left_behind.pid
    server = NatsServer(tmp_path / "bus", secrets)
    with pytest.raises(ChildProcessError):
        while True:
            os.waitpid(pid, 0)
    await server.start()
    assert server.url == left_behind.url, "the port is kept"
    server.stop()
    (tmp_path / "bus" / "nats.pid").write_text(f"{os.getpid()}")
    NatsServer(tmp_path / "bus", secrets)


async def test_secrets_stay_private(nats_server: NatsServer) -> None:
    assert (nats_server.directory / "nats.conf").stat().st_mode & 0o077 == 0


async def test_a_cancellation_is_never_swallowed(bus: NatsBus) -> None:
    """The client library eats one that reaches it while it flushes; a reader or reporter would then never stop."""

    async def chatter() -> None:
        while True:
            await (await bus.subscribe("news")).close()
            await bus.publish("news", b"x" * 1_000)

    for turn in range(40):
        task = asyncio.create_task(chatter())
        await asyncio.sleep(turn / 20_000)
        task.cancel()
        async with asyncio.timeout(WAIT_S):
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

"""Promise: what is not granted is denied, no organisation hears another, garbage and floods harm nobody."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.mqtt.decoding import Framer, decode
from kandelia.base.mqtt.encoding import encode
from kandelia.base.mqtt.packets import (
    VERSION_3_1_1,
    VERSION_5,
    Acknowledge,
    Connack,
    Connect,
    Disconnect,
    Granted,
    Packet,
    Ping,
    Publish,
    Subscribe,
    Type,
    Will,
)
from kandelia.base.mqtt.topics import takes
from kandelia.surfaces.mqtt import limits
from kandelia.surfaces.mqtt.rights import covers
from kandelia.surfaces.mqtt.tests.stand import Stand, grant, stand

WAIT_S = 60.0


class Raw:
    """A client that may say anything."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.version = VERSION_3_1_1
        self._framer = Framer()
        self._packets: list[Packet] = []

    def send(self, packet: Packet) -> None:
        self.writer.write(encode(packet, self.version))

    async def hear(self) -> Packet | None:
        """The next packet, None at the end."""
        async with asyncio.timeout(WAIT_S):
            while not self._packets:
                data = await self.reader.read(65_536)
                if not data:
                    return None
                self._packets += [decode(first, body, self.version) for first, body, _ in self._framer.feed(data)]
        return self._packets.pop(0)

    async def enter(self, user: str, **more: Any) -> Connack:
        self.version = more.get("version", VERSION_3_1_1)
        secret = more.pop("secret", f"secret-{user}")
        self.send(Connect(more.pop("id", ""), user=user, password=secret.encode(), **more))
        answer = await self.hear()
        assert isinstance(answer, Connack)
        return answer

    async def subscribe(self, *filters: str) -> list[int]:
        self.send(Subscribe(1, [(wanted, 1) for wanted in filters]))
        answer = await self.hear()
        assert isinstance(answer, Granted)
        return answer.codes

    async def publish(self, topic: str, payload: bytes = b"x", qos: int = 1) -> Packet | None:
        self.send(Publish(topic, payload, qos, packet_id=7 if qos else 0))
        return await self.hear() if qos else None


@asynccontextmanager
async def raw(made: Stand, user: str = "", **more: Any) -> AsyncIterator[Raw]:
    one = Raw(*await asyncio.open_connection("127.0.0.1", made.port))
    try:
        if user:
            assert (await one.enter(user, **more)).code == 0
        yield one
    finally:
        one.writer.close()
        with contextlib.suppress(ConnectionError):
            await one.writer.wait_closed()


async def alive(made: Stand) -> None:
    """Another client is served as always."""
    async with raw(made, "all") as one:
        assert await one.subscribe("alive/#") == [1]
        one.send(Publish("alive/x", b"1", 0))
        assert isinstance(await one.hear(), Publish)


async def test_only_who_is_known_enters(tmp_path: Path) -> None:
    async with stand(tmp_path) as made:
        for user, secret in (("all", "wrong"), ("", ""), ("nobody", "secret-all"), ("other", "secret-all")):
            async with raw(made) as one:
                assert (await one.enter(user, secret=secret)).code == 5
                assert await one.hear() is None
        async with raw(made) as one:
            answer = await one.enter("all", secret="wrong", version=VERSION_5)
            assert answer.code == 0x86
        for _ in range(limits.FAILED_LOGINS_MAX):
            async with raw(made) as one:
                with contextlib.suppress(AssertionError, ConnectionError):
                    await one.enter("all", secret="wrong")
        async with raw(made) as one:
            assert await one.hear() is None, "an address that fails too often is refused unheard"


async def test_what_is_not_granted_is_denied(tmp_path: Path) -> None:
    async with stand(tmp_path) as made, raw(made, "all") as hears, raw(made, "a", version=VERSION_5) as one:
        await hears.subscribe("#")
        codes = await one.subscribe("a/#", "b/#", "#", "+/x", "spBv1.0/G/NCMD/a", "spBv1.0/G/NCMD/b", "$SYS/#")
        assert codes == [1, 0x87, 0x87, 0x87, 1, 0x87, 0x87]
        for topic in ("b/x", "spBv1.0/G/NDATA/b", "$SYS/x"):
            denied = await one.publish(topic)
            assert isinstance(denied, Acknowledge) and denied.code == 0x87
        assert "device a may not send to $SYS/x" in made.listener.denied_last
        for topic in ("a/x", "spBv1.0/G 1/DBIRTH/a/dev"):
            await one.publish(topic)
            told = await hears.hear()
            assert isinstance(told, Publish) and told.topic == topic, "and nothing of what was denied"
            hears.send(Acknowledge(Type.PUBACK, told.packet_id))
        async with raw(made) as two:
            assert (await two.enter("a", will=Will("b/will", b""))).code == 5


async def test_organisations_never_hear_one_another(tmp_path: Path) -> None:
    async with stand(tmp_path) as made, raw(made, "all") as ours, raw(made, "other") as theirs:
        for one in (ours, theirs):
            await one.subscribe("#")
        ours.send(Publish("x", b"ours", 0, retain=True))
        theirs.send(Publish("x", b"theirs", 0))
        for one, payload in ((ours, b"ours"), (theirs, b"theirs")):
            told = await one.hear()
            assert isinstance(told, Publish) and told.payload == payload
        async with raw(made, "other") as late:
            await late.subscribe("#")
            await late.publish("y", qos=0)
            told = await late.hear()
            assert isinstance(told, Publish) and told.topic == "y"


async def test_an_identity_that_ends_is_let_go(tmp_path: Path) -> None:
    async with stand(tmp_path) as made, raw(made, "a", version=VERSION_5) as one:
        made.listener.identities.put("main.a", None)
        told = await one.hear()
        assert isinstance(told, Disconnect) and told.code == 0x87
        made.know(grant("late", expires_ns=1))
        async with raw(made) as two:
            assert (await two.enter("late")).code == 5


async def test_garbage_ends_its_own_connection_alone(tmp_path: Path) -> None:
    hello = encode(Connect("", user="all", password=b"secret-all"))
    garbage = [
        b"GET / HTTP/1.1\r\n\r\n",
        bytes(100),
        b"\x10\xff\xff\xff\xff\x7f",
        b"\x10\xff\xff\xff\x7f",
        hello + hello,
        hello + b"\x30\x02\x00\x05",
        hello + b"\xf0\x00",
        hello + b"\x36\x05\x00\x01a\x00\x01",
        hello + b"\x82\x03\x00\x01\x00",
        hello + encode(Publish("a/+", b"")),
        hello + b"\x30\xff\xff\xff\x7f",
        hello + encode(Ping(Type.PINGRESP)),
    ]
    async with stand(tmp_path) as made:
        for data in garbage:
            async with raw(made) as one:
                one.writer.write(data)
                async with asyncio.timeout(WAIT_S):
                    with contextlib.suppress(ConnectionError):
                        while await one.reader.read(1_000):
                            pass
        assert made.listener.bad_packets >= len(garbage) - 1
        await alive(made)
        async with asyncio.timeout(WAIT_S):
            while made.listener.connections:
                await asyncio.sleep(0.01)
        assert not made.listener._strangers


async def test_who_says_nothing_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECT_S", 0.1)
    monkeypatch.setattr(limits, "SWEEP_S", 0.1)
    async with stand(tmp_path) as made, raw(made) as mute, raw(made, "all", keep_alive_s=1) as asleep:
        assert await mute.hear() is None
        assert await asleep.hear() is None
        await alive(made)


async def test_a_flood_is_read_more_slowly_and_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MESSAGES_PER_S_MAX", 1_000.0)
    monkeypatch.setattr(limits, "BURST_S", 0.1)
    async with stand(tmp_path) as made, raw(made, "all") as floods:
        data = encode(Publish("flood", b"x" * 20)) * 500
        for _ in range(20):
            floods.writer.write(data)
        await asyncio.wait_for(alive(made), 60)
        assert made.listener.slowed and made.listener.spaces["main"].messages < 9_000


async def test_who_does_not_read_is_bounded_and_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SLOW_S", 0.5)
    monkeypatch.setattr("kandelia.surfaces.mqtt.sessions.QUEUED_BYTES_MAX", 3_000_000)
    async with stand(tmp_path) as made, raw(made, "all", id="sleeps") as sleeps, raw(made, "all") as sends:
        await sleeps.subscribe("big/#")
        sleeps.writer.transport.pause_reading()  # type: ignore[attr-defined]
        space = made.listener.spaces["main"]
        (session,) = [one for key, one in space.sessions.items() if key[1] == "sleeps"]
        async with asyncio.timeout(WAIT_S):
            while not session.dropped:
                sends.send(Publish("big/x", bytes(100_000)))
                await sends.writer.drain()
                await asyncio.sleep(0)
        assert session._queued_bytes <= 3_000_000
        async with asyncio.timeout(WAIT_S):
            while session.outlet is not None:
                await asyncio.sleep(0.05)
        await alive(made)


LEVELS = st.sampled_from(["a", "b", "", "+", "#", "$x"])
FILTERS = st.lists(LEVELS, min_size=1, max_size=4).map("/".join).filter(lambda f: "#" not in f.split("/")[:-1])
NAMES = st.lists(st.sampled_from(["a", "b", "", "c", "$x"]), min_size=1, max_size=5).map("/".join)


@given(FILTERS, FILTERS, NAMES)
def test_a_covered_filter_takes_no_topic_that_is_not_granted(granted: str, wanted: str, name: str) -> None:
    if covers(granted, wanted) and takes(wanted, name):
        assert takes(granted, name)
    if "+" not in name and "#" not in name:
        assert covers(granted, name) == takes(granted, name)

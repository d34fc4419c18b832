"""What every driver promises its frame. A driver's own class inherits DriverContract and names its peer and addresses.

Driven through the real driver and a real peer in its own process; nothing of the driver's inside is known here.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import psutil
import pytest

from kandelia.base.quality import BAD_NO_COMMUNICATION
from kandelia.kernel.connections.contracts import ConnectionDocument, SignalEntry, State
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.sdk.drivers import (
    Driver,
    InvalidInput,
    Item,
    KandeliaError,
    Kind,
    NotAllowed,
    NotFound,
    Session,
    Unavailable,
    Value,
    Writes,
)
from tests.edge.rig import memory_rig
from tests.peers.freezing_proxy import FreezingProxy
from tests.peers.ports import free_port

PERIOD_MS = 100
CLOSE_S = 3.0
BUSY_S = 2.0  # what a busy machine may add to a bound


class Peer(Protocol):
    """A server of the protocol in its own process."""

    port: int

    def start(self) -> "Peer": ...

    def send(self, what: signal.Signals) -> None: ...

    def kill(self) -> None: ...


class Rows:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, Any]] = []
        self.lives = 0

    def add(self, numbers, times_ns, qualities, values, lost_before=()) -> None:
        assert not len(lost_before), "the source lost something"
        assert len(numbers) == len(times_ns) == len(qualities) == len(values)
        self.rows += zip(map(int, numbers), map(int, times_ns), map(int, qualities), values, strict=True)

    def alive(self) -> None:
        self.lives += 1

    def dropped(self, count: int) -> None:
        raise AssertionError(f"{count} dropped")

    def fault(self, what: str) -> None:
        raise AssertionError(what)

    def good(self, number: int) -> list[tuple[int, int, int, Any]]:
        return [row for row in self.rows if row[0] == number and row[2] == 0 and row[3] is not None]


async def until(condition, wait_s: float = 10.0) -> None:
    async with asyncio.timeout(wait_s):
        while not condition():
            await asyncio.sleep(0.02)


class DriverContract:
    """Inherit as `class TestX(DriverContract)` and fill in; a test that cannot hold for a protocol is overridden
    with the reason.
    """

    name: ClassVar[str]
    good: ClassVar[Sequence[tuple[str, Kind]]]  # three addresses or more, of values that change or are polled
    unknown: ClassVar[str]  # well formed, but the peer has no such thing
    malformed: ClassVar[str]
    writable: ClassVar[tuple[str, Value, Value]]  # address and two values it can take
    unfit: ClassVar[tuple[str, Value]]  # a value that the address cannot take
    read_only: ClassVar[tuple[str, Value]]
    wrong_settings: ClassVar[Sequence[tuple[Mapping[str, Any], str]]]  # changes to good settings → the key named
    lost_s: ClassVar[float]  # within which every kind of loss is seen with `settings`

    @classmethod
    def make_peer(cls, port: int) -> Peer:
        """Not started yet."""
        raise AssertionError("the driver's class says which peer")

    def settings(self, port: int) -> dict[str, Any]:
        """Settings for a peer on this port, with short times."""
        raise AssertionError("the driver's class says which settings")

    @pytest.fixture(scope="class")
    @classmethod
    def peer(cls) -> Iterator[Peer]:
        peer = cls.make_peer(free_port())
        try:
            yield peer.start()
        finally:
            peer.kill()

    @pytest.fixture
    def driver(self, tmp_path: Path) -> Driver:
        return Drivers(tmp_path / "drivers").get(self.name)

    def items(self) -> list[Item]:
        return [Item(n, address, kind, PERIOD_MS) for n, (address, kind) in enumerate(self.good, 1)]

    @contextlib.asynccontextmanager
    async def opened(self, driver: Driver, port: int) -> AsyncIterator[Session]:
        session = await driver.open(driver.configure(self.settings(port)), {})
        try:
            yield session
        finally:
            await session.close()

    @contextlib.asynccontextmanager
    async def running(self, driver: Driver, port: int) -> AsyncIterator[tuple[Session, Rows]]:
        sink = Rows()
        async with self.opened(driver, port) as session:
            assert await session.collect(self.items(), sink) == {}
            await until(lambda: all(sink.good(item.number) for item in self.items()))
            yield session, sink

    def wanted(self, port: int) -> ConnectionDocument:
        signals = tuple(SignalEntry(i.number, f"p.l.m.s{i.number}", i.kind, i.address, PERIOD_MS) for i in self.items())
        return ConnectionDocument("line1", "main", "plant", self.name, 1, settings=self.settings(port), signals=signals)

    async def test_lives_from_opening_to_leaving(self, driver: Driver, peer: Peer) -> None:
        before = asyncio.all_tasks()
        async with self.running(driver, peer.port) as (session, sink):
            stamps = [(row[0], row[1]) for row in sink.rows]
            assert len(stamps) == len(set(stamps)), "a signal has a time twice"
            assert all(abs(time.time_ns() - row[1]) < 60e9 for row in sink.rows), "source times are of now"
            began = time.monotonic()
            await session.close()
            await session.close()
            assert time.monotonic() - began < CLOSE_S
            count = len(sink.rows)
        await asyncio.sleep(0.15)
        assert asyncio.all_tasks() == before, "no task is left behind"
        assert len(sink.rows) == count, "nothing comes after leaving"
        assert not [c for c in psutil.Process().net_connections() if c.raddr and c.raddr.port == peer.port]

    async def test_what_cannot_be_had_is_named_and_the_others_go_on(self, driver: Driver, peer: Peer) -> None:
        items = [
            *self.items(),
            Item(90, self.unknown, Kind.FLOAT, PERIOD_MS),
            Item(91, self.malformed, Kind.FLOAT, 100),
        ]
        sink = Rows()
        async with self.opened(driver, peer.port) as session:
            refused = await session.collect(items, sink)
            assert set(refused) == {90, 91} and all(refused.values())
            assert ";" in refused[91], "how it is written is said"
            await until(lambda: all(sink.good(item.number) for item in self.items()))

    async def test_a_change_keeps_what_stays(self, driver: Driver, peer: Peer) -> None:
        async with self.running(driver, peer.port) as (session, sink):
            first, *others = self.items()
            added = Item(50, first.address, first.kind, PERIOD_MS)
            assert await session.collect([*others, added], sink) == {}
            await until(lambda: sink.good(50))
            at, seen = time.monotonic(), len(sink.good(others[0].number))
            await until(lambda: len(sink.good(others[0].number)) > seen + 2)
            gone = len(sink.good(first.number))
            assert time.monotonic() - at < 5 and not session_lost(session)
            stamps = [row[1] for row in sink.rows if row[0] == others[0].number]
            assert len(stamps) == len(set(stamps))
            await asyncio.sleep(0.3)
            assert len(sink.good(first.number)) <= gone + 1, "what is not wanted any more is not delivered"

    def test_wrong_settings_name_their_key_and_the_mend(self, driver: Driver) -> None:
        for changes, key in self.wrong_settings:
            settings = {k: v for k, v in {**self.settings(1), **changes}.items() if v is not None}
            with pytest.raises(InvalidInput) as caught:
                driver.configure(settings)
            assert caught.value.where == f"settings.{key}" and caught.value.what and caught.value.mend, changes

    async def test_who_does_not_answer_is_unavailable(self, driver: Driver) -> None:
        async def meet(port: int) -> KandeliaError:
            with pytest.raises(Unavailable) as caught:
                async with self.opened(driver, port) as session:
                    await session.collect(self.items(), Rows())
            return caught.value

        nobody = await meet(free_port())
        assert nobody.what and nobody.mend
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as silent:
            began = time.monotonic()
            await meet(silent.sockets[0].getsockname()[1])
            assert time.monotonic() - began < 10

    @pytest.mark.slow
    @pytest.mark.fault
    @pytest.mark.parametrize("way", ["frozen", "dropped", "cut"])
    async def test_a_loss_is_seen_in_time(self, driver: Driver, peer: Peer, way: str) -> None:
        async with FreezingProxy(peer.port) as proxy, self.running(driver, proxy.port) as (session, _):
            lost = asyncio.ensure_future(session.wait_lost())
            await asyncio.sleep(0.1)
            assert not lost.done()
            began = time.monotonic()
            try:
                if way == "frozen":
                    peer.send(signal.SIGSTOP)
                elif way == "dropped":
                    proxy.freeze()
                else:
                    proxy.cut()
                async with asyncio.timeout(self.lost_s + BUSY_S):
                    assert await lost, "the reason is told"
                began = time.monotonic()
                await session.close()
                assert time.monotonic() - began < CLOSE_S, "one leaves a peer that does not answer as quickly"
            finally:
                peer.send(signal.SIGCONT)

    @pytest.mark.slow
    @pytest.mark.fault
    async def test_shutdown_is_in_time_while_the_peer_is_frozen(self, driver: Driver, peer: Peer) -> None:
        async with self.running(driver, peer.port) as (session, _):
            peer.send(signal.SIGSTOP)
            try:
                began = time.monotonic()
                await session.close()
                assert time.monotonic() - began < CLOSE_S
            finally:
                peer.send(signal.SIGCONT)

    async def test_a_written_value_is_read_back(self, driver: Driver, peer: Peer) -> None:
        address, one, other = self.writable
        async with self.opened(driver, peer.port) as session:
            assert isinstance(session, Writes)
            assert await session.write(address, one) == one
            assert await session.write(address, other) == other

    async def test_a_refused_write_says_why_and_changes_nothing(self, driver: Driver, peer: Peer) -> None:
        address, one, _ = self.writable
        async with self.opened(driver, peer.port) as session:
            assert isinstance(session, Writes)
            await session.write(address, one)
            for wrong in (self.unfit, self.read_only, (self.malformed, 1.0), (self.unknown, 1.0)):
                with pytest.raises((InvalidInput, NotAllowed, NotFound)) as caught:
                    await session.write(*wrong)
                assert caught.value.what and caught.value.mend, wrong
            assert await session.write(address, one) == one

    @pytest.mark.slow
    @pytest.mark.fault
    async def test_a_write_without_answer_is_not_known(self, driver: Driver, peer: Peer) -> None:
        address, one, _ = self.writable
        async with FreezingProxy(peer.port) as proxy, self.opened(driver, proxy.port) as session:
            assert isinstance(session, Writes)
            assert await session.write(address, one) == one
            proxy.freeze()
            with pytest.raises(Unavailable):
                async with asyncio.timeout(60):
                    await session.write(address, one)

    async def test_browsing_finds_something(self, driver: Driver, peer: Peer) -> None:
        async with self.opened(driver, peer.port) as session:
            found = await session.browse("")
            assert found and all(node.name for node in found)
            assert any([await session.browse(node.address) for node in found if node.has_children][:5])
            with pytest.raises((InvalidInput, NotFound)):
                await session.browse(self.malformed)

    @pytest.mark.slow
    @pytest.mark.fault
    async def test_a_killed_peer_comes_back_and_the_gap_is_marked(self, tmp_path: Path) -> None:
        """Through the frame: state, reason and mend, one mark a signal, running again by itself."""
        peer = self.make_peer(free_port())
        numbers = {item.number for item in self.items()}
        try:
            peer.start()
            async with memory_rig(tmp_path) as rig, rig.states() as states:
                await rig.put(self.wanted(peer.port))
                rig.start()
                await states.enter(State.RUNNING)
                await rig.until_rows(lambda rows: {r.signal for r in rows if r.value is not None} == numbers)
                peer.kill()
                lost = await states.enter(State.BACKING_OFF, wait_s=self.lost_s + BUSY_S)
                assert lost.error and lost.mend

                def marks(rows):
                    return [r for r in rows if r.quality == BAD_NO_COMMUNICATION and r.value is None]

                rows = await rig.until_rows(lambda rows: {r.signal for r in marks(rows)} == numbers)
                assert len(marks(rows)) == len(numbers), "one mark a signal"
                behind = max(r.time_ns for r in marks(rows))
                peer.start()
                await states.enter(State.RUNNING)
                await rig.until_rows(lambda rows: any(r.time_ns > behind and r.value is not None for r in rows))
                began = time.monotonic()
                await rig.stop()
                assert time.monotonic() - began < CLOSE_S
        finally:
            peer.kill()


def session_lost(session: Session) -> bool:
    """Whether the session has said that it is lost."""
    waiting = asyncio.ensure_future(session.wait_lost())
    waiting.cancel()
    return waiting.done() and not waiting.cancelled()

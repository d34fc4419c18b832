"""Promise: against a real device in its own process, one unit's silence is its own, and what is refused is found."""

import asyncio
import signal
import struct
import time

import pytest

from kandelia.base.quality import BAD_NO_COMMUNICATION, BAD_NODE_UNKNOWN
from kandelia.drivers.modbus.driver import ModbusDriver
from kandelia.sdk.drivers import InvalidInput, Item, Kind, Unavailable
from tests.contracts.drivers.suite import Rows, until
from tests.peers.modbus_server import ModbusPeer, modbus_peer
from tests.peers.ports import free_port

FAST = {"timeout_s": 0.4, "alive_s": 0.4}


async def opened(port: int, **settings: object):
    driver = ModbusDriver()
    return await driver.open(driver.configure({"host": "127.0.0.1", "port": port, **FAST, **settings}), {})


@pytest.fixture(scope="module")
def peer():
    with modbus_peer(free_port(), units=(1, 2, 3), silent=(7,)) as running:
        yield running


async def test_types_arrive_as_they_are(peer: ModbusPeer) -> None:
    told = {
        "holding=10": (Kind.FLOAT, 30.0),
        "unit=2;register=40012;type=uint32": (Kind.INTEGER, 33 << 16 | 36),
        "input=1;type=int16": (Kind.FLOAT, -2.0),
        "input=0;type=int64;order=DCBA": (Kind.INTEGER, struct.unpack("<q", bytes.fromhex("fffffffefffdfffc"))[0]),
        "holding=120;scale=0.1": (Kind.FLOAT, 12.0),
        "holding=11;bit=5": (Kind.BOOLEAN, True),
        "coil=3": (Kind.BOOLEAN, True),
        "discrete=4": (Kind.INTEGER, 0),
        "holding=22;type=string;length=2": (Kind.TEXT, ""),
        "holding=33;type=bcd16": (Kind.INTEGER, 63),
    }
    items = [Item(n, text, kind, 100) for n, (text, (kind, _)) in enumerate(told.items(), 1)]
    session, sink = await opened(peer.port), Rows()
    try:
        assert await session.collect(items, sink) == {}
        await until(lambda: {row[0] for row in sink.rows} == set(range(1, len(items) + 1)))
        for number, (text, (_, value)) in enumerate(told.items(), 1):
            assert sink.good(number)[0][3] == value, text
    finally:
        await session.close()


async def test_one_silent_unit_leaves_the_others_their_periods(peer: ModbusPeer) -> None:
    """While its very first request still waits for an answer, the others have had theirs many times over."""
    items = [Item(unit, f"unit={unit};holding=0;type=uint32", Kind.INTEGER, 100) for unit in (1, 2, 3, 7)]
    session, sink = await opened(peer.port, timeout_s=8.0), Rows()
    collecting = asyncio.ensure_future(session.collect(items, sink))
    try:
        await until(lambda: all(len(sink.good(unit)) > 20 for unit in (1, 2, 3)), 60.0)
        assert not session.pollers[7].silent and not [row for row in sink.rows if row[0] == 7]
    finally:
        await session.close()
        await asyncio.gather(collecting, return_exceptions=True)


async def test_silence_is_told_once(peer: ModbusPeer) -> None:
    items = [Item(unit, f"unit={unit};holding=0;type=uint32", Kind.INTEGER, 100) for unit in (1, 7)]
    session, sink = await opened(peer.port, timeout_s=0.2), Rows()
    try:
        assert await session.collect(items, sink) == {}
        await until(lambda: session.pollers[7].silent)
        seen = len(sink.good(1))
        await until(lambda: len(sink.good(1)) > seen + 5)
        assert [row[2] for row in sink.rows if row[0] == 7] == [BAD_NO_COMMUNICATION]
    finally:
        await session.close()


async def test_a_unit_that_comes_back_goes_on() -> None:
    """Both units of a gateway; one loses its cable, then has it again."""
    peer = ModbusPeer(free_port(), units=(1, 2), silent=(2,))
    items = [Item(unit, f"unit={unit};holding=0;type=uint32", Kind.INTEGER, 100) for unit in (1, 2)]
    try:
        peer.start()
        session, sink = await opened(peer.port), Rows()
        try:
            await session.collect(items, sink)
            await until(lambda: any(row[0] == 2 for row in sink.rows))
            peer.send(signal.SIGUSR1)  # the silent ones speak again
            await until(lambda: sink.good(2))
            assert not session.pollers[2].silent
        finally:
            await session.close()
    finally:
        peer.kill()


async def test_what_may_not_be_read_is_found_among_its_neighbours(peer: ModbusPeer) -> None:
    """Between 99 and 120 nothing stands: no request may go over it, and what is asked there is named."""
    texts = [f"holding={at}" for at in (95, 97, 99, 105, 106, 120, 121)] + ["holding=128;type=float32", "holding=40010"]
    items = [Item(n, text, Kind.FLOAT, 100) for n, text in enumerate(texts, 1)]
    session, sink = await opened(peer.port, gap=20), Rows()
    try:
        refused = await session.collect(items, sink)
        assert set(refused) == {4, 5, 9}
        assert "nothing at this address" in refused[4] and "register=40010" in refused[9]
        await until(lambda: all(sink.good(n) for n in (1, 2, 3, 6, 7, 8)))
        assert {row[2] for row in sink.rows if row[0] in refused} == {BAD_NODE_UNKNOWN}
    finally:
        await session.close()


async def test_a_device_that_takes_less_is_asked_for_less(peer: ModbusPeer) -> None:
    items = [Item(at, f"holding={at}", Kind.FLOAT, 100) for at in range(10, 60)]
    session, sink = await opened(peer.port, registers_max=7), Rows()
    try:
        assert await session.collect(items, sink) == {}
        await until(lambda: {row[0] for row in sink.rows} == set(range(10, 60)))
    finally:
        await session.close()


async def test_nothing_is_caught_up() -> None:
    """A device slower than its period is asked as fast as it answers, and no more."""
    with modbus_peer(free_port(), slow_ms=150) as peer:
        session, sink = await opened(peer.port), Rows()
        try:
            began = time.monotonic()
            await session.collect([Item(1, "holding=10", Kind.FLOAT, 50)], sink)
            await until(lambda: len(sink.rows) >= 5)
            assert time.monotonic() - began > 5 * 0.15
        finally:
            await session.close()


async def test_browsing_finds_units_tables_and_values(peer: ModbusPeer) -> None:
    session = await opened(peer.port)
    try:
        assert [node.address for node in await session.browse("")] == ["unit=1", "unit=2", "unit=3"]
        assert len(await session.browse("unit=2")) == 4
        shown = await session.browse("unit=2;holding=90")
        assert [node.address for node in shown[:2]] == ["unit=2;holding=90", "unit=2;holding=91"]
        assert shown[0].details["value"] == "270" and shown[-1].has_children
        with pytest.raises(InvalidInput):
            await session.browse("unit=2;holding=70000")
    finally:
        await session.close()


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(300), b"\0\1\0\0\xff\xff" + bytes(900)])
async def test_garbage_ends_the_link_in_words(said: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(12)
        writer.write(said)

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        session = await opened(server.sockets[0].getsockname()[1])
        try:
            with pytest.raises(Unavailable):
                await session.collect([Item(1, "holding=10", Kind.FLOAT, 50)], Rows())
            assert "no Modbus" in await session.wait_lost()
        finally:
            await session.close()

"""Promise: an order is carried out once or not at all, and what became of it is told: also after the edge was killed,
the bus or the device went away, the clock was set back, or the order came twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kandelia.base.clock import NS_PER_S, ManualClock, SystemClock
from kandelia.base.errors import InvalidInput, NotAllowed, Unavailable
from kandelia.base.ids import new_id
from kandelia.base.samples import Kind
from kandelia.kernel.connections.contracts import ConnectionDocument, SignalEntry, WriteRule
from kandelia.kernel.connections.drivers import Value
from kandelia.kernel.connections.orders import (
    COMMANDS_STREAM,
    Fate,
    Order,
    Word,
    decode_word,
    fate_subject,
    order_subject,
)
from kandelia.ports.bus import Bus
from tests.edge.rig import Rig, memory_rig, nats_rig
from tests.edge.scripted import ScriptedDriver
from tests.peers.modbus_server import modbus_peer
from tests.peers.opcua_server import OpcUaPeer, opcua_peer
from tests.peers.ports import free_port

WAIT_S = 40.0
RULE = WriteRule(low=0, high=300)


def plant(driver: str = "scripted", address: str = "oven", write: WriteRule | None = RULE, **more: Any) -> Any:
    signal = SignalEntry(1, "plant.line.oven.setpoint", Kind.FLOAT, address, 200, write=write)
    return ConnectionDocument("line1", "main", "plant", driver, 1, signals=(signal,), **more)


def order(value: Value = 240.0, *, for_s: float = 60.0, clock: Any = None, **more: Any) -> Order:
    now_ns = (clock or SystemClock()).now_ns()
    known: dict[str, Any] = {"organisation": "main", "site": "plant", "connection": "line1", "signal": 1}
    return Order(
        new_id(), value=value, issued_ns=now_ns, expires_ns=now_ns + int(for_s * NS_PER_S), **{**known, **more}
    )


async def send(bus: Bus, *orders: Order) -> None:
    for one in orders:
        subject = order_subject(one.organisation, one.site, one.connection)
        await bus.store(subject, msgspec.json.encode(one), message_id=one.id)


async def words(bus: Bus, id: str = "") -> list[Word]:
    found = [decode_word(m.data) async for m in bus.replay(COMMANDS_STREAM, subject=fate_subject("*", "*", "*"))]
    return [word for word in found if id in ("", word.id)]


async def fate(bus: Bus, one: Order) -> Word:
    """The last word about an order."""

    async def told() -> Word | None:
        return next((word for word in reversed(await words(bus, one.id)) if word.fate is not Fate.TAKEN), None)

    async with asyncio.timeout(WAIT_S):
        while (word := await told()) is None:
            await asyncio.sleep(0.05)
    return word


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not true():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def scripted(tmp_path: Path, document: Any = None, **options: Any) -> AsyncIterator[tuple[Rig, ScriptedDriver]]:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}, **options) as rig:
        await rig.put(document or plant())
        rig.start()
        await driver.session()
        yield rig, driver


async def test_it_is_taken_sent_once_read_back_and_told(tmp_path: Path) -> None:
    async with scripted(tmp_path) as (rig, driver):
        driver.holds["oven"] = 240.0
        one = order()
        await send(rig.bus, one)
        word = await fate(rig.bus, one)
        assert (word.fate, word.read_back, word.claim) == (Fate.CONFIRMED, 240.0, False)
        assert [w.fate for w in await words(rig.bus, one.id)] == [Fate.TAKEN, Fate.CONFIRMED]
        assert driver.written == [("oven", 240.0)]


@pytest.mark.parametrize(
    ("act", "expected", "code"),
    [
        (NotAllowed("the key switch is off", code="write-refused"), Fate.REFUSED, "write-refused"),
        (InvalidInput("no such register", code="invalid-value"), Fate.REFUSED, "invalid-value"),
        (Unavailable("no answer", code="write-unconfirmed"), Fate.UNKNOWN, "write-unconfirmed"),
        (RuntimeError("a bug"), Fate.UNKNOWN, "driver-failed"),
        ("", Fate.DIFFERS, "differs"),
    ],
)
async def test_what_the_device_says_is_told(
    tmp_path: Path, act: BaseException | str, expected: Fate, code: str
) -> None:
    async with scripted(tmp_path) as (rig, driver):
        driver.acts["write"], driver.holds["oven"] = act, 239.0
        one = order()
        await send(rig.bus, one)
        word = await fate(rig.bus, one)
        assert (word.fate, word.code) == (expected, code) and word.what
        assert len(driver.written) == 1


async def test_the_edge_checks_again_before_it_sends(tmp_path: Path) -> None:
    rule = WriteRule(0, 300, step_max=20, rate_s=3_600)
    clock = ManualClock(SystemClock().now_ns())
    async with scripted(tmp_path, plant(write=rule), clock=clock) as (rig, driver):
        driver.holds["oven"] = 240.0

        async def code_of(one: Order) -> str:
            await send(rig.bus, one)
            return (await fate(rig.bus, one)).code

        assert await code_of(order(301.0)) == "out-of-range"
        assert await code_of(order("hot")) == "wrong-kind"
        assert await code_of(order(signal=2)) == "no-signal"
        assert await code_of(order(connection="line2")) == "no-connection"
        assert await code_of(order(organisation="other")) == "no-connection"
        assert await code_of(order()) == "present-unknown"
        driver.sessions[-1].give([(1, clock.now_ns(), 0, 200.0)])
        assert await code_of(order()) == "step-too-large"
        driver.sessions[-1].give([(1, clock.now_ns(), 0, 225.0)])
        assert driver.written == []
        assert await code_of(order()) == ""
        assert await code_of(order()) == "too-soon"
        clock.advance(3_600)
        assert await code_of(order(clock=clock)) == ""
        assert len(driver.written) == 2


async def test_a_signal_that_is_not_writable_is_refused(tmp_path: Path) -> None:
    async with scripted(tmp_path, plant(write=None)) as (rig, driver):
        one = order()
        await send(rig.bus, one)
        assert ((await fate(rig.bus, one)).code, driver.written) == ("not-writable", [])


async def test_the_same_order_twice_is_carried_out_once_also_after_a_restart(tmp_path: Path) -> None:
    async with scripted(tmp_path) as (rig, driver):
        driver.holds["oven"] = 240.0
        one, last = order(), order()
        await send(rig.bus, one)
        await fate(rig.bus, one)
        subject = order_subject("main", "plant", "line1")
        await rig.bus.store(subject, msgspec.json.encode(one), message_id="again")
        await rig.stop()
        rig.start()
        await rig.bus.store(subject, msgspec.json.encode(one), message_id="and again")
        await send(rig.bus, last)
        assert (await fate(rig.bus, last)).fate is Fate.CONFIRMED  # the edge has come past the repeats
        assert len(driver.written) == 2
        assert [word.fate for word in await words(rig.bus, one.id)] == [Fate.TAKEN, Fate.CONFIRMED]


async def test_an_edge_that_lost_its_notes_does_not_carry_out_again(tmp_path: Path) -> None:
    async with scripted(tmp_path) as (rig, driver):
        driver.holds["oven"] = 240.0
        one, last = order(), order()
        await send(rig.bus, one)
        await fate(rig.bus, one)
        await rig.stop()
        for file in (tmp_path / "edge" / "orders").iterdir():
            file.unlink()
        rig.start()
        subject = order_subject("main", "plant", "line1")
        await rig.bus.store(subject, msgspec.json.encode(one), message_id="again")
        await send(rig.bus, last)
        await fate(rig.bus, last)
        assert len(driver.written) == 2


async def test_killed_between_mark_and_result_it_is_unknown_and_never_sent_again(tmp_path: Path) -> None:
    async with scripted(tmp_path) as (rig, driver):
        driver.acts["write"] = "hang"
        one = order()
        await send(rig.bus, one)
        await until(lambda: bool(driver.written))
        task = asyncio.create_task(rig.die())
        driver.acts.pop("write")
        await task
        rig.start()
        word = await fate(rig.bus, one)
        assert (word.fate, word.code) == (Fate.UNKNOWN, "edge-ended")
        last = order()
        driver.holds["oven"] = 240.0
        await send(rig.bus, last)
        await fate(rig.bus, last)
        assert len(driver.written) == 2


async def test_expired_while_the_edge_was_away_it_is_told_and_never_sent(tmp_path: Path) -> None:
    clock = ManualClock(SystemClock().now_ns())
    async with scripted(tmp_path, clock=clock) as (rig, driver):
        await rig.stop()
        late, good = order(for_s=60), order(for_s=600)
        await send(rig.bus, late, good)
        clock.advance(120)
        driver.holds["oven"] = 240.0
        rig.start()
        assert ((await fate(rig.bus, late)).fate, (await fate(rig.bus, good)).fate) == (Fate.EXPIRED, Fate.CONFIRMED)
        assert len(driver.written) == 1


async def test_an_order_waits_for_its_connection_until_it_expires_though_the_clock_is_set_back(tmp_path: Path) -> None:
    clock = ManualClock(SystemClock().now_ns())
    driver = ScriptedDriver(acts={"open": Unavailable("it is away")})
    async with memory_rig(tmp_path, drivers={"scripted": driver}, clock=clock) as rig:
        await rig.put(plant())
        rig.start()
        one = order(for_s=60)
        await send(rig.bus, one)
        assert rig.edge is not None
        await until(lambda: one.id in rig.edge.commanding.ledger.notes)  # type: ignore[union-attr]
        clock.jump(-3_600)
        clock.monotonic += 61
        assert (await fate(rig.bus, one)).fate is Fate.EXPIRED
        assert driver.written == []


async def test_a_clock_behind_the_bus_cannot_judge_an_expiry(tmp_path: Path) -> None:
    clock = ManualClock(SystemClock().now_ns() - 600 * NS_PER_S)
    async with scripted(tmp_path, clock=clock) as (rig, driver):
        one = order()
        await send(rig.bus, one)
        assert ((await fate(rig.bus, one)).code, driver.written) == ("clock-behind", [])


async def test_withdrawn_by_a_claim_that_came_first_it_is_not_sent(tmp_path: Path) -> None:
    async with scripted(tmp_path) as (rig, driver):
        driver.holds["oven"] = 240.0
        await rig.stop()
        gone, last = order(), order()
        await send(rig.bus, gone, last)
        claim = Word(gone.id, "main", Fate.WITHDRAWN, 1, claim=True)
        await rig.bus.store(
            fate_subject("main", "plant", "line1"), msgspec.json.encode(claim), message_id=claim.message_id
        )
        rig.start()
        assert (await fate(rig.bus, last)).fate is Fate.CONFIRMED
        assert len(driver.written) == 1 and [w.fate for w in await words(rig.bus, gone.id)] == [Fate.WITHDRAWN]


async def test_an_order_on_a_foreign_subject_or_none_at_all_is_left_out(tmp_path: Path) -> None:
    async with scripted(tmp_path) as (rig, driver):
        driver.holds["oven"] = 240.0
        one, last = order(), order()
        await rig.bus.store(order_subject("other", "plant", "line1"), msgspec.json.encode(one))
        await rig.bus.store(order_subject("main", "plant", "line1"), b'{"id": "../../x"}')
        await send(rig.bus, last)
        await fate(rig.bus, last)
        assert len(driver.written) == 1 and await words(rig.bus, one.id) == [] and "edge-orders" in rig.told.now


@pytest.mark.slow
async def test_a_real_opc_ua_server_takes_refuses_and_freezes(tmp_path: Path) -> None:
    with opcua_peer(free_port()) as peer:
        async with nats_rig(tmp_path) as (rig, _):
            settings = {"endpoint": peer.endpoint, "policy": "none"}
            names = ("Set", "Still")
            signals = tuple(
                SignalEntry(n, f"plant.line.oven.{name}", Kind.FLOAT, OpcUaPeer.address(name), 200, write=RULE)
                for n, name in enumerate(names, 1)
            )
            await rig.put(ConnectionDocument("line1", "main", "plant", "opcua", 1, settings=settings, signals=signals))
            rig.start()
            good, refused = order(241.5), order(9.0, signal=2)
            await send(rig.bus, good, refused)
            word = await fate(rig.bus, good)
            assert (word.fate, word.read_back) == (Fate.CONFIRMED, 241.5)
            assert (await fate(rig.bus, refused)).fate is Fate.REFUSED
            await rig.until_rows(lambda rows: any(row.value == 241.5 for row in rows))
            assert peer.process is not None
            peer.process.send_signal(19)
            frozen = order(250.0)
            await send(rig.bus, frozen)
            assert (await fate(rig.bus, frozen)).fate is Fate.UNKNOWN
            peer.process.send_signal(18)


@pytest.mark.slow
async def test_a_real_modbus_device_takes_refuses_and_is_silent(tmp_path: Path) -> None:
    with modbus_peer(free_port(), units=(1, 7), silent=(7,)) as peer:
        async with memory_rig(tmp_path) as rig:
            settings = {"host": "127.0.0.1", "port": peer.port, "unit": 1, "timeout_s": 0.5}
            addresses = ("holding=10", "holding=120", "input=4", "unit=7;holding=10")
            signals = tuple(
                SignalEntry(n, f"plant.line.meter.s{n}", Kind.FLOAT, address, 200, write=RULE)
                for n, address in enumerate(addresses, 1)
            )
            document = ConnectionDocument("line1", "main", "plant", "modbus", 1, settings=settings, signals=signals)
            await rig.put(document)
            rig.start()
            orders = [order(42.0, signal=n) for n in range(1, 5)]
            await send(rig.bus, *orders)
            fates = [(await fate(rig.bus, one)).fate for one in orders]
            assert fates == [Fate.CONFIRMED, Fate.REFUSED, Fate.REFUSED, Fate.UNKNOWN]

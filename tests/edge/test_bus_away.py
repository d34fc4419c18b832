"""Promise: while the bus is away an edge holds what it collects, within bounds; what it must drop is marked."""

import asyncio
import time
from pathlib import Path

import pytest

from kandelia.base.quality import BAD_DATA_LOST
from kandelia.kernel.connections.contracts import EDGE_STREAM, EDGE_SUBJECTS, State
from kandelia.ports.bus import StreamSpec
from tests.edge.rig import document, memory_rig, nats_rig
from tests.edge.scripted import ScriptedDriver, ScriptedSession

pytestmark = [pytest.mark.slow, pytest.mark.fault]


async def give_steps(session: ScriptedSession, first: int, last: int) -> None:
    for step in range(first, last):
        session.give([(1, time.time_ns(), 0, float(step))])
        await asyncio.sleep(0.02)


async def test_what_is_held_arrives_when_the_bus_is_back(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with nats_rig(tmp_path, drivers={"scripted": driver}) as (rig, server), rig.states() as states:
        await rig.put(document("scripted", ["a"]))
        rig.start()
        session = await driver.session()
        await states.enter(State.RUNNING)
        await give_steps(session, 1, 20)
        server.kill()
        await give_steps(session, 20, 120)
        assert rig.edge is not None
        (one,) = rig.edge.running.values()
        assert one.supervised.outlet.held_s > 1 and "bus-away" in rig.told.now
        await server.start()
        rows = await rig.until_rows(lambda rows: {row.value for row in rows} >= {float(n) for n in range(1, 120)})
        for _ in range(40):
            if "bus-away" not in rig.told.now:
                break
            await asyncio.sleep(0.1)
        assert "bus-away" not in rig.told.now and not rig.told.now
        assert len({(row.time_ns, row.value) for row in rows}) == len(rows), "no batch is stored twice"


async def test_what_is_dropped_leaves_a_mark_at_its_first_sample(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    options = {"drivers": {"scripted": driver}, "plan": {"hold_s": 0.8}}
    async with nats_rig(tmp_path, **options) as (rig, server), rig.states() as states:
        await rig.put(document("scripted", ["a"]))
        rig.start()
        session = await driver.session()
        await states.enter(State.RUNNING)
        await give_steps(session, 1, 20)
        await rig.until_rows(lambda rows: any(row.value == 19.0 for row in rows))
        server.kill()
        killed_ns = time.time_ns()
        await give_steps(session, 20, 150)
        await server.start()
        rows = await rig.until_rows(lambda rows: any(row.quality == BAD_DATA_LOST for row in rows))
        assert rig.edge is not None
        (one,) = rig.edge.running.values()
        lost = one.supervised.outlet.queue.lost
        assert lost > 0 and "lost-main.line1" in rig.told.now
        rows = await rig.until_rows(lambda rows: any(row.value == 149.0 for row in rows))
        marks = [row for row in rows if row.quality == BAD_DATA_LOST]
        stored = {row.value for row in rows if row.value is not None}
        assert len(set(range(1, 150)) - stored) == lost, "what is not there is counted"
        kept = min(row.time_ns for row in rows if row.value is not None and row.value > 100)
        assert all(killed_ns <= row.time_ns < kept for row in marks)


async def test_a_full_stream_is_held_and_said(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with nats_rig(tmp_path, drivers={"scripted": driver}) as (rig, _server), rig.states() as states:
        await rig.bus.ensure_stream(StreamSpec(EDGE_STREAM, EDGE_SUBJECTS, bytes_max=20_000))
        await rig.put(document("scripted", ["a"]))
        rig.start()
        session = await driver.session()
        await states.enter(State.RUNNING)
        for step in range(1, 60):
            session.give([(1, time.time_ns() + row, 0, float(step)) for row in range(30)])
            await asyncio.sleep(0.05)
        await states.until(lambda told: told.held_s > 0.3)
        assert "bus-full" in rig.told.now
        await rig.ensure_streams()
        rows = await rig.until_rows(lambda rows: {row.value for row in rows} >= {float(n) for n in range(1, 60)})
        assert rows
        (one,) = rig.edge.running.values() if rig.edge else ()
        assert not one.supervised.outlet.queue.lost


async def test_a_missing_stream_is_made(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig:
        rig.bus = type(rig.bus)()
        await rig.put(document("scripted", ["a"]))
        rig.start()
        (await driver.session()).give([(1, time.time_ns(), 0, 4.0)])
        async with asyncio.timeout(60):
            while rig.edge is None or not any(one.supervised.outlet.stored_rows for one in rig.edge.running.values()):
                await asyncio.sleep(0.05)
        await rig.until_rows(lambda rows: any(row.value == 4.0 for row in rows))

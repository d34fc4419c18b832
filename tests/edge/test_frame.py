"""Promise: whatever a driver does, it harms its own connection alone; every loss is marked; nothing is told twice."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from kandelia.base.errors import NotAllowed, Unavailable
from kandelia.base.quality import BAD_NO_COMMUNICATION, BAD_NO_DATA, BAD_NOT_CONNECTED, BAD_TYPE_MISMATCH, UNCERTAIN
from kandelia.boot import role, supervisor
from kandelia.kernel.connections.contracts import EDGE_BROWSE, State
from kandelia.kernel.connections.drivers import Node
from kandelia.kernel.connections.plane import supervision
from kandelia.kernel.connections.plane.browsing import BROWSE_NODES_MAX
from kandelia.kernel.connections.plane.edge import DRAIN_S, LEAVE_S
from tests.edge.rig import document, memory_rig
from tests.edge.scripted import AWAY, ScriptedDriver

S = 1_000_000_000


async def test_values_of_every_sort_arrive_or_are_marked(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig:
        await rig.put(document("scripted", ["a", "b"]))
        rig.start()
        session = await driver.session()
        await asyncio.sleep(0.01)
        now = time.time_ns()
        rows = [(1, now, 0, 1.5), (1, now + 1, 0, float("nan")), (1, now + 2, 0, "text"), (1, now + 3, 0x4090, 2)]
        session.give([*rows, (2, now, 0x8000, None), (2, 0, 0, 3.0), (999, now, 0, 1.0)])
        got = await rig.until_rows(lambda rows: len(rows) >= 6)
    one = {row.time_ns - now: (row.value, row.quality) for row in got if row.signal == 1}
    assert {0: (1.5, 0), 1: (None, BAD_NO_DATA), 2: (None, BAD_TYPE_MISMATCH), 3: (2.0, 0x4090)}.items() <= one.items()
    two = [(row.value, row.quality) for row in got if row.signal == 2]
    assert (None, 0x8000) in two and (3.0, UNCERTAIN) in two, "a clock at 1970 gives way to the receive time"
    assert {row.signal for row in got} == {1, 2}


async def test_a_wrong_configuration_waits_for_another(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        wrong = document("scripted", ["a"], settings={"wrong": True})
        await rig.put(wrong)
        rig.start()
        refused = await states.enter(State.REFUSED)
        assert "settings.wrong" in refused.error and refused.mend == "take it out"
        assert (refused.revision_wanted, refused.revision_running) == (1, 0)
        await asyncio.sleep(0.7)
        assert not driver.sessions and "connection-main.line1" in rig.told.now
        await rig.put(replace(wrong, revision=2, settings={}))
        assert (await states.enter(State.RUNNING)).revision_running == 2
        assert not rig.told.now


async def test_an_unknown_driver_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    async with memory_rig(tmp_path) as rig, rig.states() as states:
        await rig.put(document("no-such", ["a"]))
        rig.start()
        refused = await states.enter(State.REFUSED)
        assert "no-such" in refused.error and "opcua" in refused.mend


@pytest.mark.parametrize("step", ["open", "collect"])
async def test_a_driver_that_breaks_is_tried_again(tmp_path: Path, step: str) -> None:
    driver = ScriptedDriver(acts={step: RuntimeError("boom")})
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        await rig.put(document("scripted", ["a"]))
        rig.start()
        assert "boom" in (await states.enter(State.BACKING_OFF)).error
        driver.acts.clear()
        assert (await states.enter(State.RUNNING)).errors >= 1


@pytest.mark.parametrize("step", ["open", "collect", "close"])
async def test_a_driver_that_hangs_is_cut_and_harms_nobody(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("OPEN_S", "COLLECT_S", "CLOSE_S"):
        monkeypatch.setattr(supervision, limit, 0.2)
    bad, good = ScriptedDriver(acts={step: "hang"}), ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"bad": bad, "good": good}) as rig, rig.states() as states:
        await rig.put(document("bad", ["a"]))
        await rig.put(document("good", ["b"], id="line2"))
        rig.start()
        (await good.session()).give([(1, time.time_ns(), 0, 1.0)])
        if step == "close":
            (await bad.session()).gone.set_result("cut")
        lost = await states.until(lambda told: told.id == "line1" and told.state is State.BACKING_OFF)
        assert step == "close" or "0.2 s" in lost.error
        bad.acts.clear()
        await states.until(lambda told: told.id == "line1" and told.state is State.RUNNING)
        assert len(good.sessions) == 1


async def test_a_session_that_lives_on_after_its_end_writes_nothing(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        await rig.put(document("scripted", ["a"]))
        rig.start()
        former = await driver.session()
        await states.enter(State.RUNNING)
        former.gone.set_result("cut")
        await driver.session(2)
        former.give([(1, time.time_ns(), 0, 13.0)])
        await asyncio.sleep(0.4)
        assert 13.0 not in [row.value for row in await rig.rows()]


async def test_a_loss_is_marked_once_and_ended_by_the_first_value(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        await rig.put(document("scripted", ["a", "b"]))
        rig.start()
        session = await driver.session()
        await states.enter(State.RUNNING)
        ahead = time.time_ns() + 5 * S
        session.give([(1, ahead, 0, 1.0), (2, time.time_ns() - 5 * S, 0, 2.0)])
        driver.acts["open"] = AWAY
        session.gone.set_result("cut")
        lost = await states.enter(State.BACKING_OFF)
        await asyncio.sleep(1.0)
        rows = await rig.rows()
        marks = {row.signal: row.time_ns for row in rows if row.quality == BAD_NO_COMMUNICATION}
        assert marks[1] == ahead + 1 and 0 <= marks[2] - lost.proof_ns <= 1, (
            "a clock that runs ahead pushes its own mark alone"
        )
        driver.acts.clear()
        again = await driver.session(2)
        again.give([(2, time.time_ns() - 50 * S, 0, 2.0)])
        rows = await rig.until_rows(lambda rows: len([r for r in rows if r.signal == 2]) >= 5)
        newest = max((row for row in rows if row.signal == 2), key=lambda row: row.time_ns)
        assert newest.value == 2.0 and newest.time_ns > marks[2]
        assert len([row for row in rows if row.quality == BAD_NO_COMMUNICATION]) == 2


async def test_after_its_own_death_the_edge_marks_the_last_proof_of_life(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        await rig.put(document("scripted", ["a", "b"]))
        rig.start()
        session = await driver.session()
        await states.enter(State.RUNNING)
        session.give([(1, time.time_ns(), 0, 1.0)])
        rows = await rig.until_rows(lambda rows: len(rows) >= 1)
        newest = max(row.time_ns for row in rows)
        await rig.die()
        died_ns = time.time_ns()
        driver.acts["open"] = AWAY
        rig.start()
        rows = await rig.until_rows(lambda rows: any(row.quality == BAD_NO_COMMUNICATION for row in rows))
        (mark,) = [row for row in rows if row.quality == BAD_NO_COMMUNICATION]
        assert newest < mark.time_ns <= died_ns and mark.signal == 1, "a signal that had no value has none to end"
        await rig.die()
        rig.start()
        rows = await rig.until_rows(lambda rows: len([r for r in rows if r.quality == BAD_NO_COMMUNICATION]) == 2)
        assert len({row for row in rows if row.quality == BAD_NO_COMMUNICATION}) == 1, "a repeat, which is dropped"


async def test_what_died_with_the_edge_is_a_gap_from_the_last_acknowledged_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        await rig.put(document("scripted", ["a", "b", "c"]))
        rig.start()
        session = await driver.session()
        await states.enter(State.RUNNING)
        kept_ns = time.time_ns()
        session.give([(number, kept_ns, 0, 1.0) for number in (1, 2, 3)])
        await rig.until_rows(lambda rows: len(rows) >= 3)

        async def away(*_: object, **__: object) -> None:
            raise Unavailable("the bus is away")

        with monkeypatch.context() as patched:
            patched.setattr(rig.bus, "store", away)
            for _ in range(12):
                session.give([(1, time.time_ns(), 0, 2.0)])
                await asyncio.sleep(0.1)
            assert rig.edge is not None
            (one,) = rig.edge.running.values()
            one.supervised.inlet.batch_s = 60.0
            await asyncio.sleep(0.3)
            session.give([(2, time.time_ns(), 0, 2.0)])
            last_ns = time.time_ns()
            await states.until(lambda told: told.proof_ns > 0 and told.at_ns > last_ns)
            await rig.die()
        driver.acts["open"] = AWAY
        rig.start()
        rows = await rig.until_rows(lambda rows: len([row for row in rows if row.value is None]) >= 5)
    assert {row.value for row in rows} == {1.0, None}, "the rest was in memory alone"
    marks = {
        number: sorted(row.time_ns for row in rows if row.value is None and row.signal == number)
        for number in (1, 2, 3)
    }
    assert marks[1][0] == marks[2][0] == kept_ns + 1, "held for the bus, or not even in a batch"
    assert len(marks[1]) == len(marks[2]) == 2 and len(marks[3]) == 1 and marks[3][0] > kept_ns + 1


async def test_an_orderly_stop_marks_and_its_restart_does_not(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        await rig.put(document("scripted", ["a"]))
        rig.start()
        session = await driver.session()
        await states.enter(State.RUNNING)
        session.give([(1, time.time_ns() - S, 0, 1.0)])
        await rig.stop()
        (mark,) = [row for row in await rig.rows() if row.value is None]
        assert mark.quality == BAD_NOT_CONNECTED
        rig.start()
        (await driver.session(2)).give([(1, mark.time_ns - 2 * S, 0, 1.0)])
        rows = await rig.until_rows(lambda rows: max(rows, key=lambda row: row.time_ns).value == 1.0)
        assert [row for row in rows if row.value is None] == [mark]


async def test_a_stop_ends_in_time_whatever_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    granted_s = role.STOP_S["edge"]
    assert LEAVE_S + DRAIN_S < granted_s <= supervisor.STOP_S["edge"]
    assert sum(supervisor.STOP_S.values()) + supervisor.STOP_S_OTHERS < 15
    driver = ScriptedDriver(acts={"close": "hang"})
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        await rig.put(document("scripted", ["a"]))
        rig.start()
        session = await driver.session()
        await states.enter(State.RUNNING)

        async def away(*_: object, **__: object) -> None:
            raise Unavailable("the bus is away")

        with monkeypatch.context() as patched:
            patched.setattr(rig.bus, "store", away)
            session.give([(1, time.time_ns(), 0, 1.0)])
            began_s = time.monotonic()
            await rig.stop()
        assert time.monotonic() - began_s < granted_s
        driver.acts.clear()


async def test_it_starts_from_its_own_copy_and_an_empty_bucket_stops_nothing(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        await rig.put(document("scripted", ["a"]))
        rig.start()
        await states.enter(State.RUNNING)
        await rig.stop()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        rig.start()
        await states.enter(State.RUNNING)
        await asyncio.sleep(0.5)
        assert rig.edge is not None and list(rig.edge.running) == ["main.line1"]
        await rig.put(document("scripted", ["x"], id="line2"))
        await states.until(lambda told: told.id == "line2" and told.state is State.RUNNING)


async def test_only_its_own_site(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with (
        memory_rig(tmp_path, drivers={"scripted": driver}, plan={"site": "north"}) as rig,
        rig.states() as states,
    ):
        await rig.put(document("scripted", ["a"]))
        await rig.put(document("scripted", ["b"], id="line2", site="north"))
        await rig.put(document("unconnected", ["b"], id="unconnected", site="north"))
        rig.start()
        await states.enter(State.RUNNING)
        assert rig.edge is not None and list(rig.edge.running) == ["main.line2"]


async def test_secrets_of_others_are_out_of_reach(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig:
        for name in ("connection.main.line1.password", "connection.other.line1.password", "django"):
            rig.secrets.put(name, b"word")
        await rig.put(document("scripted", ["a"]))
        rig.start()
        await driver.session()
    assert driver.secrets["connection.main.line1.password"] == "word"
    for name in ("connection.other.line1.password", "django", "connection.main.line1.none"):
        with pytest.raises(KeyError):
            driver.secrets[name]


async def test_browsing_uses_the_live_session_or_one_for_the_question(tmp_path: Path) -> None:
    driver = ScriptedDriver(nodes=BROWSE_NODES_MAX + 5)
    question = {"organisation": "main", "connection": "line1", "address": "top"}
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        wanted = document("scripted", ["a"])
        await rig.put(wanted)
        rig.start()
        await states.enter(State.RUNNING)
        answer = await rig.bus.request(EDGE_BROWSE, msgspec.json.encode(question))
        nodes = msgspec.json.decode(answer.data, type=list[Node])
        assert len(nodes) == BROWSE_NODES_MAX + 1 and nodes[-1].details == {"left_out": "5"}
        assert len(driver.sessions) == 1
        await rig.put(replace(wanted, revision=2, enabled=False))
        await states.enter(State.STOPPED)
        answer = await rig.bus.request(EDGE_BROWSE, msgspec.json.encode(question))
        assert answer.headers["K-Answer"] == "whole" and len(driver.sessions) == 2
        driver.acts["browse"] = NotAllowed("not for you", mend="ask")
        answer = await rig.bus.request(EDGE_BROWSE, msgspec.json.encode(question))
        assert answer.headers["K-Answer"] == "refusal"
        assert msgspec.json.decode(answer.data)["kind"] == "NotAllowed"

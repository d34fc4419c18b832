"""Promise: what an OPC UA server says reaches the bus whole, and every way of losing the server is seen and mended."""

import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from kandelia.base.quality import BAD_DATA_LOST, BAD_NO_COMMUNICATION, BAD_NOT_CONNECTED
from kandelia.kernel.connections.contracts import State
from tests.edge.rig import Row, document, nats_rig, values_of
from tests.peers.freezing_proxy import FreezingProxy
from tests.peers.opcua_server import OpcUaPeer, opcua_peer
from tests.peers.ports import free_port

STEP_NS = 50_000_000
FAST = {"publishing_ms": 100, "alive_s": 0.4, "timeout_s": 1.0, "queue": 500}


def settings(endpoint: str, **more: object) -> dict[str, object]:
    return {"endpoint": endpoint, **FAST, **more}


def marks(rows: Sequence[Row], quality: int) -> list[Row]:
    return [row for row in rows if row.quality == quality and row.value is None]


def assert_whole(rows: Sequence[Row], signals: Sequence[int]) -> None:
    """Every step between the first and the last is there; its own time is there once."""
    for number in signals:
        steps = set(values_of(rows, number))
        assert steps == set(range(int(min(steps)), int(max(steps)) + 1)), f"signal {number} lacks steps"
        stamped = [row.time_ns for row in rows if row.signal == number and row.value is not None]
        assert len(stamped) == len(set(stamped)), f"signal {number} has a time twice"


@pytest.mark.slow
async def test_every_step_reaches_the_bus(tmp_path: Path) -> None:
    with opcua_peer(free_port(), signals=20, period_ms=50) as peer:
        async with nats_rig(tmp_path) as (rig, _server), rig.states() as states:
            wanted = document("opcua", [peer.address(i) for i in range(20)], settings=settings(peer.endpoint))
            await rig.put(wanted)
            rig.start()
            running = await states.enter(State.RUNNING)
            assert running.revision_running == running.revision_wanted == 1
            await asyncio.sleep(2.0)
            await rig.stop()
            rows = await rig.rows()
    assert_whole(rows, range(1, 21))
    assert len(rows) > 20 * 20
    assert len(marks(rows, BAD_NOT_CONNECTED)) == 20, "an orderly stop ends each signal"


@pytest.mark.slow
@pytest.mark.fault
async def test_a_killed_server_comes_back(tmp_path: Path) -> None:
    """With other namespace indexes, too: addresses name the namespace by its URI."""
    port = free_port()
    peer = OpcUaPeer(port, signals=3, period_ms=50)
    try:
        peer.start()
        async with nats_rig(tmp_path) as (rig, _server), rig.states() as states:
            await rig.put(document("opcua", [peer.address(i) for i in range(3)], settings=settings(peer.endpoint)))
            rig.start()
            await states.enter(State.RUNNING)
            await rig.until_rows(lambda rows: len(rows) > 30)
            killed_ns = time.time_ns()
            peer.kill()
            lost = await states.enter(State.BACKING_OFF, wait_s=3)
            assert lost.error and lost.mend
            assert rig.told.now, "the trouble is told"
            gap = marks(await rig.until_rows(lambda rows: len(marks(rows, BAD_NO_COMMUNICATION)) == 3), 0x8031)
            assert all(killed_ns - 1e9 < row.time_ns < time.time_ns() for row in gap)
            peer.extra_namespace = True
            peer.start()
            again = await states.enter(State.RUNNING)
            assert again.reconnects >= 1
            await rig.until_rows(lambda rows: any(row.time_ns > gap[0].time_ns and row.value for row in rows))
            assert len(marks(await rig.rows(), BAD_NO_COMMUNICATION)) == 3, "one mark a signal, however many attempts"
            assert not [code for code in rig.told.now if code.startswith("connection-")]
    finally:
        peer.kill()


@pytest.mark.slow
@pytest.mark.fault
async def test_a_frozen_server_is_seen_in_time(tmp_path: Path) -> None:
    with opcua_peer(free_port(), signals=3, period_ms=50) as peer:
        async with nats_rig(tmp_path) as (rig, _server), rig.states() as states:
            await rig.put(document("opcua", [peer.address(i) for i in range(3)], settings=settings(peer.endpoint)))
            rig.start()
            await states.enter(State.RUNNING)
            await rig.until_rows(lambda rows: len(rows) > 30)
            peer.send(signal.SIGSTOP)
            began = time.monotonic()
            await states.enter(State.BACKING_OFF, wait_s=10)
            assert time.monotonic() - began < 3 * FAST["alive_s"] + 2.0, "three periods, and the cost of a busy machine"
            peer.send(signal.SIGCONT)
            await states.enter(State.RUNNING)


@pytest.mark.slow
@pytest.mark.fault
async def test_a_link_that_goes_silent_without_a_reset_is_seen_in_time(tmp_path: Path) -> None:
    with opcua_peer(free_port(), signals=3, period_ms=50) as peer:
        async with FreezingProxy(peer.port) as proxy, nats_rig(tmp_path) as (rig, _server), rig.states() as states:
            endpoint = f"opc.tcp://127.0.0.1:{proxy.port}/"
            await rig.put(document("opcua", [peer.address(i) for i in range(3)], settings=settings(endpoint)))
            rig.start()
            await states.enter(State.RUNNING)
            await rig.until_rows(lambda rows: len(rows) > 30)
            proxy.freeze()
            began = time.monotonic()
            lost = await states.enter(State.BACKING_OFF, wait_s=10)
            assert time.monotonic() - began < 3 * FAST["alive_s"] + 2.0
            gap = await rig.until_rows(lambda rows: len(marks(rows, BAD_NO_COMMUNICATION)) == 3)
            for mark in marks(gap, BAD_NO_COMMUNICATION):
                newest = max(row.time_ns for row in gap if row.signal == mark.signal and row.value is not None)
                assert mark.time_ns == max(lost.proof_ns, newest + 1)
            proxy.thaw()
            await states.enter(State.RUNNING)


@pytest.mark.slow
async def test_a_changed_document_keeps_what_stays(tmp_path: Path) -> None:
    with opcua_peer(free_port(), signals=4, period_ms=50) as peer:
        async with nats_rig(tmp_path) as (rig, _server), rig.states() as states:
            wanted = document("opcua", [peer.address(i) for i in range(3)], settings=settings(peer.endpoint))
            await rig.put(wanted)
            rig.start()
            await states.enter(State.RUNNING)
            await rig.until_rows(lambda rows: len(rows) > 30)
            other = document("opcua", [peer.address(i) for i in (0, 1, 3)], settings=wanted.settings)
            changed = replace(
                wanted, revision=2, signals=(*wanted.signals[:2], replace(other.signals[2], number=9), bad_signal(peer))
            )
            await rig.put(changed)
            state = await states.until(lambda told: told.revision_running == 2)
            assert state.state is State.RUNNING
            assert "BadNodeIdUnknown" in state.items_refused["plant.line.machine.nothing"]
            rows = await rig.until_rows(lambda rows: any(row.signal == 9 for row in rows))
            await asyncio.sleep(1.0)
            await rig.put(replace(changed, revision=3, enabled=False))
            await states.enter(State.STOPPED)
            rows = await rig.rows()
            assert_whole(rows, (1, 2))
            assert len([row for row in marks(rows, BAD_NOT_CONNECTED) if row.signal == 3]) == 1
            assert not state.reconnects


def bad_signal(peer: OpcUaPeer):
    return replace(document("opcua", [peer.address("Nothing")]).signals[0], number=77, id="plant.line.machine.nothing")


@pytest.mark.slow
async def test_a_value_that_stood_still_ends_its_gap(tmp_path: Path) -> None:
    """Its source time lies before the loss; the server's word that it holds is written at the receive time."""
    with opcua_peer(free_port(), signals=1, period_ms=50) as peer:
        async with FreezingProxy(peer.port) as proxy, nats_rig(tmp_path) as (rig, _server), rig.states() as states:
            endpoint = f"opc.tcp://127.0.0.1:{proxy.port}/"
            await rig.put(document("opcua", [peer.address("Still")], settings=settings(endpoint)))
            rig.start()
            await states.enter(State.RUNNING)
            await rig.until_rows(lambda rows: len(rows) >= 1)
            proxy.cut()
            await rig.until_rows(lambda rows: len(marks(rows, BAD_NO_COMMUNICATION)) == 1)
            await states.enter(State.RUNNING)
            rows = await rig.until_rows(
                lambda rows: max(rows, key=lambda row: row.time_ns).value == 7.5 and len(rows) > 2
            )
            assert min(row.time_ns for row in rows) < marks(rows, BAD_NO_COMMUNICATION)[0].time_ns


@pytest.mark.slow
@pytest.mark.fault
async def test_what_the_server_threw_away_is_marked(tmp_path: Path) -> None:
    """The link stands still for less than it takes to be lost, and the server's queues run over meanwhile."""
    limits = {"alive_s": 5.0, "timeout_s": 10.0, "queue": 10}
    with opcua_peer(free_port(), signals=3, period_ms=50) as peer:
        async with (
            FreezingProxy(peer.port) as proxy,
            nats_rig(tmp_path) as (rig, _server),
            rig.states() as states,
        ):
            endpoint = f"opc.tcp://127.0.0.1:{proxy.port}/"
            addresses = [peer.address(i) for i in range(3)]
            await rig.put(document("opcua", addresses, settings=settings(endpoint, **limits)))
            rig.start()
            await states.enter(State.RUNNING)
            await rig.until_rows(lambda rows: len(rows) > 30)
            proxy.freeze()
            await asyncio.sleep(2.5)
            proxy.thaw()
            rows = await rig.until_rows(lambda rows: len(marks(rows, BAD_DATA_LOST)) >= 3)
            told = await states.until(lambda state: state.lost >= 3)
            assert told.state is State.RUNNING and told.reconnects == 0
    for number in (1, 2, 3):
        ordered = sorted((row for row in rows if row.signal == number), key=lambda row: row.time_ns)
        values = [row for row in ordered if row.value is not None and row.time_ns % STEP_NS == 0]
        holes = [(one, two) for one, two in pairwise(values) if two.value - one.value != 1]
        assert holes, "nothing was lost: the case shows nothing"
        bad = [row.time_ns for row in ordered if row.quality == BAD_DATA_LOST]
        assert all(any(one.time_ns < at < two.time_ns for at in bad) for one, two in holes)

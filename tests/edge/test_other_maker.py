"""Promise: with another maker's server (node-opcua) values, holes, reconnects and browsing are as with the first."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from kandelia.base.quality import BAD_DATA_LOST, BAD_NO_COMMUNICATION
from kandelia.base.samples import Kind
from kandelia.drivers.opcua.driver import OpcUaDriver
from kandelia.kernel.connections.contracts import State
from tests.edge.rig import Row, document, memory_rig
from tests.peers.freezing_proxy import FreezingProxy
from tests.peers.node_opcua import NodeOpcUaPeer, node_opcua_peer
from tests.peers.ports import free_port

pytestmark = pytest.mark.slow
PERIOD_MS = 200  # of the source; signals are sampled each 100 ms
STEP_NS = PERIOD_MS * 1_000_000
SIGNALS = 3


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeOpcUaPeer]:
    directory = tmp_path_factory.mktemp("node")
    with node_opcua_peer(free_port(), directory, signals=SIGNALS, period_ms=PERIOD_MS) as running:
        yield running


def steps(rows: list[Row], number: int) -> list[Row]:
    """The rows of a signal that the source made, in order of time."""
    made = [row for row in rows if row.signal == number and row.value is not None and row.time_ns % STEP_NS == 0]
    return sorted(made, key=lambda row: row.time_ns)


def holes(rows: list[Row], number: int) -> list[tuple[int, int]]:
    """Times before and after each place where steps are missing."""
    return [(one.time_ns, two.time_ns) for one, two in pairwise(steps(rows, number)) if two.value - one.value != 1]  # type: ignore[operator]


def marks(rows: list[Row], number: int, quality: int) -> list[int]:
    return [row.time_ns for row in rows if row.signal == number and row.quality == quality]


async def test_browsing_finds_signals_by_name_and_kind(peer: NodeOpcUaPeer, tmp_path: Path) -> None:
    driver = OpcUaDriver()
    driver.keep_in(tmp_path)
    session = await driver.open(driver.configure({"endpoint": peer.endpoint}), {})
    (folder,) = [node for node in await session.browse("") if node.name == "Signals"]
    assert folder.has_children and folder.address == peer.address("Signals")
    found = await session.browse(folder.address)
    await session.close()
    assert [(node.address, node.name, node.kind) for node in found] == [
        (peer.address(place), f"Signal {place}", Kind.FLOAT) for place in range(SIGNALS)
    ]


@pytest.mark.fault
async def test_what_its_queues_could_not_hold_is_marked_and_a_restart_is_survived(
    peer: NodeOpcUaPeer, tmp_path: Path
) -> None:
    async with FreezingProxy(peer.port) as proxy, memory_rig(tmp_path) as rig, rig.states() as states:
        settings = {
            "endpoint": f"opc.tcp://127.0.0.1:{proxy.port}/",
            "publishing_ms": 300,
        }  # 3 of 5: the bit alone tells
        settings |= {"queue": 5, "alive_s": 3.0, "timeout_s": 8.0}
        await rig.put(document("opcua", [peer.address(place) for place in range(SIGNALS)], settings=settings))
        rig.start()
        await states.enter(State.RUNNING)
        await rig.until_rows(lambda rows: len(steps(list(rows), 1)) > 5)
        proxy.freeze()
        await asyncio.sleep(4.0)
        proxy.thaw()
        overrun = await rig.until_rows(lambda rows: all(holes(list(rows), n) for n in (1, 2, 3)))
        for number in (1, 2, 3):
            said = marks(overrun, number, BAD_DATA_LOST)
            assert all(any(one < at < two for at in said) for one, two in holes(overrun, number))
        peer.kill()
        await states.enter(State.BACKING_OFF)
        gone = await rig.until_rows(lambda rows: all(marks(list(rows), n, BAD_NO_COMMUNICATION) for n in (1, 2, 3)))
        await asyncio.to_thread(peer.start)
        await states.enter(State.RUNNING, wait_s=40)
        last_ns = max(row.time_ns for row in gone)
        await rig.until_rows(lambda rows: all(steps(list(rows), n)[-1].time_ns > last_ns for n in (1, 2, 3)))

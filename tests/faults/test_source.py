"""A source that dies, freezes or falls silent is shown as lost, its gap is marked, and it comes back by itself."""

import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.plant import ALIVE_S, SIGNALS, Plant, is_bad
from tests.installation import until

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(240)]
LOST_S = 3 * ALIVE_S + 30.0  # a busy machine is no defect
AWAY_S = 3.0


def freeze(plant: Plant) -> None:
    plant.loop.call(plant.proxy.freeze)


def thaw(plant: Plant) -> None:
    plant.loop.call(plant.proxy.thaw)


@pytest.mark.parametrize(
    ("harm", "mend"),
    [
        (lambda plant: plant.peer.kill(), lambda plant: plant.peer.start()),
        (lambda plant: plant.peer.send(signal.SIGSTOP), lambda plant: plant.peer.send(signal.SIGCONT)),
        (freeze, thaw),
    ],
    ids=["killed", "frozen", "silent-without-a-reset"],
)
def test_a_source_that_goes_is_told_and_marked(
    plant: Plant, harm: Callable[[Plant], object], mend: Callable[[Plant], object]
) -> None:
    harm(plant)
    told = until("the connection is shown as lost", lambda: lost(plant), LOST_S)
    assert told["error"] and told["wanted"] == told["running"]
    (trouble,) = connection_troubles(plant)
    assert told["error"] in trouble
    until("every newest value is bad", lambda: all(newest_is_bad(plant)), 60)
    time.sleep(AWAY_S)
    assert lost(plant), "it was shown as running while its source was away"
    mend(plant)
    plant.until_flows()
    plant.check()
    until("the trouble is taken back", lambda: not connection_troubles(plant), 60)


def lost(plant: Plant) -> dict[str, object] | None:
    state = plant.connection_state()
    return state if state["state"] in ("backing-off", "connecting") and state["error"] else None


def connection_troubles(plant: Plant) -> list[str]:
    """What the edge complains of about the connection itself."""
    (edge,) = [one for one in plant.get("/system/status")["roles"] if one["role"] == "edge"]
    return [one["what"] for one in edge["troubles"] if one["code"] == "connection-main.line"]


def newest_is_bad(plant: Plant) -> list[bool]:
    numbers = [plant.numbers[f"test.hall.press.s{place}"] for place in range(SIGNALS)]
    newest = plant.get(f"/history/last?signals={','.join(map(str, numbers))}")["signals"]
    return [is_bad(newest[str(number)]["quality"]) for number in numbers]

"""Whatever process is killed under load, what was acknowledged is in history once, and the status says who died."""

import json
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.faults.plant import Plant
from tests.installation import until

CHANCE = random.Random(4)
pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(240)]


@contextmanager
def watched(plant: Plant, name: str) -> Iterator[set[str]]:
    """The states in which run/supervisor.json has a process while the block runs."""
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            with suppress(OSError, ValueError, KeyError):
                seen.add(plant.installation.state()[name]["state"])
            time.sleep(0.02)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def process(plant: Plant, name: str) -> dict[str, object]:
    status = json.loads(plant.installation.command("status", "--json", check=False))
    (found,) = [one for one in status["processes"] if one["name"] == name]
    return dict(found)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("web", signal.SIGKILL),
        ("edge", signal.SIGKILL),
        ("live", signal.SIGKILL),
        ("jobs", signal.SIGKILL),
        ("bus", signal.SIGKILL),
    ],
)
def test_a_killed_process_costs_nothing_and_is_named(plant: Plant, name: str, number: signal.Signals) -> None:
    kill_and_see(plant, name, number)
    plant.until_flows()
    plant.check()


def test_a_killed_and_then_a_crashed_history_cost_nothing_and_are_named(plant: Plant) -> None:
    """The second comes while the first is being recovered from."""
    kill_and_see(plant, "history", signal.SIGKILL)
    until("rows are recorded again", lambda: plant.recorded(), 30)
    kill_and_see(plant, "history", signal.SIGSEGV)
    plant.until_flows()
    plant.check()


def kill_and_see(plant: Plant, name: str, number: signal.Signals) -> None:
    time.sleep(CHANCE.uniform(0.0, 0.7))
    restarts = plant.installation.state()[name]["restarts"]
    with watched(plant, name) as seen:
        old = plant.installation.kill(name, number)
        plant.installation.until_back(name, old)
    assert "backing-off" in seen
    told = process(plant, name)
    assert told["restarts"] == restarts + 1
    assert number.name in str(told["last_exit"])
    until("it can be read later", lambda: any(number.name in one["how"] for one in plant.told("ended", name)), 20)


def test_all_at_once_and_again(plant: Plant) -> None:
    """A power cut as far as processes go; twice, the second while the first is being recovered from."""
    plant.installation.kill_all()
    plant.installation.start(wait=False)
    until("history runs", lambda: plant.installation.pid("history"), 60)
    time.sleep(1.0)
    plant.installation.kill_all()
    plant.installation.start()
    plant.until_flows()
    plant.check()
    told = json.loads(plant.installation.command("status", "--json", check=False))
    assert told["running"] and all(one["state"] == "running" for one in told["processes"])

"""While history is frozen or cannot start, everything is taken and kept, the status says so, and all is drained."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.faults.plant import Plant
from tests.installation import until

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(240)]
BROKEN = '[history]\nengine = "stone"\n'


def row(plant: Plant, role: str) -> dict[str, Any]:
    (found,) = [one for one in plant.get("/system/status")["roles"] if one["role"] == role]
    return dict(found)


def backlog(plant: Plant) -> float:
    gauges = row(plant, "boot")["gauges"]
    return float(gauges["edge_stream_messages"] + gauges["load_stream_messages"])


def told(plant: Plant) -> str:
    return "\n".join(json.loads(plant.installation.command("status", "--json", check=False))["troubles"])


def test_frozen_history(plant: Plant) -> None:
    pid = plant.installation.kill("history", signal.SIGSTOP)
    written = len(plant.writer.rows)
    asked = ThreadPoolExecutor(1).submit(ask, plant)
    try:
        until("it is told to be silent", lambda: row(plant, "history")["state"] == "silent", 60)
        first = until("a backlog is told", lambda: backlog(plant), 60)
        until("the backlog is told to grow", lambda: backlog(plant) > first, 60)
        until("the command says so", lambda: "history runs" in told(plant) and "does not answer" in told(plant), 60)
        until("the edge goes on", lambda: plant.connection_state()["state"] == "running", 60)
        status, answer = asked.result(120)
        assert status == 503 and answer["title"], answer
    finally:
        plant.installation.kill("history", signal.SIGCONT)
    assert plant.installation.pid("history") == pid
    assert len(plant.writer.rows) > written + 1_000, "the write API did not go on"
    drained(plant)
    assert plant.told("silent", "history") and plant.told("answers", "history"), "it can be read later"


def ask(plant: Plant) -> tuple[int, dict[str, Any]]:
    """A question to history: status and answer."""
    with plant.client() as client:
        answer = client.get(f"/api/v1/history/last?signals={plant.numbers['test.hall.bench.a']}")
    return answer.status_code, answer.json()


def test_history_that_cannot_start(plant: Plant) -> None:
    file = plant.directory / "settings.toml"
    file.write_text(BROKEN)
    plant.installation.kill("history")
    written = len(plant.writer.rows)
    try:
        until("the reason is told", lambda: [t for t in row(plant, "boot")["troubles"] if "stone" in t["what"]], 60)
        restarts = plant.installation.state()["history"]["restarts"]
        until("it is tried again", lambda: plant.installation.state()["history"]["restarts"] > restarts, 60)
        assert backlog(plant) > 0
    finally:
        file.unlink()
    assert len(plant.writer.rows) > written + 1_000, "the write API did not go on"
    drained(plant)


def drained(plant: Plant) -> None:
    plant.until_flows(90)
    plant.check()
    until("no backlog is left", lambda: backlog(plant) < 10, 60)
    until("nothing is wrong any more", lambda: "history" not in told(plant), 60)

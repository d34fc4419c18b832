"""A data directory copied at a random instant starts beside its original with everything acknowledged before."""

import random
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.plant import SIGNALS, Plant, check_source
from tests.installation import Installation

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.xdist_group("installation"), pytest.mark.timeout(240)]
CHANCE = random.Random(8)


def test_a_copy_taken_while_it_runs(plant: Plant, tmp_path: Path) -> None:
    time.sleep(CHANCE.uniform(0.5, 2.5))
    promised, seen = set(plant.writer.rows), set(plant.witness.rows)
    pids = {name: plant.installation.pid(name) for name in plant.installation.state()}
    subprocess.run(["cp", "-a", plant.directory, tmp_path / "copy"], check=False, stderr=subprocess.DEVNULL)
    for ours in ("up.out", "run/supervisor.json"):  # the test's own reading of the copy begins anew
        (tmp_path / "copy" / ours).unlink()
    copy = Installation(tmp_path / "copy")
    try:
        copy.start()
        assert {name: plant.installation.pid(name) for name in pids} == pids, "the copy harmed its original"
        assert copy.port != plant.installation.port
        plant.until_stored(promised | seen, copy)
        stored = plant.raw(copy)
        for place in range(SIGNALS):
            check_source(stored[f"s{place}"], f"s{place}")
    finally:
        copy.stop()
    plant.until_flows()
    plant.check()

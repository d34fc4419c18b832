"""A data directory copied while it runs starts beside its original with everything acknowledged before.

What history has taken over leaves the bus. So the bus is copied first: then a sample is in its copy or, later, in that
of history. (A snapshot of the file system is one instant for both.)
"""

import random
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.plant import Plant
from tests.installation import Installation

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(240)]
CHANCE = random.Random(8)


def test_a_copy_taken_while_it_runs(plant: Plant, tmp_path: Path) -> None:
    seen = set(plant.witness.rows)
    time.sleep(CHANCE.uniform(1.5, 3.5))  # what was seen pass is by now on disk
    promised = set(plant.writer.rows)
    pids = {name: plant.installation.pid(name) for name in plant.installation.state()}
    (tmp_path / "copy" / "run").mkdir(parents=True)
    proofs = ["cp", "-a", f"{plant.directory}/run/edge-snapshot", tmp_path / "copy" / "run"]
    subprocess.run(proofs, check=True)  # older than the samples beside it: what comes between is marked as a gap
    for part in ("bus", "."):
        command = ["cp", "-a", "--no-clobber", f"{plant.directory}/{part}", tmp_path / "copy"]
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
    for ours in ("up.out", "run/supervisor.json"):  # the test's own reading of the copy begins anew
        (tmp_path / "copy" / ours).unlink()
    copy = Installation(tmp_path / "copy")
    try:
        copy.start()
        assert {name: plant.installation.pid(name) for name in pids} == pids, "the copy harmed its original"
        assert copy.port != plant.installation.port
        plant.until_stored(promised | seen, copy)
        plant.until_source_whole(copy)
    finally:
        copy.stop()
    plant.until_flows()
    plant.check()

"""On a full disk nothing acknowledged is lost: what cannot be kept is refused and said, and all goes on with room."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.plant import Plant, running_plant
from tests.installation import until

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(280)]
DISK = "size=300m"
FULL_S = 8.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 MB; needs the right to mount one."""
    if os.geteuid() != 0:
        pytest.skip("a small file system can be mounted by root alone")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", place], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as stream:
        for size in (1_000_000, 4_096, 1):
            try:
                while stream.write(bytes(size)):
                    pass
            except OSError:
                continue


def test_a_full_disk(small_disk: Path) -> None:
    with running_plant(small_disk / "data") as plant:
        time.sleep(2)
        fill(small_disk / "filler")
        until("the writer is refused", lambda: plant.writer.refusals, 30)
        time.sleep(FULL_S)
        written = len(plant.writer.rows)
        assert said(plant), "nothing was said of the full disk"
        time.sleep(2)
        assert len(plant.writer.rows) == written, "something was acknowledged on a full disk"
        (small_disk / "filler").unlink()
        plant.until_flows(100)
        plant.check()


def said(plant: Plant) -> list[str]:
    status = json.loads(plant.installation.command("status", "--json", check=False))
    return list(status["troubles"])

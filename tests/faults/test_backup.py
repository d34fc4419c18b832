"""A copy made by `kandelia backup` of a running plant is restored beside it: samples, records, people, all there."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kandelia.base.errors import Conflict, InvalidInput
from kandelia.boot.backup import restore, verify
from kandelia.boot.settings import Settings
from tests.faults.plant import Plant
from tests.installation import Installation

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(480)]
CHANCE = random.Random(9)


def kandelia(*arguments: str) -> str:
    command = [sys.executable, "-m", "kandelia.boot.command", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_running_plant_is_backed_up_and_restored(plant: Plant, tmp_path: Path) -> None:
    seen = set(plant.witness.rows)
    time.sleep(CHANCE.uniform(1.5, 3.5))  # what was seen pass is by now on disk
    promised = set(plant.writer.rows)
    plant.installation.command("user", "add", "wang", "--role", "viewer")
    file, keys = tmp_path / "plant.tar", tmp_path / "keys.tar"
    assert "read back and whole" in plant.installation.command("backup", str(file), "--keys", str(keys))
    assert "secrets" not in str(verify(file)["files"]) and keys.stat().st_mode & 0o077 == 0
    restored = Installation(tmp_path / "restored")
    kandelia("restore", str(file), "--keys", str(keys), "--data", str(restored.directory))
    try:
        restored.start()
        assert restored.port != plant.installation.port
        assert restored.password == plant.installation.password
        plant.until_stored(promised | seen, restored)
        plant.until_source_whole(restored)
        assert "wang" in restored.command("user", "list")
        assert "whole" in restored.command("audit", "verify")
    finally:
        restored.stop()
    plant.until_flows()
    plant.check()
    refusals(file, tmp_path)


def refusals(file: Path, tmp_path: Path) -> None:
    """Nothing is overwritten, and a copy that is not whole is not restored."""
    full = Settings(tmp_path / "full")
    full.directory.mkdir()
    (full.directory / "mine").touch()
    with pytest.raises(Conflict, match="not empty"):
        restore(full, file, None, print)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "damaged.tar").write_bytes(data)
    (tmp_path / "cut.tar").write_bytes(file.read_bytes()[: len(data) // 3])
    (tmp_path / "other.tar").write_bytes(b"no tar at all")
    for name in ("damaged.tar", "cut.tar", "other.tar"):
        with pytest.raises(InvalidInput):
            restore(Settings(tmp_path / "new"), tmp_path / name, None, print)
        assert not (tmp_path / "new").exists()

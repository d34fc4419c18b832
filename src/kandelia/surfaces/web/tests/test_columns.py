"""Promise: what a trend draws from answers and samples is right (the cases stand in columns.test.mjs)."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node, which the front-end build brings")
def test_columns(tmp_path: Path) -> None:
    shutil.copy(HERE.parent / "static" / "islands" / "columns.js", tmp_path / "columns.mjs")
    shutil.copy(HERE / "columns.test.mjs", tmp_path)
    command = ["node", "--test", str(tmp_path / "columns.test.mjs")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr

"""Promise: tiles of a dashboard never overlap and never leave the grid (the cases stand in layout.test.mjs)."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node, which the front-end build brings")
def test_layout(tmp_path: Path) -> None:
    shutil.copy(HERE.parent / "static" / "plant" / "layout.js", tmp_path / "layout.mjs")
    shutil.copy(HERE / "layout.test.mjs", tmp_path)
    command = ["node", "--test", str(tmp_path / "layout.test.mjs")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr

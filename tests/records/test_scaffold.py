"""Promise: a system made by `kandelia record new` is one file and its migration, and passes the tests it inherits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
ROOT = Path(__file__).parents[2]
APP = """\
from kandelia.base.text import LocalText
from kandelia.sdk.apps import App

app = App(name="new", title=LocalText("新", "New"))
"""
APPS = """\
from kandelia.sdk.rooms import RecordRoom


class NewRoom(RecordRoom):
    name = "new_room"
    label = "new"
"""


def run(*command: str, folder: Path) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "KANDELIA_APPS": "new_room.app:app",
        "TESTS_APPS": "new_room.app:app",
        "KANDELIA_DATA": str(folder / "data"),
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return done.stdout


def test_one_file_is_a_whole_system(tmp_path: Path) -> None:
    room = tmp_path / "new_room"
    room.mkdir()
    for name, text in {"__init__.py": "", "app.py": APP, "apps.py": APPS}.items():
        (room / name).write_text(text, encoding="utf-8")
    command = str(Path(sys.executable).parent / "kandelia")
    said = run(
        command,
        "record",
        "new",
        "test-bench",
        "--room",
        str(room),
        "--zh",
        "试验台",
        "--en",
        "Test bench",
        folder=tmp_path,
    )
    assert "migration written" in said
    made = {str(path.relative_to(room)) for path in room.rglob("*.py") if path.stat().st_size}
    assert made == {"app.py", "apps.py", "records/test_bench.py", "migrations/0001_test_bench.py"}
    checked = run(
        sys.executable,
        "-m",
        "pytest",
        "-n0",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/records",
        "-k",
        "test-bench",
        folder=tmp_path,
    )
    assert "passed" in checked and "failed" not in checked

"""Promise: what holds of records on SQLite holds on PostgreSQL: the same tests, on a server of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.records.postgresql import programs, server

ROOT = Path(__file__).parents[2]
ALIKE = (
    "src/kandelia/kernel/records",
    "src/kandelia/kernel/papers",
    "src/kandelia/surfaces/api/tests/test_record_api.py",
    "tests/records/test_standard.py",
)
LEFT_OUT = "not signal"  # its rows are written by machines; the file of every type is long enough
SECONDS_MAX = 600
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(SECONDS_MAX + 60),
    pytest.mark.skipif(programs() is None, reason="no PostgreSQL here: apt-get install postgresql"),
]


def test_the_same_tests_pass_on_postgresql(tmp_path: Path) -> None:
    with server() as address:
        environment = {**os.environ, "KANDELIA_RECORDS__DATABASE": address, "KANDELIA_DATA": str(tmp_path / "data")}
        command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "-k", LEFT_OUT, *ALIKE]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX)
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    assert " passed" in done.stdout

"""What history has acknowledged is there after kill −9, after a crash, and in a copy taken while it writes."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kandelia.engines.chdb.history import ChdbHistory
from kandelia.ports.history import Reading, Window
from tests.contracts.history_rows import SECOND, T0, plain
from tests.faults.history_child import ROWS

ROUNDS = 6
SEED = 11
pytestmark = [pytest.mark.fault, pytest.mark.slow]


def start(directory: Path, first: int) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.history_child", str(directory), str(first)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    return child


def end(child: subprocess.Popen[str], how: signal.Signals) -> list[int]:
    """End the child and give the numbers that it acknowledged."""
    child.send_signal(how)
    output, _ = child.communicate(timeout=20)
    assert child.returncode == -how
    return [int(line) for line in output.split()]


def counts(directory: Path) -> dict[int, int]:
    """Rows of each batch number, asked in a history opened anew."""
    history = ChdbHistory(directory)
    try:
        found: dict[int, int] = {}
        for row in plain(history.raw(range(ROWS), Window(0, 2**63 - 1), Reading())):
            number = (row["time"] - T0) // SECOND
            assert row["integer"] == number
            found[number] = found.get(number, 0) + 1
        newest = min(row["integer"] for row in plain(history.last(None, Reading())))
        assert newest >= max(found) - 1  # the last batch may have been under way
        return found
    finally:
        history.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_nothing_acknowledged_is_lost(tmp_path: Path, how: signal.Signals) -> None:
    chance = random.Random(SEED)
    acknowledged: list[int] = []
    for _ in range(ROUNDS if how == signal.SIGKILL else 1):
        child = start(tmp_path, len(acknowledged) + 1_000)
        assert child.stdout is not None
        acknowledged.append(int(child.stdout.readline()))
        time.sleep(chance.uniform(0.3, 1.5))
        acknowledged += end(child, how)
        found = counts(tmp_path)
        assert acknowledged
        assert all(found[number] == ROWS for number in acknowledged)
        assert all(rows == ROWS for rows in found.values())


def test_a_copy_taken_in_mid_write_opens_with_what_was_acknowledged_before(tmp_path: Path) -> None:
    child = start(tmp_path / "history", 0)
    assert child.stdout is not None
    before = [int(child.stdout.readline()) for _ in range(3)][-1]
    subprocess.run(["cp", "-a", tmp_path / "history", tmp_path / "copy"], check=False, stderr=subprocess.DEVNULL)
    assert int(child.stdout.readline()) > before
    end(child, signal.SIGKILL)
    found = counts(tmp_path / "copy")
    assert all(found[number] == ROWS for number in range(before + 1))

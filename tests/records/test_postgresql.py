"""Promise: what holds of records on SQLite holds on PostgreSQL: the same tests, on a server of their own."""

from pathlib import Path

import pytest

from tests.records.postgresql import programs, run_on, server

# Apply, score, Publish, Register, placed, Exchange, Case: the other types are narrowed by the same queries.
ONE_OF_EACH_KIND = ("application", "score", "policy-document", "laboratory", "signal", "tender", "question")
ALIKE = (
    "src/kandelia/kernel/records",
    "src/kandelia/kernel/papers",
    "src/kandelia/surfaces/api/tests/test_record_api.py",
    "src/kandelia/apps/applications/tests/test_walk.py",
    *(f"tests/records/test_permissions.py::test_who_reads_changes_and_steps[{one}]" for one in ONE_OF_EACH_KIND),
    "tests/records/test_standard.py::test_every_sort_turns_onward_and_back",
    "tests/records/test_standard.py::test_it_is_counted_exported_and_printed[laboratory]",
)
SECONDS_MAX = 900
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(SECONDS_MAX + 60),
    pytest.mark.skipif(programs() is None, reason="no PostgreSQL here: apt-get install postgresql"),
]


def test_the_same_tests_pass_on_postgresql(tmp_path: Path) -> None:
    with server() as address:
        done = run_on(address, tmp_path, *ALIKE, capture_output=True, timeout=SECONDS_MAX)
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    assert " passed" in done.stdout

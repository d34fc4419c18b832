"""Which worker of `make test` gets which tests: what starts a whole installation runs in one, the rest by file.

And which tests are tried once more (docs/decisions/0016-one-rerun.md).
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

# They share fixtures that start every role, and two at once would ask for more than two cores have.
WHOLE = ("tests/faults/", "tests/browser/", "tests/journeys/", "tests/cli/")
WHOLE_SCOPE = "whole installations"
TRIED_AGAIN = ("browser", "fault")


def is_whole(nodeid: str) -> bool:
    """True for a test that drives a whole installation."""
    return nodeid.startswith(WHOLE)


class ByRoom(LoadScopeScheduling):
    """Files as units, and one unit of all whole installations."""

    def _split_scope(self, nodeid: str) -> str:
        return WHOLE_SCOPE if is_whole(nodeid) else nodeid.partition("::")[0]


def whole_first(items: list[pytest.Item]) -> None:
    """The longest unit begins first."""
    items.sort(key=lambda item: not is_whole(item.nodeid))


def try_whole_again(items: list[pytest.Item]) -> None:
    """One rerun for what needs a whole installation on a machine that is shared; nothing else has an excuse."""
    for item in items:
        if any(item.get_closest_marker(mark) for mark in TRIED_AGAIN):
            item.add_marker(pytest.mark.flaky(reruns=1))


def tell_reruns(reporter: pytest.TerminalReporter) -> None:
    """Name each test that was tried again, and how its first try ended."""
    tried = reporter.stats.get("rerun", [])
    if not tried:
        return
    reporter.section("tried again: a defect if a name appears here twice", yellow=True)
    for report in tried:
        crash = getattr(report.longrepr, "reprcrash", None)
        lines = (crash.message if crash else str(report.longrepr)).splitlines() or [""]
        reporter.line(f"RERUN {report.nodeid}: {lines[0]}")

"""Which worker of `make test` gets which tests: what starts a whole installation runs in one, the rest by file."""

import pytest
from xdist.scheduler import LoadScopeScheduling

# They share fixtures that start every role, and two at once would ask for more than two cores have.
WHOLE = ("tests/faults/", "tests/browser/", "tests/journeys/", "tests/cli/")
WHOLE_SCOPE = "whole installations"


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

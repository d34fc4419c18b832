"""The room's door: what waits, whose it is, what is said of it, and who stands in for whom."""

from kandelia.kernel.work.assigning import assign, assigned, candidates, may_assign
from kandelia.kernel.work.commenting import comment, comments
from kandelia.kernel.work.deputies import delegations, lend, take_back
from kandelia.kernel.work.inbox import count, following
from kandelia.kernel.work.inbox import page as inbox
from kandelia.kernel.work.people import colleagues, supervises

__all__ = [
    "assign",
    "assigned",
    "candidates",
    "colleagues",
    "comment",
    "comments",
    "count",
    "delegations",
    "following",
    "inbox",
    "lend",
    "may_assign",
    "supervises",
    "take_back",
]

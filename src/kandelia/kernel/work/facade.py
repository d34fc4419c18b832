"""The room's door: what waits, whose it is, and what is said of it."""

from kandelia.kernel.work.assigning import assign, assigned, candidates, may_assign
from kandelia.kernel.work.commenting import comment, comments
from kandelia.kernel.work.inbox import count, following
from kandelia.kernel.work.inbox import page as inbox

__all__ = ["assign", "assigned", "candidates", "comment", "comments", "count", "following", "inbox", "may_assign"]

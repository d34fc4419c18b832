"""What leaves the room, as frozen views. Django-free."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kandelia.base.text import LocalText


@dataclass(frozen=True, slots=True)
class InboxQuery:
    """`type` narrows to one record type; `after` or `before` is a cursor of the page shown."""

    type: str = ""
    overdue: bool = False
    assigned: bool = False  # only what is assigned to the viewer, or to whom they stand in for
    after: str = ""
    before: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A record that waits for the viewer. `for_name`: whom they would stand in for; `assigned`: given to them."""

    id: int
    type: str
    code: str
    title: str
    state: str
    state_label: LocalText
    organisation_name: str
    since: datetime
    due_at: datetime | None = None
    overdue: bool = False
    assigned: bool = False
    for_name: str = ""


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page by due day, what has none last. `counts` and `overdue` count all that waits, by type."""

    items: tuple[InboxItem, ...]
    next: str = ""
    previous: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    overdue: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All that waits, of every type."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """Who has a record, since when, by whom and why."""

    person: int
    name: str
    by_name: str
    at: datetime
    reason: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment; `text` is plain. `mine`: the viewer wrote it."""

    id: int
    at: datetime
    by: str
    by_name: str
    organisation: str
    organisation_name: str
    text: str
    internal: bool = False
    mine: bool = False

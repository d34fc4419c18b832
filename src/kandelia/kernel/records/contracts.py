"""What leaves the room: records, lists, steps and changes as frozen views. Django-free."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kandelia.base.text import LocalText


class Kind(StrEnum):
    """What a field holds; screens, API and tables draw it after this."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"  # yuan, exact decimal
    BOOLEAN = "boolean"
    DAY = "day"
    INSTANT = "instant"
    REFERENCE = "reference"
    PERSON = "person"
    LINK = "link"  # a thing of the kernel that is no record, shown by its name
    OBJECT = "object"  # JSON


@dataclass(frozen=True, slots=True)
class Ref:
    """A record as another one names it."""

    id: int
    type: str
    title: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record as one viewer sees it: `values` holds only fields the viewer may see, personal ones masked.

    Values are str, int, Decimal, bool, date, datetime, Ref, None, or plain JSON. `organisation` owns, `handler`
    handles. `revision` must be sent back with a change or step. `mine`: the viewer's side is the owner's.
    """

    id: int
    type: str
    code: str
    title: str
    state: str
    state_label: LocalText
    organisation: str
    organisation_name: str
    handler: str
    values: Mapping[str, Any]
    revision: int
    created_at: datetime
    changed_at: datetime
    state_at: datetime
    due_at: datetime | None = None
    process: int = 1
    public: bool = False
    mine: bool = False
    may_edit: bool = False
    masked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionView:
    """A step that is the viewer's now; `why_not` says what stands in its way (guard, four eyes), empty if nothing."""

    name: str
    label: LocalText
    target: str
    asks: tuple[str, ...] = ()
    reason: bool = False
    look: str = ""
    why_not: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class StepView:
    """A step that was taken. Texts are empty once erased; `digest` stays."""

    id: int
    at: datetime
    name: str
    label: LocalText
    source: str
    target: str
    by: str
    by_name: str
    reason: str
    basis: str
    digest: str
    for_name: str = ""  # whom a deputy stood in for


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change of fields: name → (old, new) as text, masked like the fields."""

    id: int
    at: datetime
    by: str
    by_name: str
    fields: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DeadlineView:
    """A running, suspended or ended time limit of a record."""

    name: str
    label: LocalText
    basis: LocalText
    due_at: datetime
    began_at: datetime
    suspended_at: datetime | None = None
    ended_at: datetime | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What a list asks. `filters` maps a field (or "state", "code", "organisation") to wanted texts; "field.from" and
    "field.to" bound numbers, money and days. `sort` is a field of the type's sorts or "changed", "due", "code",
    "title", "state", "created"; "-" before it turns it. `after` or `before` is a cursor of the page shown."""

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "-created"
    after: str = ""
    before: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page; `next` and `previous` are cursors, empty where nothing is. `total` counts what the query finds; where
    there are more than it says, `beyond` is true: nobody counts hundreds of thousands for a line of text."""

    items: tuple[RecordView, ...]
    next: str = ""
    previous: str = ""
    total: int | None = None
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """A row of statistics: the group's value and label, how many, and the sums of the type's amounts (exact)."""

    group: tuple[str, ...]
    labels: tuple[str, ...]
    count: int
    sums: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SavedViewView:
    """A list's query string under a name; `shared`: everybody in the organisation has it."""

    id: int
    name: str
    query: str
    shared: bool = False

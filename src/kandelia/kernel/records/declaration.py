"""What a record type says of itself. One such declaration beside its model gives list, page, form, API and tests.

Names are plain ids in English; everything a person reads is a LocalText. Its life is declared in the words of
the room lives, and checked at start-up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right
from kandelia.kernel.lives.declaration import NO_TEXT, Duty, Life

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from kandelia.kernel.access.contracts import Viewer
    from kandelia.kernel.records.models import Record


@dataclass(frozen=True, slots=True, eq=False)  # told apart by identity: what is read from it is remembered
class Field:
    """A field as people see it; `name` is a field of the model. What it holds is read from the model's field.

    `choices` is a closed list of (value, label). `seen_by` empty: by everybody who sees the record, else by these roles
    and duties only. `personal` classes personal data: masked for all but `unmasked_for`, whose reading is audited.
    `editable` False: written by code and transitions only. `unit` is shown after the number ("CNY": money).
    """

    name: str
    label: LocalText
    help: LocalText = NO_TEXT
    choices: tuple[tuple[Any, LocalText], ...] = ()
    unit: str = ""
    required: bool | None = None  # None: as the model says (no blank)
    editable: bool = True
    seen_by: tuple[str, ...] = ()
    personal: Literal["", "id", "account", "phone", "name"] = ""
    unmasked_for: tuple[str, ...] = ()
    weight: int = 0  # of its words in search; 0: not searched
    lines: int = 1  # height of a text box
    schema: str = ""  # of a JSON field: dotted function (what the form holds, by name) -> JSON Schema of an object


@dataclass(frozen=True, slots=True)
class Group:
    """Fields under one heading of the form and the page."""

    label: LocalText
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Print:
    """A document of a record: its fields as a form, or a notice or decision with a `body` (names in braces stand for
    fields, and for title, code, organisation, state and day). `states` says when it can be printed, empty: always.
    `template` is a Typst file of the app ("package:path") instead of ours.
    """

    name: str
    label: LocalText
    kind: Literal["form", "notice", "decision"] = "form"
    body: LocalText = NO_TEXT
    states: tuple[str, ...] = ()
    template: str = ""


@dataclass(frozen=True, eq=False)
class RecordType:
    """A record type: a model and all that lists, pages, forms, API and permissions are drawn from.

    `create_by` names the roles and duties that may make one; `read_by` those of the owner's and the handler's side
    that may read (empty: all of either). `handler` "owner": the owning organisation handles its own; "root": the
    topmost organisation above the owner (the bureau). `narrow` cuts a list further (viewer, rows of the model) and is
    asked for each row too. `title` names the fields of the title, `columns` those of the list, `sorts` those of the
    columns by which it may be sorted (with an index on the model), `filters` those that filter. `amounts` are fields
    that statistics add up. `number` is a pattern such as "IA-{year}-{serial:05}" for document numbers (文号).
    `remove` True: may be deleted while in its first state.
    """

    name: str
    label: LocalText
    plural: LocalText
    model: "type[Record]"
    life: Life
    groups: tuple[Group, ...]
    title: tuple[str, ...]
    columns: tuple[str, ...]
    sorts: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    create_by: tuple[str, ...] = ()
    read_by: tuple[str, ...] = ()
    handler: Literal["owner", "root"] = "owner"
    duties: tuple[Duty, ...] = ()
    earlier: tuple[Life, ...] = ()
    number: str = ""
    icon: str = "file-text"
    group: str = "govern"  # of the rail
    in_rail: bool = True
    attachments: bool = True
    public_attachments: bool = False  # True: whoever may read a record may read its files too
    prints: tuple[Print, ...] = ()  # documents beside the form that every type has
    importable: bool = True
    remove: bool = True
    retention_days: int = 0  # after the end, personal data are anonymised; 0: kept
    narrow: "Callable[[Viewer, Any], Any] | None" = None
    placed: bool = False  # `narrow` cuts to the places of those alone who do not see the whole organisation
    check: Callable[["Record"], None] | None = None  # raises InvalidInput (where = the field) before a save
    derive: Callable[["Record"], None] | None = None  # sets fields that follow from others before a save
    saved: Callable[["Record"], None] | None = None  # runs after a save, in its transaction
    page_parts: tuple[str, ...] = ()  # dotted functions (viewer, view) -> html shown on the page, made by the app
    links: tuple[str, ...] = field(default=())  # dotted functions (viewer, view) -> tuple[(label, url), ...]

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All fields, group after group."""
        return tuple(one for group in self.groups for one in group.fields)

    def narrowed(self, viewer: "Viewer | None", rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Those of the rows that `narrow` leaves the viewer; the very same where it cuts nothing."""
        if viewer is None or self.narrow is None or (self.placed and viewer.may(Right.SEE)):
            return rows
        kept: QuerySet[Any] = self.narrow(viewer, rows)
        return kept

    def field(self, name: str) -> Field:
        """By name; KeyError for one it has not."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {one.name: one for one in self.fields}

    def life_of(self, version: int) -> Life:
        """The life that a record of this process version lives."""
        return {life.version: life for life in (*self.earlier, self.life)}.get(version, self.life)

"""The public door for record types: what a declaration is made of, and the records of every type."""

from kandelia.kernel.lives.archetypes import APPLY, DUTIES, KEPT, PUBLISH, REGISTER
from kandelia.kernel.lives.declaration import (
    ANYONE,
    CLOCK,
    OWNER,
    SYSTEM,
    Case,
    Deadline,
    Duty,
    Life,
    State,
    Transition,
)
from kandelia.kernel.records import acting, facade, permissions, references, store, timers, writing
from kandelia.kernel.records.contracts import (
    ActionView,
    ChangeView,
    DeadlineView,
    Kind,
    Query,
    RecordPage,
    RecordView,
    Ref,
    StepView,
    Tally,
)
from kandelia.kernel.records.declaration import Field, Group, Print, RecordType
from kandelia.kernel.records.models import Entry, Record, Reference
from kandelia.kernel.records.registry import type_of

__all__ = [
    "ANYONE",
    "APPLY",
    "CLOCK",
    "DUTIES",
    "KEPT",
    "OWNER",
    "PUBLISH",
    "REGISTER",
    "SYSTEM",
    "ActionView",
    "Case",
    "ChangeView",
    "Deadline",
    "DeadlineView",
    "Duty",
    "Entry",
    "Field",
    "Group",
    "Kind",
    "Life",
    "Print",
    "Query",
    "Record",
    "RecordPage",
    "RecordType",
    "RecordView",
    "Ref",
    "Reference",
    "State",
    "StepView",
    "Tally",
    "Transition",
    "acting",
    "facade",
    "permissions",
    "references",
    "store",
    "timers",
    "type_of",
    "writing",
]

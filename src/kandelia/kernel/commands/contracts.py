"""What leaves the room: a command as people and programs see it. Django-free."""

from dataclasses import dataclass
from datetime import datetime

from kandelia.base.samples import Kind
from kandelia.base.text import LocalText


@dataclass(frozen=True, slots=True)
class CommandView:
    """A command. Values are texts as `logic.values.said` writes them, empty where there is none.

    `unit` is as people write it. `id` is the record's, `order` the idempotency id that the edge keeps to. `outcome`
    says in words what the edge or the device said.
    """

    id: int
    code: str
    order: str
    signal: str
    number: int
    machine: str
    kind: Kind
    unit: str
    state: str
    state_label: LocalText
    over: bool
    wanted: str
    old: str
    read_back: str
    reason: str
    requested_by: str
    second_person: bool
    created_at: datetime
    expires_at: datetime
    taken_at: datetime | None = None
    outcome: str = ""
    outcome_code: str = ""

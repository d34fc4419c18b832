"""What other rooms see of a signal's definition. Django-free."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from kandelia.base.samples import Kind
from kandelia.base.text import LocalText


@dataclass(frozen=True, slots=True)
class SignalView:
    """A signal as screens and programs see it; `id` is "site.area.machine.key".

    One that is `writable` may be commanded within [command_low, command_high], by `step_max` at a time, each `rate_s`
    seconds at most; `second_person` says that somebody else must approve.
    """

    number: int
    id: str
    key: str
    machine: str  # MachineView.path
    name: LocalText
    kind: Kind
    unit: str = ""  # UCUM
    decimals: int = 2
    low: float | None = None
    high: float | None = None
    labels: Mapping[int, LocalText] = field(default_factory=dict)
    period_ms: int = 1_000
    connection: str = ""  # connection key
    address: str = ""
    retention: int = 0
    clash: Literal["keep", "replace"] = "keep"
    active: bool = True
    writable: bool = False
    command_low: float | None = None
    command_high: float | None = None
    step_max: float | None = None
    rate_s: float = 0.0
    second_person: bool = False


@dataclass(frozen=True, slots=True)
class SignalVersionView:
    """What a signal's numbers mean since a time: a new version begins where kind or unit changes."""

    since_at: datetime
    kind: Kind
    unit: str  # UCUM

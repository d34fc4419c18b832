"""What other rooms see of templates, their instances, and what a change would do. Django-free."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kandelia.base.text import LocalText
from kandelia.kernel.signals.definitions import SignalView

NO_NAME = LocalText()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of addresses and names that differs from machine to machine; without default each instance gives it."""

    name: str
    label: LocalText = NO_NAME
    kind: Literal["text", "integer"] = "text"
    default: str = ""


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A template: signals whose address, connection and names are patterns, such as "ns=2;s={machine}.Temp".

    `signals` have no machine, number or id; an empty connection means the instance's own. `version` counts what was
    published; `state` is draft while the present form differs from it.
    """

    key: str
    name: LocalText
    parameters: tuple[Parameter, ...] = ()
    signals: tuple[SignalView, ...] = ()
    version: int = 0
    state: str = "draft"
    instances: int = 0
    record: int = 0


@dataclass(frozen=True, slots=True)
class InstanceView:
    """A template on a machine: values of its parameters, and by signal key the fields that differ there.

    `overrides` hold fields as a plant file writes them ({"temp": {"period": "5s"}}). `version` is the one that was
    applied last, 0 for none.
    """

    template: str
    machine: str  # MachineView.path
    connection: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field from → to, as texts."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SignalDifference:
    """A signal that is there and becomes another."""

    before: SignalView
    after: SignalView
    fields: tuple[FieldDifference, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What applying would do to some signals: retired ones are kept, read no longer."""

    added: tuple[SignalView, ...] = ()
    changed: tuple[SignalDifference, ...] = ()
    retired: tuple[SignalView, ...] = ()

    @property
    def any(self) -> bool:
        """Whether it would do anything."""
        return bool(self.added or self.changed or self.retired)


@dataclass(frozen=True, slots=True)
class InstanceDifference:
    """What applying would do to one machine; `wrong` says why it cannot be applied there."""

    instance: InstanceView
    difference: Difference = Difference()
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done."""

    template: str
    version: int
    instances: int
    created: int
    changed: int
    retired: int


@dataclass(frozen=True, slots=True)
class VersionView:
    """A published form of a template."""

    version: int
    at: Any  # datetime
    by: str
    signals: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A part of a machine's addresses that becomes a parameter; `own` is False for what the platform knows itself."""

    text: str
    parameter: str
    uses: int
    own: bool = True

"""What other rooms may know of the policy library: frozen shapes."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from kandelia.base.text import LocalText


@dataclass(frozen=True, slots=True)
class ParameterText:
    """A number as a document states it."""

    name: str
    value: Decimal
    unit: str
    clause: str
    operator: str = ""
    most: Decimal | None = None
    wording: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ItemText:
    """An item that one can act on; `line` names the funding line that computes it."""

    key: str
    title: LocalText
    kind: str
    subjects: str = ""
    gives: LocalText = field(default_factory=LocalText)
    conditions: str = ""
    line: str = ""
    since: date | None = None
    until: date | None = None
    parameters: tuple[ParameterText, ...] = ()


@dataclass(frozen=True, slots=True)
class ClauseText:
    """A clause with its items."""

    label: str
    place: int
    heading: str = ""
    quote: str = ""
    gloss: LocalText = field(default_factory=LocalText)
    not_given: str = ""
    items: tuple[ItemText, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document as a file describes it; `lines` "measures" takes the items of the measures engine."""

    values: dict[str, str]
    clauses: tuple[ClauseText, ...]
    lines: str = ""

    @property
    def key(self) -> str:
        """How others cite it."""
        return self.values["key"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a loading did: rows made and changed by type."""

    made: int
    changed: int

"""What a set of measures is, once read: dated parameters with their clauses, inputs, conditions and bounds.

The operators are closed: rate, cap, cap_per_party_and_period, match, joint_ceiling, branch, window. Nothing here
is an expression; names refer to inputs, to amounts made of inputs, to parameters and to assumptions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from kandelia.base.text import LocalText

Names = tuple[str, ...]
NO_TEXT = LocalText()


class Unit(StrEnum):
    """What a parameter counts; one unit of a share is a percentage point."""

    SHARE = "share"
    CNY = "CNY"
    YEAR = "year"
    RATIO = "ratio"


class InputKind(StrEnum):
    """What a caller may state. `fact` is told by the applicant, `finding` by reviewers; both may be unknown."""

    MONEY = "money"
    AMOUNTS = "amounts"
    RECEIPTS = "receipts"
    DATE = "date"
    FACT = "fact"
    FINDING = "finding"
    LINES = "lines"


class Changes(StrEnum):
    """What another choice of an assumption does."""

    BOUND = "bound"
    CONDITION = "condition"
    WARNING = "warning"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Validity:
    """First and last day, both included, and the clause that says so."""

    first: date
    last: date
    clause: str

    def covers(self, day: date) -> bool:
        """True on both end days and between them."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A value of a parameter, when it holds and where it is said."""

    value: Decimal
    validity: Validity
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of the text; `values` never overlap in time."""

    name: str
    unit: Unit
    values: tuple[DatedValue, ...]

    def on(self, day: date) -> DatedValue | None:
        """The value in force on a day."""
        return next((one for one in self.values if one.validity.covers(day)), None)


@dataclass(frozen=True, slots=True)
class Input:
    """What a caller states; `term` is the text's own word for a base (A3), `when` the assumptions that ask for it."""

    name: str
    kind: InputKind
    title: LocalText
    help: LocalText = NO_TEXT
    required: bool = False
    term: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A fact or finding that must be so, or (`wanted` False) must not be."""

    input: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The key of an assumption, and what each of its options means here."""

    on: str
    cases: Mapping[str, Names]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of the text: one check, or the checks that an assumption picks."""

    id: str
    text: LocalText
    checks: tuple[Check, ...] = ()
    on: str = ""
    cases: Mapping[str, tuple[Check, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rate:
    """parameter × Σ of; `exact` where the text says 按照 and not 不超过."""

    parameter: str
    of: Names
    exact: bool = False

    @property
    def name(self) -> str:
        """The bound's name in results."""
        return self.parameter


@dataclass(frozen=True, slots=True)
class Cap:
    """A fixed limit, or one that a caller states (`input`), less what others have had of it."""

    name: str
    parameter: str = ""
    input: str = ""
    per: str = ""
    less: Names = ()


@dataclass(frozen=True, slots=True)
class PeriodCap:
    """What is left of a limit per party and period: max(0, parameter − Σ used)."""

    parameter: str
    used: Names

    @property
    def name(self) -> str:
        """The bound's name in results."""
        return self.parameter


@dataclass(frozen=True, slots=True)
class Match:
    """max(0, parameter × Σ of − Σ less)."""

    parameter: str
    of: Names
    less: Names = ()

    @property
    def name(self) -> str:
        """The bound's name in results."""
        return "match"


@dataclass(frozen=True, slots=True)
class JointCeiling:
    """max(0, parameter × Σ of − Σ counted): what others gave counts under the same ceiling."""

    parameter: str
    of: Names
    counted: Names = ()

    @property
    def name(self) -> str:
        """The bound's name in results."""
        return "joint_ceiling"


@dataclass(frozen=True, slots=True)
class Branch:
    """Bounds that an assumption picks."""

    on: str
    cases: Mapping[str, "tuple[Bound, ...]"]


Bound = Rate | Cap | PeriodCap | Match | JointCeiling | Branch


@dataclass(frozen=True, slots=True)
class Window:
    """Σ of receipts from the day `start` on, for as many years as the parameter says."""

    receipts: str
    start: str
    parameter: str


Amount = Choice | Window


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of the table of lines: words of the text, with {parameter} and {term} where numbers and bases stand."""

    who: str
    what: str
    rate: str = "none stated"
    project: str = "—"
    enterprise: str = "—"
    rules: str = ""
    short_chapter: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A funding line, such as M5 or M18.2b."""

    id: str
    measure: str
    chapter: str
    kind: str
    title: LocalText
    who: LocalText
    what: LocalText
    validity: Validity
    inputs: Mapping[str, Input]
    conditions: tuple[Condition, ...]
    parameters: Mapping[str, Parameter]
    amounts: Mapping[str, Amount]
    bounds: tuple[Bound, ...]
    row: Row
    place: str = ""

    @property
    def term(self) -> str:
        """The text's word for the base, empty where the line has none."""
        return next((one.term for one in self.inputs.values() if one.term), "")


@dataclass(frozen=True, slots=True)
class Commitment:
    """A measure without an amount of its own; the words are those of the measures, `says` is for readers."""

    measure: str
    chapter: str
    title: LocalText
    says: LocalText
    who: str
    commits: str
    deliverables: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """An open point with a default and what may be chosen instead; `lines` are those it concerns."""

    key: str
    ambiguity: str
    changes: Changes
    default: str
    options: Mapping[str, LocalText]
    lines: Names


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """An issue that the text leaves open (A1 to A20, and X… for those beyond)."""

    id: str
    issue: LocalText
    lines: Names
    assumptions: tuple[Assumption, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Lines whose objects overlap, and in what."""

    id: str
    lines: Names
    shared: LocalText


@dataclass(frozen=True, slots=True)
class Measures:
    """A whole parameter set."""

    title: LocalText
    validity: Validity
    chapters: Mapping[str, LocalText]
    kinds: Mapping[str, LocalText]
    lines: Mapping[str, Line]
    commitments: tuple[Commitment, ...]
    ambiguities: tuple[Ambiguity, ...]
    overlaps: tuple[Overlap, ...]

    def assumptions_of(self, line: str) -> tuple[Assumption, ...]:
        """Those that concern a line, in the order of the ambiguities."""
        return tuple(one for issue in self.ambiguities for one in issue.assumptions if line in one.lines)

"""What the data plane is told of derived signals and limits, and how recorded rows reach the rules. Django-free."""

import zlib
from dataclasses import dataclass

import msgspec

from kandelia.base.samples import Kind
from kandelia.kernel.rules.logic.limits import LimitEntry
from kandelia.kernel.rules.logic.tree import Node

RULES_BUCKET = "rules"  # key: organisation, value: encode_rules(RulesDocument)
STATES_BUCKET = "rules-states"  # key: organisation, value: JSON {limit id: LimitState}; written by the rules role alone
RECORDED_STREAM = "RECORDED"  # rows that history has on disk, of the signals that somebody derives from or watches
RECORDED_SUBJECTS = ("org.*.recorded",)
RULES_ANEW = "rules.anew"  # request: JSON of Anew; answer: JSON of Done, or a Refusal
SOURCE = "rules"
RAISED, CLEARED = "kandelia.limit.raised", "kandelia.limit.cleared"
ACKNOWLEDGED = "kandelia.limit.acknowledged"
LIMIT_EVENTS = "kandelia.limit.*"


@dataclass(frozen=True, slots=True)
class DerivedEntry:
    """A derived signal: `inputs` are (number, kind) of what `root` reads; `window_ns` 0: no operator has a window.

    An input is used for `hold_ns` after its time at most; a window closes `lateness_ns` after its end.
    """

    number: int
    kind: Kind
    root: Node
    inputs: tuple[tuple[int, Kind], ...]
    window_ns: int
    hold_ns: int
    lateness_ns: int


@dataclass(frozen=True, slots=True)
class RulesDocument:
    """All of an organisation; `site` is where derived samples are written."""

    organisation: str
    site: str
    derived: tuple[DerivedEntry, ...] = ()
    limits: tuple[LimitEntry, ...] = ()

    @property
    def watched(self) -> frozenset[int]:
        """The signals whose recorded rows the rules role wants."""
        inputs = {number for one in self.derived for number, _ in one.inputs}
        return frozenset(inputs | {one.number for one in self.limits})


@dataclass(frozen=True, slots=True)
class Anew:
    """Evaluate a derived signal over [start, end) again, from what history holds."""

    organisation: str
    number: int
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Done:
    """How many rows differed from what was there and were written."""

    rows: int


def recorded_subject(organisation: str) -> str:
    """Where an organisation's recorded rows go."""
    return f"org.{organisation}.recorded"


def encode_rules(document: RulesDocument) -> bytes:
    """Compressed JSON; equal documents give equal bytes."""
    return zlib.compress(msgspec.json.encode(document, order="deterministic"))


def decode_rules(data: bytes) -> RulesDocument:
    """The document; msgspec.MsgspecError or zlib.error when it is damaged."""
    return msgspec.json.decode(zlib.decompress(data), type=RulesDocument)

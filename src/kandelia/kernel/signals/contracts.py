"""Questions to history and their answers, as they cross the bus. Django-free."""

from dataclasses import dataclass
from enum import StrEnum

QUARANTINE_STREAM = "QUARANTINE"
QUARANTINE_SUBJECTS = ("org.*.quarantine.>", "quarantine.>")
HISTORY_ASK = "history.ask"  # request, Question as JSON; answered by the history role (one of the group "history")
HISTORY_CANCEL = "history.cancel"  # message, the id of a question whose asker has gone; every history role listens
ANSWER_BYTES_MAX = 512_000  # larger answers come in chunks
CHUNK_BYTES_MAX = 512_000
CHUNKS_OUTSTANDING_MAX = 4
TREND_POINTS_MAX = 4_000  # a screen's width
QUESTION_SIGNALS_MAX = 10_000


class Ask(StrEnum):
    """The questions; each answers an Arrow IPC stream of the named schema of ports.history."""

    RAW = "raw"  # RAW_SCHEMA
    AGGREGATE = "aggregate"  # AGGREGATE_SCHEMA, or WEIGHTED_SCHEMA
    LAST = "last"  # RAW_SCHEMA
    AS_OF = "as-of"  # RAW_SCHEMA
    SIZE = "size"  # JSON; needs no signals, told only to the platform's own roles


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks what. `signals` are those asked for and allowed by the asker's rights.

    History checks again that each belongs to `organisation` and refuses the whole question otherwise.
    """

    ask: Ask
    organisation: str
    signals: tuple[int, ...] = ()
    start_ns: int = 0
    end_ns: int = 0
    bucket_ns: int = 0
    weighted: bool = False
    before_ns: int = 0
    rows_max: int = 0  # of each signal, raw only
    newest_first: bool = False
    seconds_max: float = 20.0
    id: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as it crosses the bus; `kind` is the class name in base.errors."""

    kind: str
    what: str
    where: str = ""
    mend: str = ""
    code: str = "error"


@dataclass(frozen=True, slots=True)
class End:
    """The last message of a chunked answer: how many chunks, and the SHA-256 over all of them in order."""

    chunks: int
    sha256: str

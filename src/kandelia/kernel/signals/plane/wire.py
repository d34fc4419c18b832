"""How answers of history look on the bus: headers, refusals and the opening of a chunked answer."""

from dataclasses import dataclass

import msgspec

from kandelia.base import errors
from kandelia.base.errors import KandeliaError, Unavailable
from kandelia.kernel.signals.contracts import Refusal

ANSWER_HEADER = "K-Answer"
CHUNK_HEADER = "K-Chunk"
WHOLE = "whole"
CHUNKS = "chunks"
END = "end"
REFUSAL = "refusal"
ERRORS: dict[str, type[KandeliaError]] = {
    kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, KandeliaError)
}


@dataclass(frozen=True, slots=True)
class Opening:
    """The first message of a chunked answer: where credit and cancel go."""

    id: str
    credit_subject: str
    cancel_subject: str


def refusal_of(error: Exception) -> Refusal:
    """An error as it crosses the bus; what is not one of ours tells nothing of the inside."""
    if isinstance(error, KandeliaError):
        return Refusal(type(error).__name__, error.what, error.where, error.mend, error.code)
    return Refusal("Unavailable", "the question failed", "", "see the log of the history role", "history-failed")


def error_of(data: bytes) -> KandeliaError:
    """The error that a refusal tells of."""
    try:
        refusal = msgspec.json.decode(data, type=Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Unavailable(what="the answer of the history role cannot be understood", code="bad-answer")
    kind = ERRORS.get(refusal.kind, KandeliaError)
    return kind(refusal.what, refusal.where, refusal.mend, refusal.code)

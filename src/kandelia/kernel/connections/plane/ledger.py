"""What an edge notes of each order on its own disk, before it acts: so that none is carried out twice, ever."""

import logging
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import msgspec

from kandelia.base.clock import NS_PER_S
from kandelia.kernel.connections.orders import ORDERS_KEPT_S, Order, Word
from kandelia.kernel.connections.plane.keeping import replace_file

NOTE_SUFFIX = ".order"
KEPT_S = 2 * ORDERS_KEPT_S  # beyond the expiry: the stream has let go of the order long before
log = logging.getLogger("kandelia.edge")


class Stage(StrEnum):
    """How far an order has come here."""

    RECEIVED = "received"
    SENDING = "sending"  # about to be sent, or sent: without a word after it nobody knows
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Note:
    """An order, how far it has come, and what is to be said of it; `told` once the bus has that on disk."""

    order: Order
    stage: Stage = Stage.RECEIVED
    sent_ns: int = 0
    word: Word | None = None
    told: bool = False


@dataclass
class Ledger:
    """Notes by order id, each a file that is on disk when the call returns. OSError where the disk refuses."""

    directory: Path
    notes: dict[str, Note] = field(default_factory=dict)

    def load(self) -> None:
        """What earlier lives noted. A damaged note counts as sent: better unknown than twice."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for file in sorted(self.directory.glob(f"*{NOTE_SUFFIX}")):
            try:
                note = msgspec.json.decode(file.read_bytes(), type=Note)
                self.notes[note.order.id] = note
            except (OSError, ValueError, msgspec.MsgspecError):
                log.error("%s is damaged: its order is not carried out", file)
                self.notes[file.name.removesuffix(NOTE_SUFFIX)] = _lost(file.name.removesuffix(NOTE_SUFFIX))

    def put(self, note: Note) -> None:
        """Note it, on disk."""
        replace_file(self.directory / f"{note.order.id}{NOTE_SUFFIX}", msgspec.json.encode(note))
        self.notes[note.order.id] = note

    def say(self, id: str, word: Word) -> None:
        """An order is over, with this to be told."""
        self.put(replace(self.notes[id], stage=Stage.OVER, word=word, told=False))

    def told(self, id: str) -> None:
        """The bus has it."""
        self.put(replace(self.notes[id], told=True))

    def forget_old(self, now_ns: int) -> None:
        """Let go of what was told and can never come again."""
        for id, note in list(self.notes.items()):
            expires_ns = note.order.expires_ns  # 0 of a damaged one, which is kept
            if note.told and 0 < expires_ns < now_ns - KEPT_S * NS_PER_S:
                (self.directory / f"{id}{NOTE_SUFFIX}").unlink(missing_ok=True)
                del self.notes[id]

    def last_sent_ns(self, organisation: str, signal: int) -> int:
        """When the last command went to a signal, 0 for none."""
        sent = (
            note.sent_ns
            for note in self.notes.values()
            if note.order.signal == signal and note.order.organisation == organisation
        )
        return max(sent, default=0)


def _lost(id: str) -> Note:
    return Note(Order(id, "", "", "", 0, 0, 0, 0), Stage.OVER, told=True)

"""What cannot be stored is kept aside, with the reason, so that nothing that was acknowledged is lost.

Each quarantine message is one Arrow IPC stream: QUARANTINE_SCHEMA for rows of a readable batch, GARBAGE_SCHEMA for
messages that are none. The schema's metadata tell `reasons` (JSON: reason → rows or messages).
"""

import hashlib
import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kandelia.base.samples import SCHEMA
from kandelia.kernel.connections.contracts import organisation_of
from kandelia.kernel.signals.contracts import QUARANTINE_STREAM
from kandelia.kernel.signals.logic.checking import Reason
from kandelia.kernel.signals.logic.slicing import pieces
from kandelia.ports.bus import Bus, Message

DOCUMENT_BYTES_MAX = 500_000
STORE_TIMEOUT_S = 10.0
_SOURCE = [pa.field("subject", pa.string()), pa.field("stream", pa.string()), pa.field("message", pa.uint64())]
QUARANTINE_SCHEMA = pa.schema([*SCHEMA, pa.field("reason", pa.string()), *_SOURCE])
GARBAGE_SCHEMA = pa.schema(
    [
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),
        *_SOURCE,
        pa.field("part", pa.uint32()),
        pa.field("data", pa.binary()),
    ]
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One document to be kept: rows of one writer organisation, or pieces of garbage."""

    subject: str
    table: pa.RecordBatch
    reasons: dict[str, int]

    def encode(self) -> bytes:
        """The wire form."""
        schema = self.table.schema.with_metadata({"reasons": json.dumps(self.reasons)})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, schema) as writer:
            writer.write_batch(self.table.replace_schema_metadata(schema.metadata))
        return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def quarantine_subject(message: Message) -> str:
    """Where a message's bad rows go: to the organisation that wrote them."""
    organisation = organisation_of(message.subject)
    stream = (message.stream or "unknown").lower()
    return f"org.{organisation}.quarantine.{stream}" if organisation else f"quarantine.{stream}"


def settings_for_rows(
    rows: pa.Table, reasons: np.ndarray, message_of_row: np.ndarray, messages: Sequence[Message]
) -> Iterator[Setting]:
    """Documents for bad rows; `message_of_row` are positions in `messages`."""
    subjects = [quarantine_subject(message) for message in messages]
    names = sorted({subjects[place] for place in np.unique(message_of_row)})
    subject_of_row = np.array([names.index(s) if s in names else -1 for s in subjects])[message_of_row]
    for index, name in enumerate(names):
        chosen = np.flatnonzero(subject_of_row == index)
        table = _described(rows.take(pa.array(chosen)), reasons[chosen], message_of_row[chosen], messages)
        for piece in pieces(table, DOCUMENT_BYTES_MAX):
            yield Setting(name, piece, _counts(piece))


def _described(
    rows: pa.Table, reasons: np.ndarray, message_of_row: np.ndarray, messages: Sequence[Message]
) -> pa.RecordBatch:
    words = pa.array([reason.word for reason in Reason])
    where = pa.array(message_of_row)
    columns = [
        *rows.combine_chunks().columns,
        words.take(pa.array(reasons)),
        pa.array([m.subject for m in messages]).take(where),
        pa.array([m.stream for m in messages]).take(where),
        pa.array([m.sequence for m in messages], pa.uint64()).take(where),
    ]
    table = pa.table(columns, schema=QUARANTINE_SCHEMA).combine_chunks()
    return table.to_batches()[0]


def _counts(piece: pa.RecordBatch) -> dict[str, int]:
    found = piece.column("reason").value_counts().to_pylist()
    return {entry["values"]: entry["counts"] for entry in sorted(found, key=lambda entry: str(entry["values"]))}


def settings_for_garbage(message: Message, reason: Reason, detail: str = "") -> Iterator[Setting]:
    """Documents for a message that is no batch, its bytes in parts."""
    for part, start in enumerate(range(0, max(len(message.data), 1), DOCUMENT_BYTES_MAX)):
        row = {
            "reason": reason.word,
            "detail": detail,
            "subject": message.subject,
            "stream": message.stream,
            "message": message.sequence,
            "part": part,
            "data": message.data[start : start + DOCUMENT_BYTES_MAX],
        }
        batch = pa.RecordBatch.from_pylist([row], schema=GARBAGE_SCHEMA)
        yield Setting(quarantine_subject(message), batch, {reason.word: int(part == 0)})


async def keep(bus: Bus, setting: Setting) -> bool:
    """Store one document; False when the stream knew it already. Raises what Bus.store raises."""
    data = setting.encode()
    name = hashlib.sha256(data).hexdigest()[:32]
    stored = await bus.store(setting.subject, data, message_id=name, timeout_s=STORE_TIMEOUT_S)
    return not stored.repeated


@dataclass(frozen=True, slots=True)
class SetAside:
    """A document of the quarantine. `number` is its place in the stream; `what`: "rows" of batches, or "messages"."""

    number: int
    stored_ns: int
    stream: str
    what: str
    reasons: Mapping[str, int]
    rows: int
    bytes: int


async def read_quarantine(bus: Bus, organisation: str, after: int) -> AsyncGenerator[tuple[SetAside, pa.Table]]:
    """An organisation's documents behind a place, oldest first, with what they hold (see this module)."""
    subject = f"org.{organisation}.quarantine.>"
    async for message in bus.replay(QUARANTINE_STREAM, subject=subject, from_sequence=after + 1):
        try:
            table = pa.ipc.open_stream(message.data).read_all()
            reasons = json.loads(table.schema.metadata[b"reasons"])
        except (pa.ArrowInvalid, ValueError, KeyError, TypeError):
            continue  # a stranger's message under our subject
        what = "messages" if "data" in table.schema.names else "rows"
        stream, size = message.subject.rpartition(".")[2], len(message.data)
        yield SetAside(message.sequence, message.stored_ns, stream, what, reasons, table.num_rows, size), table

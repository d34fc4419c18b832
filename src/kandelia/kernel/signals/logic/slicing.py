"""Cutting record batches into Arrow IPC messages of a bounded size."""

from collections.abc import Iterable, Iterator

import pyarrow as pa

ROWS_MIN = 1
ENVELOPE_BYTES = 4_096  # IPC metadata of one batch, generously


def pieces(batch: pa.RecordBatch, bytes_max: int) -> Iterator[pa.RecordBatch]:
    """The batch in parts whose IPC form stays under `bytes_max` where single rows allow it."""
    if batch.num_rows <= ROWS_MIN or batch.get_total_buffer_size() + ENVELOPE_BYTES <= bytes_max:
        yield batch
        return
    size = pa.ipc.get_record_batch_size(batch)
    if size + ENVELOPE_BYTES <= bytes_max:
        yield batch
        return
    parts = min(batch.num_rows, -(-size // max(1, bytes_max - ENVELOPE_BYTES)))
    rows = -(-batch.num_rows // max(2, parts))
    for start in range(0, batch.num_rows, rows):
        yield from pieces(batch.slice(start, rows), bytes_max)


END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"  # Apache Arrow columnar format, IPC streaming: EOS


def chunks(schema: pa.Schema, batches: Iterable[pa.RecordBatch], bytes_max: int) -> Iterator[bytes]:
    """One Arrow IPC stream over all batches, cut between its messages into parts of at most `bytes_max`."""
    gathered = [schema.serialize().to_pybytes()]
    size = len(gathered[0])
    for batch in batches:
        for piece in pieces(batch, bytes_max):
            message = piece.serialize().to_pybytes()
            if size + len(message) + len(END_OF_STREAM) > bytes_max:
                yield b"".join(gathered)
                gathered, size = [], 0
            gathered.append(message)
            size += len(message)
    yield b"".join([*gathered, END_OF_STREAM])

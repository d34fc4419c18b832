"""What an edge keeps on its own disk, so that it starts without the bus and knows when it was last alive."""

import logging
import mmap
import os
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from kandelia.base.ids import plain_id
from kandelia.kernel.connections.contracts import ConnectionDocument, decode_document, encode_document
from kandelia.kernel.connections.logic.roster import NEVER, Roster

DOCUMENT_SUFFIX = ".document"
PROOF_SUFFIX = ".proof"
_HEADER = struct.Struct("<8sqqq")  # magic, proof_ns, 1 when left in order, signals
_MAGIC = b"kandpf02"
_COLUMNS = {_MAGIC: 3, b"kandpf01": 2}  # of eight bytes a signal: number, newest, open; formerly without the last
log = logging.getLogger("kandelia.edge")


@dataclass(frozen=True)
class KeptDocuments:
    """A copy of the documents this edge serves; safe to lose, then the bus tells them again."""

    directory: Path

    def load(self) -> dict[str, ConnectionDocument]:
        """Key → document; a damaged file is left out."""
        found = {}
        for file in sorted(self.directory.glob(f"*{DOCUMENT_SUFFIX}")):
            try:
                found[file.name.removesuffix(DOCUMENT_SUFFIX)] = decode_document(file.read_bytes())
            except (OSError, zlib.error, msgspec.MsgspecError):
                log.warning("%s is damaged and left out", file)
        return found

    def keep(self, key: str, document: ConnectionDocument | None) -> None:
        """Write, or remove where None; a reader sees the old one or the new one."""
        file = self.directory / (plain_id(key, "connection key") + DOCUMENT_SUFFIX)
        if document is None:
            file.unlink(missing_ok=True)
            return
        replace_file(file, encode_document(document))


def replace_file(file: Path, data: bytes) -> None:
    """Write whole or not at all, and on disk when it returns."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    with fresh.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
    _sync_directory(file.parent)


def _sync_directory(directory: Path) -> None:
    """The new name itself is on disk only after this."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@dataclass(frozen=True, slots=True)
class LastSeen:
    """What a proof file says of the time before this start. `orderly` when the edge had closed the connection.

    `open_ns` has the newest acknowledged time of each signal of which something was still unacknowledged.
    """

    proof_ns: int
    orderly: bool
    newest_ns: dict[int, int]
    open_ns: dict[int, int] = field(default_factory=dict)


@dataclass
class ProofFile:
    """The last proof of life of one connection and how far each signal had come, in a mapped file.

    Writing costs a copy in memory; the kernel keeps it when the process is killed. After a power cut the file may
    be up to PROOF_SYNC_S older than the samples on the bus.
    """

    file: Path
    _map: mmap.mmap | None = None
    _opened: int = -1  # the mapped file
    _numbers: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.uint32))

    def read(self) -> LastSeen | None:
        """What the last run left; None when it left nothing usable."""
        try:
            data = self.file.read_bytes()
            magic, proof_ns, orderly, count = _HEADER.unpack_from(data)
            columns = _COLUMNS.get(magic, 0)
            if not columns or len(data) != _size(count, columns) or proof_ns <= 0:
                return None
        except (OSError, struct.error):
            return None
        table = np.frombuffer(data, "<i8", count * columns, _HEADER.size).reshape(columns, count).tolist()
        newest, open_ = ({n: t for n, t in zip(table[0], times, strict=True) if t != NEVER} for times in _two(table))
        return LastSeen(proof_ns, bool(orderly), newest, open_)

    def write(self, proof_ns: int, roster: Roster, *, orderly: bool = False, waiting: Iterable[int] = ()) -> None:
        """Note all; the file is made anew when the signals have changed. `waiting` as in Roster.open_since."""
        open_ns = roster.open_since(waiting)
        if self._map is None or not np.array_equal(self._numbers, roster.numbers):
            self._make(proof_ns, roster, open_ns)
        assert self._map is not None  # noqa: S101 — just made
        count = len(roster.numbers)
        self._map[_HEADER.size + 8 * count :] = _body(roster.newest_ns, open_ns)
        self._map[: _HEADER.size] = _HEADER.pack(_MAGIC, proof_ns, int(orderly), count)

    def sync(self) -> None:
        """Bring it to the disk (blocks, but not the interpreter, as a flush of the map would: that keeps its lock)."""
        if self._map is not None:
            os.fsync(self._opened)

    def close(self) -> None:
        """Let go; harmless when done twice."""
        if self._map is not None:
            self._map.close()
            os.close(self._opened)
            self._map = None

    def remove(self) -> None:
        """The connection is gone."""
        self.close()
        self.file.unlink(missing_ok=True)

    def _make(self, proof_ns: int, roster: Roster, open_ns: np.ndarray) -> None:
        self.close()
        count = len(roster.numbers)
        body = _body(roster.numbers, roster.newest_ns, open_ns)
        replace_file(self.file, _HEADER.pack(_MAGIC, proof_ns, 0, count) + body)
        self._opened = os.open(self.file, os.O_RDWR)
        self._map = mmap.mmap(self._opened, _size(count))
        self._numbers = roster.numbers.copy()


def _size(count: int, columns: int = _COLUMNS[_MAGIC]) -> int:
    return _HEADER.size + 8 * columns * count


def _body(*columns: np.ndarray) -> bytes:
    return b"".join(column.astype("<i8").tobytes() for column in columns)


def _two(table: list[list[int]]) -> tuple[list[int], list[int]]:
    """Newest and open of a table of two or three columns."""
    return table[1], table[2] if len(table) > 2 else [NEVER] * len(table[0])

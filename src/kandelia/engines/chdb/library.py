"""The only door to the chDB library: loading it, opening connections, and its errors in our words.

chDB is ClickHouse in this process. One process can have one directory open and one directory one process.
It must never be imported before a fork.
"""

import ctypes
import fcntl
import importlib
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from kandelia.base.errors import Conflict, InvalidInput, KandeliaError, SettingsError, TooMuch, Unavailable

VERSION = "26.9.0"  # the answers of a failed query are version-specific, so only the tested one is used
MARK_CACHE_BYTES = 24_000_000
INDEX_CACHE_BYTES = 16_000_000
SMALL_CACHE_BYTES = 1_000_000
BACKGROUND_THREADS = 2
TABLES_DEPTH = 4  # folders below a history directory down to those of the tables, without their parts
_SIGACTION_BYTES = 256  # larger than struct sigaction on every platform that has a wheel
_PATH_FORBIDDEN = re.compile(r"[?&#%]")  # the library reads a path as an address with options
_CODE = re.compile(r"Code: (\d+)\. DB::Exception: (.*?)(?: \([A-Z_]+\))?$", re.DOTALL)
_TOO_MUCH = {158: "rows", 159: "time", 241: "memory", 307: "bytes", 396: "rows"}
_CANCELLED = 394

_SERVER = f"""<clickhouse>
  <mark_cache_size>{MARK_CACHE_BYTES}</mark_cache_size>
  <primary_index_cache_size>{INDEX_CACHE_BYTES}</primary_index_cache_size>
  <index_mark_cache_size>{SMALL_CACHE_BYTES}</index_mark_cache_size>
  <query_condition_cache_size>{SMALL_CACHE_BYTES}</query_condition_cache_size>
  <compiled_expression_cache_size>{SMALL_CACHE_BYTES}</compiled_expression_cache_size>
  <mmap_cache_size>64</mmap_cache_size>
  <background_pool_size>{BACKGROUND_THREADS}</background_pool_size>
  <background_schedule_pool_size>{BACKGROUND_THREADS}</background_schedule_pool_size>
  <max_server_memory_usage>{{memory}}</max_server_memory_usage>
</clickhouse>
"""


class Directory:
    """A history directory that this process owns until `release`; opens connections to it."""

    def __init__(self, path: Path, memory_bytes_max: int) -> None:
        if _PATH_FORBIDDEN.search(str(path)):
            raise SettingsError(what="the path holds one of ? & # %", where=str(path), mend="choose another directory")
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = _lock(path / "lock")
        config = path / "server.xml"
        config.write_text(_SERVER.format(memory=memory_bytes_max))
        self._address = f"{path / 'store'}?config-file={config}"

    def connect(self) -> Any:
        """A new connection; it runs one statement at a time."""
        session = load_session_class()
        try:
            with signals_kept():
                return session(self._address)
        except RuntimeError as error:
            raise self._refusal(str(error)) from error

    def sync_folders(self) -> None:
        """Bring the names of the tables to the disk: the library syncs what it writes in them, not that they exist."""
        for folder in _folders(self.path, TABLES_DEPTH):
            opened = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)

    def _refusal(self, message: str) -> KandeliaError:
        where = str(self.path)
        if "already initialized with path" in message:
            return Conflict(
                what="this process keeps another history", where=where, mend="use one directory a process", code="owned"
            )
        return Unavailable(
            what=f"the history cannot be opened: {message[:300]}", where=where, mend="see the log of the history role"
        )

    def release(self) -> None:
        """Let another process open the directory; harmless when done twice."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _folders(top: Path, depth: int) -> Iterator[Path]:
    yield top
    for folder in top.iterdir() if depth else ():
        if folder.is_dir() and not folder.is_symlink():
            yield from _folders(folder, depth - 1)


def _lock(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise Conflict(
            what="another history has this directory open",
            where=str(path.parent),
            mend="stop the other one, or give this one a directory of its own",
            code="owned",
        ) from error
    return handle


def load_session_class() -> Any:
    """chdb.session.Session; SettingsError where the wheel is missing or is pip's placeholder."""
    try:
        with signals_kept():
            module = importlib.import_module("chdb.session")
            version = getattr(importlib.import_module("chdb"), "__version__", "0.0.1")
    except ImportError as error:
        raise _missing(str(error)) from error
    if version != VERSION:
        raise _missing(f"version {version} is installed")
    return module.Session


def _missing(what: str) -> SettingsError:
    return SettingsError(
        what=f"the history library chdb-core {VERSION} cannot be used here ({what})",
        mend='pip install "kandelia[history]" on Linux (glibc, x86-64 or arm64) or macOS arm64',
        code="no-chdb",
    )


@contextmanager
def signals_kept() -> Iterator[None]:
    """What the process does on each signal stays as it was: the library installs handlers in C, unasked.

    With its own handlers Ctrl-Z never stops the process and a crash inside would be reported instead of ending it.
    """
    library = ctypes.CDLL(None)
    numbers = [n for n in signal.valid_signals() if n not in (signal.SIGKILL, signal.SIGSTOP)]
    before = {n: ctypes.create_string_buffer(_SIGACTION_BYTES) for n in numbers}
    for number, action in before.items():
        library.sigaction(int(number), None, action)
    try:
        yield
    finally:
        for number, action in before.items():
            library.sigaction(int(number), action, None)


def give_memory_back() -> None:
    """Return to the system what allocators of this process keep for later: a drained backlog leaves 100 MB behind."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
    if trim is not None:
        trim(0)


def in_our_words(error: BaseException) -> KandeliaError:
    """What the library said, as one of base.errors."""
    found = _CODE.search(str(error))
    if not found:
        return Unavailable(what=f"the history failed: {str(error)[:300]}", mend="ask again", code="history-failed")
    code, text = int(found[1]), found[2][:300]
    if code in _TOO_MUCH:
        return TooMuch(
            what=f"the question needs more {_TOO_MUCH[code]} than allowed: {text}",
            mend="ask for a shorter time, fewer signals or wider buckets",
            code=f"too-much-{_TOO_MUCH[code]}",
        )
    if code == _CANCELLED:
        return Unavailable(what="the question was cancelled", code="cancelled")
    if code in (6, 41, 53, 70, 321):
        return InvalidInput(what=text, code="invalid-rows")
    return Unavailable(
        what=f"the history failed: {text}", mend="see the log of the history role", code="history-failed"
    )

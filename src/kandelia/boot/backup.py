"""A copy of a whole installation in one file, taken while it runs, and an installation made of such a file.

The bus goes first, then history, then records: what history has taken over leaves the bus, so a sample is in the copy
of one or, later, of the other; and records that are younger than samples never lack a signal. Secrets go into a file
of their own, or nowhere.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kandelia.base.errors import Conflict, InvalidInput, NotFound, SettingsError, Unavailable
from kandelia.boot.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
RECORDS, DUMP = "records/records.sqlite3", "records/postgresql.dump"
CHUNK_BYTES = 1 << 20
PRIVATE = 0o600
Say = Callable[[str], None]


@dataclass
class Archive:
    """A tar file being written: every file with its SHA-256, told at the end."""

    tar: tarfile.TarFile
    hashes: dict[str, str] = field(default_factory=dict)

    def add_tree(self, root: Path, name: str) -> None:
        """Every file below `root` under `name/`; what vanishes meanwhile is left out, the store has its successor."""
        for path in sorted(root.rglob("*")):
            place = f"{name}/{path.relative_to(root).as_posix()}"
            if path.is_symlink():
                self.add_link(path, place)
            elif path.is_file():
                self.add(path, place)

    def add(self, path: Path, name: str) -> None:
        """One file as it is now, though it grows."""
        try:
            with path.open("rb") as stream:
                self._write(stream, name, os.fstat(stream.fileno()).st_size)
        except FileNotFoundError:
            return

    def add_link(self, path: Path, name: str) -> None:
        """A link of the store's own, which stays within it."""
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mtime = tarfile.SYMTYPE, str(path.readlink()), int(time.time())
        self.tar.addfile(info)
        self.hashes[name] = _digest(io.BytesIO(info.linkname.encode()))

    def add_text(self, text: str, name: str) -> None:
        """A small file made here."""
        data = text.encode()
        self._write(io.BytesIO(data), name, len(data))

    def _write(self, stream: Any, name: str, size: int) -> None:
        reader = _Hashing(stream)
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, PRIVATE, int(time.time())
        self.tar.addfile(info, reader)
        self.hashes[name] = reader.hash.hexdigest()


class _Hashing:
    """A stream that is hashed as it is read."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data: bytes = self.stream.read(size)
        self.hash.update(data)
        return data


def back_up(settings: Settings, target: Path, keys: Path | None, say: Say) -> dict[str, Any]:
    """Write the copy and read it back; returns its manifest. Conflict where a file of the name exists."""
    for place in (target, *((keys,) if keys else ())):
        if place.exists():
            raise Conflict("a file of this name exists", str(place), "choose another name", "exists")
    if not settings.records.database and not settings.records_file.exists():
        raise NotFound("no installation here", str(settings.directory), "name it with --data", "no-data")
    part = target.with_name(target.name + ".part")
    try:
        manifest = _write(settings, part, say)
        say("reading the copy back …")
        verify(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    if keys is not None:
        _write_keys(settings, keys)
    return manifest


def _write(settings: Settings, part: Path, say: Say) -> dict[str, Any]:
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w") as tar:
            archive = Archive(tar)
            say("copying what is on its way (bus) …")
            # Older than the samples beside it: what comes between is marked as a gap when the edge starts again.
            archive.add_tree(settings.run_directory / "edge-snapshot", "run/edge-snapshot")
            archive.add_tree(settings.bus_directory / "jetstream", "bus/jetstream")
            say("copying history …")
            _add_history(archive, settings)
            say("copying records …")
            _add_records(archive, settings)
            archive.add_tree(settings.files_directory, "files")
            if settings.file is not None:
                archive.add(settings.file, "settings.toml")
            manifest = {"format": FORMAT, "version": version("kandelia"), "began_at": began, "files": archive.hashes}
            archive.add_text(json.dumps(manifest, indent=1), MANIFEST)
        raw.flush()
        os.fsync(raw.fileno())
    return manifest


def _add_history(archive: Archive, settings: Settings) -> None:
    """Parts of the store never change: linked in a moment, copied at leisure, merged away meanwhile or not."""
    store = settings.history_directory / "store"
    if not store.exists():
        return
    with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.history_directory) as linked:
        for path in store.rglob("*"):
            if path.is_file() or path.is_symlink():
                place = Path(linked) / path.relative_to(store)
                place.parent.mkdir(parents=True, exist_ok=True)
                with suppress(FileNotFoundError):
                    os.link(path, place, follow_symlinks=False)
        archive.add_tree(Path(linked), "history/store")


def _add_records(archive: Archive, settings: Settings) -> None:
    with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.directory) as place:
        if settings.records.database:
            dump = Path(place) / "dump"
            _run_postgresql(["pg_dump", "--format=custom", f"--file={dump}", settings.records.database])
            archive.add(dump, DUMP)
            return
        copy = Path(place) / "records"
        with closing(sqlite3.connect(settings.records_file)) as source, closing(sqlite3.connect(copy)) as made:
            source.backup(made)
        archive.add(copy, RECORDS)


def _run_postgresql(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        raise Unavailable(f"{command[0]} is not here", "PostgreSQL", "install postgresql-client", "no-client")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"{command[0]} failed: {done.stderr.strip()[:500]}", "PostgreSQL", "", "postgresql")


def _write_keys(settings: Settings, keys: Path) -> None:
    descriptor = os.open(keys, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w") as tar:
        Archive(tar).add_tree(settings.secrets_directory, "secrets")


def verify(file: Path) -> dict[str, Any]:
    """Read a copy whole; InvalidInput names the first file that is not what the manifest says. Returns the manifest."""
    found, manifest = {}, {}
    try:
        for name, stream in _members(file):
            if name == MANIFEST:
                manifest = json.loads(stream.read())
                continue
            found[name] = _digest(io.BytesIO(stream.encode()) if isinstance(stream, str) else stream)
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise _unreadable(file, error) from error
    if not manifest:
        raise InvalidInput(
            "this is no whole copy: its manifest is missing", str(file), "take another copy", "bad-backup"
        )
    wrong = sorted(name for name in {*found, *manifest["files"]} if found.get(name) != manifest["files"].get(name))
    if wrong:
        raise InvalidInput(f"{wrong[0]} in it is damaged", str(file), "take another copy", "bad-backup")
    return manifest


def restore(settings: Settings, file: Path, keys: Path | None, say: Say) -> dict[str, Any]:
    """Make the installation of a copy; Conflict where the data directory is not empty, nothing is overwritten."""
    target = settings.directory
    if target.exists() and any(target.iterdir()):
        raise Conflict("the data directory is not empty", str(target), "name a new one with --data", "exists")
    say("checking the copy …")
    manifest = verify(file)
    if manifest["format"] > FORMAT:
        mend = f"install version {manifest['version']} or later"
        raise InvalidInput("this copy was made by a later version", str(file), mend, "bad-backup")
    say("unpacking …")
    _unpack(settings, file, keys)
    return manifest


def _unpack(settings: Settings, file: Path, keys: Path | None) -> None:
    target = settings.directory
    for source in (file, *((keys,) if keys else ())):
        for name, stream in _members(source):
            if isinstance(stream, str):
                _put_link(target, name, stream)
            elif name == DUMP:
                _restore_dump(settings, stream)
            elif name != MANIFEST:
                _put(target, name, stream)


def _place(target: Path, name: str) -> Path:
    """Where a member goes; InvalidInput for one that leads out of the data directory, also over a link."""
    place = target / name
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if ".." in Path(name).parts or not place.parent.resolve().is_relative_to(target.resolve()):
        raise InvalidInput(f'"{name}" leads out of the data directory', "backup", "this copy is not ours", "bad-backup")
    return place


def _put_link(target: Path, name: str, to: str) -> None:
    place = _place(target, name)
    if Path(to).is_absolute() or not (place.parent / to).resolve().is_relative_to(target.resolve()):
        raise InvalidInput(f'the link "{name}" leads out of it', "backup", "this copy is not ours", "bad-backup")
    place.symlink_to(to)


def _put(target: Path, name: str, stream: Any) -> None:
    place = _place(target, name)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as made:
        shutil.copyfileobj(stream, made, CHUNK_BYTES)
        made.flush()
        os.fsync(made.fileno())


def _restore_dump(settings: Settings, stream: Any) -> None:
    if not settings.records.database:
        mend = "name an empty PostgreSQL database as records.database in the settings"
        raise SettingsError("the copy's records come from PostgreSQL", "records.database", mend, "no-database")
    with tempfile.NamedTemporaryFile(prefix="restore-") as dump:
        shutil.copyfileobj(stream, dump, CHUNK_BYTES)
        dump.flush()
        _run_postgresql(
            ["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={settings.records.database}", dump.name]
        )


def _members(file: Path) -> Iterator[tuple[str, Any]]:
    """(name, stream) of files, (name, target) of links."""
    with tarfile.open(file, "r:") as tar:
        for member in tar:
            if member.isfile():
                yield member.name, tar.extractfile(member)
            elif member.issym():
                yield member.name, member.linkname


def _unreadable(file: Path, error: Exception) -> InvalidInput:
    mend = "name a file that kandelia backup wrote, whole"
    return InvalidInput(f"it cannot be read: {error}", str(file), mend, "bad-backup")


def _digest(stream: Any) -> str:
    found = hashlib.sha256()
    while data := stream.read(CHUNK_BYTES):
        found.update(data)
    return found.hexdigest()

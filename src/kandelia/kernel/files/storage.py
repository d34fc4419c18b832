"""Bytes of files in the data directory: written whole or not at all, under names that say nothing."""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from kandelia.base.errors import InvalidInput, TooMuch, Unavailable
from kandelia.kernel.files.logic.kinds import HEAD_BYTES

CHUNK_BYTES = 262_144
NAME_BYTES = 24
PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class Written:
    """A file that lies in the folder now."""

    stored_as: str
    size: int
    sha256: str
    head: bytes


def folder() -> Path:
    """Where they lie; nothing of it is served by itself."""
    place: Path = settings.PLATFORM.files_directory
    place.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    return place


def path_of(stored_as: str) -> Path:
    """Of a stored name; by two letters a folder, so that none grows large."""
    return folder() / stored_as[:2] / stored_as


def write(chunks: Iterable[bytes], size_max: int) -> Written:
    """Keep the bytes, synced to disk. TooMuch beyond `size_max` bytes, InvalidInput for none; then nothing is left."""
    stored_as = secrets.token_hex(NAME_BYTES)
    path = path_of(stored_as)
    path.parent.mkdir(exist_ok=True, mode=PRIVATE)
    digest, size, head = hashlib.sha256(), 0, b""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > size_max:
                    raise TooMuch("the file is too large", "file", f"send at most {size_max} bytes", "too-large")
                head = head if len(head) >= HEAD_BYTES else head + chunk[:HEAD_BYTES]
                digest.update(chunk)
                file.write(chunk)
            if not size:
                raise InvalidInput("the file is empty", "file", "choose another", "empty")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Written(stored_as, size, digest.hexdigest(), head[:HEAD_BYTES])


def read(stored_as: str) -> Iterator[bytes]:
    """The bytes; Unavailable when the folder has lost them."""
    try:
        file = path_of(stored_as).open("rb")
    except OSError as error:
        raise Unavailable(
            "the file is not in the data directory", "files", "bring the folder files back from its copy", "lost"
        ) from error
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def remove(stored_as: str) -> None:
    """Let go of the bytes; harmless when they are gone."""
    path_of(stored_as).unlink(missing_ok=True)

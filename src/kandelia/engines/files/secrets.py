"""Secrets as files of mode 0600 in a directory of mode 0700."""

import fcntl
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kandelia.base.ids import plain_id


@dataclass(frozen=True)
class FileSecrets:
    """The port `Secrets` over one directory."""

    directory: Path

    def get(self, name: str) -> bytes | None:
        """The secret, or None."""
        try:
            return self._file(name).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, name: str, secret: bytes) -> None:
        """Keep it; a reader sees the old one or the new one, never a part. On disk when it returns."""
        self._fresh(secret).replace(self._file(name))
        self._sync()

    def remove(self, name: str) -> None:
        """Forget it; nothing happens where there is none."""
        file = self._file(name)
        if file.exists():
            file.unlink(missing_ok=True)
            self._sync()

    def ensure(self, name: str, length: int = 32) -> bytes:
        """The secret, made where it is missing; two processes that race get the same one.

        An empty file counts as missing: what is signed with an empty secret anybody can sign.
        """
        file = self._file(name)
        kept = self.get(name)
        if kept:
            return kept
        if kept is not None:
            self._clear_empty(file)
        made = secrets.token_urlsafe(length)[:length].encode()
        fresh = self._fresh(made)
        try:
            os.link(fresh, file)
        except FileExistsError:
            return file.read_bytes()
        finally:
            fresh.unlink()
        self._sync()
        return made

    def _fresh(self, secret: bytes) -> Path:
        """A file of its own, on disk, that only we can read."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, path = tempfile.mkstemp(".new", dir=self.directory)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        return Path(path)

    def _clear_empty(self, file: Path) -> None:
        """One at a time, so that nobody takes away what another has just made."""
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if file.exists() and not file.stat().st_size:
                file.unlink()
        finally:
            os.close(descriptor)

    def _sync(self) -> None:
        """Names are on disk only once their directory is."""
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _file(self, name: str) -> Path:
        return self.directory / plain_id(name, "secret name")

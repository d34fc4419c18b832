"""Secrets as files of mode 0600 in a directory of mode 0700."""

import os
import secrets
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
        """Keep it; a reader sees the old one or the new one, never a part."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._file(name).with_suffix(f".{os.getpid()}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file(name))

    def ensure(self, name: str, length: int = 32) -> bytes:
        """The secret, made where it is missing; two processes that race get the same one."""
        kept = self.get(name)
        if kept is not None:
            return kept
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = secrets.token_urlsafe(length)[:length].encode()
        fresh = self._file(name).with_suffix(f".{os.getpid()}.new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(made)
        try:
            os.link(fresh, self._file(name))
        except FileExistsError:
            return self._file(name).read_bytes()
        finally:
            fresh.unlink()
        return made

    def _file(self, name: str) -> Path:
        return self.directory / plain_id(name, "secret name")

"""Serves our static files from memory at /static/<version>/…: one prefix that changes with the contents.

Modules import one another by relative path, so a version in the prefix, not in each name, is what lets every file
be kept for good by browsers. All files together are small; nothing is collected or copied at start.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
VERSION_LENGTH = 12
GZIP_BYTES_MIN = 512
GZIP_LEVEL = 6
SUFFIXES = {".css", ".js", ".mjs", ".svg", ".png", ".woff2", ".webmanifest"}
KEEP = b"public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, with its gzip form where that is smaller."""

    kind: bytes
    body: bytes
    packed: bytes | None


class StaticFiles:
    """ASGI: answers below `prefix`, hands everything else to the application."""

    def __init__(self, application: Application, prefix: str, folders: Iterable[Path]) -> None:
        self._application = application
        self._prefix = prefix
        self._files = {name: _read(path) for name, path in files_in(folders)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self._application(scope, receive, send)
            return
        found = self._files.get(scope["path"].removeprefix(self._prefix))
        if found is None or scope["method"] not in ("GET", "HEAD"):
            await _answer(send, HTTPStatus.NOT_FOUND, [(b"content-type", b"text/plain")], b"no such file\n")
            return
        packed = found.packed if _takes_gzip(scope) else None
        body = packed if packed is not None else found.body
        headers = [
            (b"content-type", found.kind),
            (b"cache-control", KEEP),
            (b"vary", b"accept-encoding"),
            (b"x-content-type-options", b"nosniff"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"content-length", str(len(body)).encode()),
        ]
        if packed is not None:
            headers.append((b"content-encoding", b"gzip"))
        await _answer(send, HTTPStatus.OK, headers, b"" if scope["method"] == "HEAD" else body)


def version_of(folders: Iterable[Path]) -> str:
    """Changes whenever a file's name or contents do."""
    digest = hashlib.sha256()
    for name, path in files_in(folders):
        digest.update(f"{name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:VERSION_LENGTH]


def files_in(folders: Iterable[Path]) -> list[tuple[str, Path]]:
    """(name below the folder, path) of what is served, sorted; the first folder that has a name wins."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.suffix in SUFFIXES and path.is_file():
                found.setdefault(path.relative_to(folder).as_posix(), path)
    return sorted(found.items())


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") or path.suffix == ".svg" else ""
    packed = gzip.compress(body, GZIP_LEVEL, mtime=0) if len(body) >= GZIP_BYTES_MIN else None
    return StaticFile((kind + charset).encode(), body, packed if packed and len(packed) < len(body) else None)


def _takes_gzip(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

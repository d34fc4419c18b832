"""Which folders may be read: the driver's own, and those that whoever runs the installation lists in its file ALLOWED.

Nothing that a screen or the API sends can widen this; links are followed before it is looked at.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from kandelia.drivers.files.config import wrong
from kandelia.sdk.drivers import Unavailable

ALLOWED = "allowed"  # a text file: one absolute path a line
STATE = ".state"
FILES_MAX = 20_000
KNOWN_MAX = 50_000
Stamp = tuple[str, int, int]  # name, size, time of the last change in ns


@dataclass
class Folder:
    """One folder and which of its files were collected; that is kept, so that a restart reads none twice."""

    path: Path
    pattern: str
    state_file: Path
    _done: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            told = json.loads(self.state_file.read_text())
            self._done = {str(name): (int(size), int(at)) for name, (size, at) in told.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            self._done = {}

    def files(self) -> list[Stamp]:
        """Files of the pattern, the oldest first. Unavailable when the folder is gone."""
        found: list[Stamp] = []
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    if fnmatchcase(entry.name, self.pattern) and entry.is_file(follow_symlinks=False):
                        stat = entry.stat(follow_symlinks=False)
                        found.append((entry.name, stat.st_size, stat.st_mtime_ns))
                    if len(found) > FILES_MAX:
                        break
        except OSError as error:
            raise Unavailable(
                f"the folder cannot be read ({error.strerror or error})", str(self.path), "make it, or mend its mode"
            ) from error
        return sorted(found, key=lambda one: (one[2], one[0]))

    def fresh(self) -> list[Stamp]:
        """Those that were not collected as they are now."""
        return [one for one in self.files() if self._done.get(one[0]) != (one[1], one[2])]

    def done(self, stamp: Stamp) -> None:
        """It was read to its end."""
        self._done[stamp[0]] = (stamp[1], stamp[2])
        for name in list(self._done)[: max(0, len(self._done) - KNOWN_MAX)]:
            del self._done[name]
        self.state_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.state_file.with_suffix(".part")
        part.write_text(json.dumps(self._done))
        part.replace(self.state_file)


def folder_of(own: Path, name: str, pattern: str) -> Folder:
    """The folder that a setting names; InvalidInput for one that is not allowed."""
    wanted = Path(name) if Path(name).is_absolute() else own / name
    path = wanted.resolve()
    roots = [own.resolve(), *_allowed(own)]
    if not any(path.is_relative_to(root) and path != own.resolve() / STATE for root in roots):
        mend = f"name a folder below {own}, or have it listed in {own / ALLOWED}"
        raise wrong("folder", "this folder is not one that may be read", mend)
    mark = hashlib.sha256(f"{path}\0{pattern}".encode()).hexdigest()[:24]
    return Folder(path, pattern, own / STATE / f"{mark}.json")


def _allowed(own: Path) -> list[Path]:
    try:
        lines = (own / ALLOWED).read_text().splitlines()
    except OSError:
        return []
    return [Path(line.strip()).resolve() for line in lines if line.strip().startswith("/")]

"""The places of an installation on disk, and the lock that keeps two from sharing them."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from kandelia.base.errors import Conflict, SettingsError
from kandelia.boot.settings import Settings

LOCK_FILE = "lock"
PRIVATE = 0o700


def make_directories(settings: Settings) -> None:
    """Make what is missing; SettingsError when that cannot be done."""
    places = [
        settings.directory,
        settings.secrets_directory,
        settings.records_file.parent,
        settings.files_directory,
        settings.history_directory,
        settings.bus_directory,
        settings.run_directory,
        settings.log_directory,
    ]
    try:
        for place in places:
            place.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        if settings.live_socket.parent == settings.short_directory:
            _make_short(settings.short_directory)
    except OSError as error:
        raise SettingsError(
            f"the data directory cannot be used ({error.strerror or error})",
            where=str(error.filename or settings.directory),
            mend="choose another with --data, or mend its owner and mode",
            code="data-directory",
        ) from None


def _make_short(place: Path) -> None:
    """A directory in a place open to all is taken only when it is ours alone."""
    place.mkdir(exist_ok=True, mode=PRIVATE)
    found = place.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or place.is_symlink():
        raise SettingsError("somebody else made this directory", where=str(place), mend="use a shorter --data path")


@dataclass
class DirectoryLock:
    """Held by the one supervisor of a data directory; the kernel lets go of it when the process ends."""

    run_directory: Path

    def __post_init__(self) -> None:
        self._descriptor = -1

    def take(self) -> None:
        """Conflict, naming the holder, when another supervisor has it."""
        descriptor = os.open(self.run_directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 20).decode().strip() or "unknown"
            os.close(descriptor)
            raise Conflict(
                f"the platform runs already on this data directory (process {holder})",
                where=str(self.run_directory.parent),
                mend="stop it first, or give another directory with --data",
                code="runs-already",
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; harmless when done twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def holder_of(run_directory: Path) -> int:
    """Process id of the supervisor that runs here, 0 where none does."""
    try:
        descriptor = os.open(run_directory / LOCK_FILE, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return 0
    except OSError:
        return int(os.read(descriptor, 20).decode().strip() or 0)
    finally:
        os.close(descriptor)

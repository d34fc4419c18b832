"""The driver of files, as the entry point names it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kandelia.drivers.files.config import FilesConfig, read_config
from kandelia.drivers.files.folders import folder_of
from kandelia.drivers.files.session import FilesSession


class FilesDriver:
    """Collects files that appear in a folder, or replays one as if live."""

    name = "files"
    protocol = "Files in a folder"

    def __init__(self) -> None:
        self._own = Path("drivers/files")

    def keep_in(self, directory: Path) -> None:
        """See `KeepsFiles.keep_in`: the folder below which files may lie."""
        self._own = directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def configure(self, settings: Mapping[str, Any]) -> FilesConfig:
        """See `Driver.configure`."""
        return read_config(settings)

    async def open(self, configuration: FilesConfig, secrets: Mapping[str, str]) -> FilesSession:
        """See `Driver.open`: Unavailable while the folder cannot be read."""
        folder = folder_of(self._own, configuration.folder, configuration.files)
        folder.files()
        return FilesSession(configuration, folder)


driver = FilesDriver()

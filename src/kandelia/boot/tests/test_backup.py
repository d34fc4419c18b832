"""Promise: what proves identities is in the file of keys alone, and files that a person can ask for again in none."""

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

from kandelia.boot.backup import back_up, restore
from kandelia.boot.settings import Settings
from kandelia.kernel.access.device_certificates import AUTHORITY_FILE, authority_pem


def names(file: Path) -> set[str]:
    with tarfile.open(file) as tar:
        return set(tar.getnames())


def test_the_authority_of_devices_is_among_the_keys_and_comes_back(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "data")
    for folder in (settings.secrets_directory, settings.records_file.parent, settings.files_directory):
        folder.mkdir(parents=True)
    with closing(sqlite3.connect(settings.records_file)) as records:
        records.execute("CREATE TABLE kept (id INTEGER)")
    authority = authority_pem(settings.secrets_directory)
    (settings.files_directory / "paper").write_text("attached")
    for folder in ("imports", "exports"):
        (settings.directory / folder / "main").mkdir(parents=True)
        (settings.directory / folder / "main" / "large").write_text("again at need")
    copy, keys = tmp_path / "plant.tar", tmp_path / "keys.tar"
    back_up(settings, copy, keys, lambda _: None)
    assert names(keys) == {f"secrets/{AUTHORITY_FILE}"}
    assert names(copy) == {"records/records.sqlite3", "files/paper", "manifest.json"}
    restored = Settings(tmp_path / "restored")
    restore(restored, copy, keys, lambda _: None)
    assert authority_pem(restored.secrets_directory) == authority
    assert (restored.secrets_directory / AUTHORITY_FILE).stat().st_mode & 0o077 == 0

"""Tells at a start whether the records are already at this version, without importing the framework."""

import hashlib
import sqlite3
from contextlib import closing, suppress
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from pathlib import Path

from kandelia.boot.settings import Settings

MARK_FILE = "records.mark"
PACKAGE = "kandelia"
APPS = "kandelia.apps"


def is_current(settings: Settings) -> bool:
    """True where a mark left by the last migration still speaks of this program and of this very database.

    Only for SQLite: another server's tables may have been changed by another machine.
    """
    with suppress(OSError):
        kept = (settings.run_directory / MARK_FILE).read_text()
        return bool(kept) and kept == _mark(settings)
    return False


def remember(settings: Settings) -> None:
    """Leave the mark; to be called when all migrations are applied and the first organisation is there."""
    (settings.run_directory / MARK_FILE).write_text(_mark(settings))


def _mark(settings: Settings) -> str:
    """Empty where nothing can be said."""
    file = settings.records_file
    if settings.records.database or not file.exists():
        return ""
    found = file.stat()  # a database put in its place by hand, also by a copy of the directory, is another one
    digest = hashlib.sha256(f"{settings.organisation} {found.st_dev} {found.st_ino}".encode())
    digest.update(f"django {version('django')}".encode())
    for migration in _migrations():
        digest.update(f"{migration} ".encode() + migration.read_bytes())
    for row in _applied(file):
        digest.update(repr(row).encode())
    return digest.hexdigest()


def _migrations() -> list[Path]:
    """Every migration file of the platform and of the apps that are installed beside it."""
    names = {PACKAGE, *(point.module.partition(".")[0] for point in entry_points(group=APPS))}
    specs = [find_spec(name) for name in sorted(names)]
    places = {place for spec in specs if spec for place in spec.submodule_search_locations or ()}
    return sorted(file for place in places for file in Path(place).rglob("migrations/*.py"))


def _applied(file: Path) -> list[tuple[object, ...]]:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
    except sqlite3.Error:
        return []

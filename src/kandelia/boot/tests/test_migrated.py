"""Promise: the records are migrated unless they are provably at this version, and pandas is left out where unused."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from kandelia.boot import migrated
from kandelia.boot.load import load_settings
from kandelia.boot.settings import Settings


def settings_of(directory: Path) -> Settings:
    settings = load_settings(None, {"KANDELIA_DATA": str(directory)})
    settings.run_directory.mkdir(parents=True)
    settings.records_file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(settings.records_file)) as connection, connection:
        connection.execute("CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT)")
        connection.execute("INSERT INTO django_migrations (app, name) VALUES ('access', '0001_initial')")
    return settings


def test_a_mark_speaks_of_one_state_of_one_database(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data")
    assert not migrated.is_current(settings)
    migrated.remember(settings)
    assert migrated.is_current(settings)
    with closing(sqlite3.connect(settings.records_file)) as connection, connection:
        connection.execute("DELETE FROM django_migrations")
    assert not migrated.is_current(settings)


def test_a_database_put_in_its_place_is_another_one(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data")
    migrated.remember(settings)
    kept = settings.records_file.with_suffix(".kept")
    shutil.copy(settings.records_file, kept)
    kept.replace(settings.records_file)
    assert not migrated.is_current(settings)
    settings.records_file.unlink()
    assert not migrated.is_current(settings)
    migrated.remember(settings)
    assert not migrated.is_current(settings)


def test_arrow_works_without_pandas() -> None:
    program = (
        "import sys; from kandelia.boot.lean import leave_pandas_out; leave_pandas_out()\n"
        "import numpy as np, pyarrow as pa\n"
        "assert pa.array(np.arange(3)).to_pylist() == pa.array([0, 1, 2]).to_numpy().tolist()\n"
        "assert 'pandas' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0

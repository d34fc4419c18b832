"""Promise: a secret is whole, its own and readable by its owner alone, also after a power cut in its making."""

import threading
from pathlib import Path

from kandelia.engines.files.secrets import FileSecrets


def test_only_the_owner_reads(tmp_path: Path) -> None:
    keeper = FileSecrets(tmp_path / "secrets")
    made = keeper.ensure("live-ticket", 32)
    keeper.put("connection.red.plc.password", b"one")
    assert len(made) == 32 and keeper.ensure("live-ticket") == made
    assert keeper.directory.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in keeper.directory.iterdir()} == {0o600}
    assert sorted(file.name for file in keeper.directory.iterdir()) == ["connection.red.plc.password", "live-ticket"]


def test_a_removed_secret_is_gone_and_removing_none_is_no_error(tmp_path: Path) -> None:
    keeper = FileSecrets(tmp_path)
    keeper.put("word", b"x")
    keeper.remove("word")
    keeper.remove("word")
    assert keeper.get("word") is None and not list(tmp_path.iterdir())


def test_an_empty_secret_is_none(tmp_path: Path) -> None:
    (tmp_path / "live-ticket").touch()
    made = FileSecrets(tmp_path).ensure("live-ticket", 32)
    assert len(made) == 32 and FileSecrets(tmp_path).get("live-ticket") == made


def test_secrets_written_at_once_do_not_mix(tmp_path: Path) -> None:
    keeper = FileSecrets(tmp_path)
    names = [f"connection.red.plc.{word}" for word in ("password", "token", "key")]

    def write(name: str) -> None:
        for _ in range(30):
            keeper.put(name, name.encode() * 100)

    threads = [threading.Thread(target=write, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [keeper.get(name) for name in names] == [name.encode() * 100 for name in names]


def test_two_that_race_get_the_same(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(FileSecrets(tmp_path).ensure("one"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 8 and len(set(found)) == 1

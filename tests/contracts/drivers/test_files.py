"""Promise: the driver of files keeps the contract of drivers, as far as a folder can be a peer."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.sdk.drivers import Driver, Kind, Unavailable, Writes
from tests.contracts.drivers.suite import DriverContract, Rows
from tests.peers.ports import free_port

ROOT = Path(tempfile.gettempdir()) / "kandelia-files-peers"


class FolderPeer:
    """A folder with one long file, found by a port's number as other peers are."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.folder = ROOT / str(port)

    def start(self) -> "FolderPeer":
        self.folder.mkdir(parents=True, exist_ok=True)
        rows = (f"2026-05-01T08:{n // 600:02}:{n // 10 % 60:02}.{n % 10}Z,{n},{n / 8},{n % 2}" for n in range(18_000))
        (self.folder / "line.csv").write_text("time,count,level,on\n" + "\n".join(rows) + "\n")
        return self

    def send(self, what: signal.Signals) -> None:
        raise AssertionError("a folder takes no signals")

    def kill(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class TestFiles(DriverContract):
    name = "files"
    good = (("count", Kind.INTEGER), ("level", Kind.FLOAT), ("on", Kind.BOOLEAN))
    unknown = "no such column"
    malformed = "two\nlines"
    wrong_settings = (
        ({"folder": None}, "folder"),
        ({"folder": "a/../b"}, "folder"),
        ({"files": "../*.csv"}, "files"),
        ({"mode": "guess"}, "mode"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"form": "yesterday"}, "form"),
        ({"speed": 0}, "speed"),
        ({"speed": float("nan")}, "speed"),
        ({"loop": "yes"}, "loop"),
        ({"look_s": True}, "look_s"),
        ({"host": "here"}, "host"),
    )
    lost_s = 2.0

    @classmethod
    def make_peer(cls, port: int) -> FolderPeer:
        return FolderPeer(port)

    def settings(self, port: int) -> dict[str, Any]:
        return {"folder": str(ROOT / str(port)), "mode": "replay", "look_s": 0.1, "settle_s": 0.0}

    @pytest.fixture(autouse=True)
    def allow(self, tmp_path: Path) -> Iterator[None]:
        """Whoever runs the installation lets the peers' folder be read; the frame's rig keeps drivers in tmp_path."""
        for place in (tmp_path / "drivers" / "files", tmp_path / "files", tmp_path / "edge" / "drivers" / "files"):
            place.mkdir(parents=True, exist_ok=True)
            (place / "allowed").write_text(f"{ROOT}\n")
        yield

    async def test_who_does_not_answer_is_unavailable(self, driver: Driver) -> None:
        with pytest.raises(Unavailable) as caught:
            async with self.opened(driver, free_port()) as session:
                await session.collect(self.items(), Rows())
        assert caught.value.what and caught.value.mend

    async def test_a_loss_is_seen_in_time(self, tmp_path: Path) -> None:
        """A folder is neither a process that freezes nor a link that drops; it can only be gone."""
        peer = self.make_peer(free_port()).start()
        driver = Drivers(tmp_path / "drivers").get(self.name)
        async with self.running(driver, peer.port) as (session, _):
            peer.kill()
            assert await session.wait_lost()

    async def test_shutdown_is_in_time_while_the_peer_is_frozen(self) -> None:
        """A folder does not freeze."""

    async def test_a_written_value_is_read_back(self, driver: Driver, peer: FolderPeer) -> None:
        """Files are read only."""
        async with self.opened(driver, peer.port) as session:
            assert not isinstance(session, Writes)

    async def test_a_refused_write_says_why_and_changes_nothing(self) -> None:
        """Files are read only."""

    async def test_a_write_without_answer_is_not_known(self) -> None:
        """Files are read only."""

"""Promise: new files are collected once with quality and source time; paths that lead out are refused."""

import asyncio
from pathlib import Path

import pytest
import yaml

from kandelia.base.quality import BAD
from kandelia.drivers.files.config import read_config
from kandelia.drivers.files.driver import FilesDriver
from kandelia.sdk.drivers import InvalidInput, Item, Kind, Unavailable

ROOM = Path(__file__).parents[1]
LONG = "time,tag,value,quality\n2026-05-01T08:00:00Z,a,1.5,Good\n2026-05-01T08:00:01Z,b,2,Bad\n"
QUICK = {"folder": "in", "look_s": 0.1, "settle_s": 0.0}


class Kept:
    def __init__(self) -> None:
        self.rows: list[tuple] = []
        self.faults: list[str] = []

    def add(self, numbers, times_ns, qualities, values, lost_before=()) -> None:
        self.rows += zip(map(int, numbers), map(int, times_ns), map(int, qualities), values, strict=True)

    def alive(self) -> None: ...

    def dropped(self, count: int) -> None: ...

    def fault(self, what: str) -> None:
        self.faults.append(what)


def made(tmp_path: Path) -> FilesDriver:
    driver = FilesDriver()
    driver.keep_in(tmp_path / "files")
    (tmp_path / "files" / "in").mkdir()
    return driver


async def until(check) -> None:
    async with asyncio.timeout(30):
        while not check():
            await asyncio.sleep(0.02)


async def test_new_files_are_collected_once(tmp_path: Path) -> None:
    driver, sink = made(tmp_path), Kept()
    items = [Item(1, "a", Kind.FLOAT, 1_000), Item(2, "b", Kind.FLOAT, 1_000)]
    folder = tmp_path / "files" / "in"
    session = await driver.open(driver.configure(QUICK), {})
    assert await session.collect(items, sink) == {}
    (folder / "one.csv").write_text(LONG)
    await until(lambda: len(sink.rows) == 2)
    assert sorted(sink.rows) == [(1, 1_777_622_400_000_000_000, 0, 1.5), (2, 1_777_622_401_000_000_000, BAD, 2.0)]
    (folder / "two.csv").write_text(LONG.replace("1.5", "wrong"))
    await until(lambda: len(sink.rows) == 3 and sink.faults)
    assert "two.csv, line 2, a: value wrong" in sink.faults[0]
    kept = tmp_path / "files" / ".state"
    await until(lambda: any("two.csv" in one.read_text() for one in kept.glob("*.json")))
    await session.close()
    session = await driver.open(driver.configure(QUICK), {})
    await session.collect(items, sink)
    (folder / "three.csv").write_text(LONG)
    await until(lambda: len(sink.rows) == 5)
    await session.close()


async def test_a_folder_that_leads_out_is_refused(tmp_path: Path) -> None:
    driver = made(tmp_path)
    (tmp_path / "files" / "link").symlink_to("/etc")
    for folder in ("../..", "in/../../..", "/etc", "link"):
        with pytest.raises(InvalidInput) as caught:
            await driver.open(driver.configure({"folder": folder}), {})
        assert caught.value.where == "settings.folder"
    with pytest.raises(Unavailable):
        await driver.open(driver.configure({"folder": "missing"}), {})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "files" / "allowed").write_text(f"{tmp_path / 'elsewhere'}\n")
    session = await driver.open(driver.configure({"folder": str(tmp_path / "elsewhere")}), {})
    await session.close()


async def test_times_without_a_zone_need_one(tmp_path: Path) -> None:
    driver, sink = made(tmp_path), Kept()
    (tmp_path / "files" / "in" / "one.csv").write_text("time,a\n2026-05-01 08:00,1\n")
    session = await driver.open(driver.configure(QUICK), {})
    await session.collect([Item(1, "a", Kind.FLOAT, 1_000)], sink)
    await until(lambda: sink.faults)
    assert "zone" in sink.faults[0] and not sink.rows
    await session.close()


def test_the_sample_is_valid() -> None:
    for connection in yaml.safe_load((ROOM / "sample.yaml").read_text())["connections"]:
        read_config(connection["settings"])

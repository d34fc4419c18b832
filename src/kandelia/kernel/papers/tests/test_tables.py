"""Promise: a list leaves as a file as it is seen, and a file comes in line by line, each good line once."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.kernel.access.audit import verify_chain
from kandelia.kernel.files import tables
from kandelia.kernel.jobs.contracts import JobCancelled
from kandelia.kernel.papers import exporting, runs
from kandelia.kernel.papers.contracts import ImportState
from kandelia.kernel.papers.models import Import
from kandelia.kernel.papers.tests.places import DESK, FIRM, OTHER, READER, laboratory, make_places
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Query

pytestmark = pytest.mark.django_db
HEAD = ["登记号", "Name", "类别", "成立日期", "设备原值", "上级实验室", "备注"]


@pytest.fixture(autouse=True)
def places(tmp_path: Path, settings) -> None:
    make_places()
    settings.PLATFORM = type(settings.PLATFORM)(directory=tmp_path, files=settings.PLATFORM.files)


def sent(rows: list[list[Any]], head: list[str] = HEAD, format: str = "xlsx", viewer=FIRM):
    return runs.begin(viewer, "laboratory", f"表.{format}", tables.write(format, head, rows))


def row(number: str, **more: Any) -> list[Any]:
    given = {"name": "甲", "kind": "金属", "opened": "2026-11-24", "equipment": Decimal("10.50"), "parent": ""}
    return [number, *{**given, **more}.values(), "x"]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_good_lines_are_made_and_wrong_ones_told(format: str) -> None:
    laboratory("L-9")
    rows = [
        row("L-1"),
        row("L-2", kind="鱼", opened="明天"),
        row("L-9"),
        row("L-3", parent="L-9 第 L-9 实验室"),
        row("L-1"),
    ]
    run = sent(rows, format=format)
    assert (run.state, run.rows, run.good, run.known, run.wrong) == (ImportState.CHECKED, 5, 2, 2, 1)
    assert run.fields == ("number", "name", "kind", "opened", "equipment", "parent", "") and run.missing == ()
    assert [(one.line, one.column) for one in run.mistakes] == [(3, "类别"), (3, "成立日期")]
    assert "metal (金属)" in run.mistakes[0].mend and "2026-11-24" in run.mistakes[1].mend
    done = runs.write(FIRM, run.id)
    assert (done.state, done.made) == (ImportState.DONE, 2)
    made = facade.page(FIRM, "laboratory", Query(sort="created")).items
    assert [view.values["number"] for view in made] == ["L-9", "L-1", "L-3"]
    assert made[1].values["equipment"] == Decimal("10.50") and made[2].values["parent"].id == made[0].id
    head, wrong = runs.wrong_lines(FIRM, run.id)
    assert head == HEAD and [line.number for line in wrong] == [3]
    assert verify_chain() is None


def test_the_same_file_again_changes_nothing() -> None:
    for made in (2, 0):
        run = sent([row("L-1"), row("L-2")])
        assert runs.write(FIRM, run.id).made == made
    with pytest.raises(Conflict):
        runs.write(FIRM, run.id)


class Context:
    """A job that ends after some reports of progress."""

    def __init__(self, reports: int) -> None:
        self.left = reports

    def progress(self, share: float, words: str = "") -> None:
        self.left -= 1
        if self.left < 0:
            raise JobCancelled


def test_an_ended_run_goes_on_where_it_stopped(monkeypatch, django_capture_on_commit_callbacks) -> None:
    monkeypatch.setattr(runs, "AT_ONCE_BYTES_MAX", 10)
    monkeypatch.setattr(runs, "CHUNK_ROWS", 3)
    run = sent([row(f"L-{n}") for n in range(8)])
    assert run.state is ImportState.CHECKING and run.job
    runs.work(Context(99), {"id": run.id})  # type: ignore[arg-type]
    assert runs.write(FIRM, run.id).state is ImportState.WRITING
    with pytest.raises(JobCancelled):
        runs.work(Context(1), {"id": run.id})  # type: ignore[arg-type]
    assert runs.view(FIRM, run.id).made == 6
    runs.work(Context(99), {"id": run.id})  # type: ignore[arg-type]
    done = runs.view(FIRM, run.id)
    assert (done.state, done.made, facade.page(FIRM, "laboratory", Query()).total) == (ImportState.DONE, 8, 8)


def test_who_may_not_make_one_may_not_import() -> None:
    with pytest.raises(NotAllowed):
        runs.begin(READER, "tender", "t.csv", [b"subject,budget"])
    run = sent([row("L-1")])
    for stranger in (OTHER, DESK):
        with pytest.raises(NotFound):
            runs.view(stranger, run.id)
    for head, what in ((["a", "b"], "no column fits"), (["登记号"], "no column for name, kind")):
        with pytest.raises(InvalidInput, match=what):
            runs.write(FIRM, sent([["L-1"]], head=head).id)


def test_files_of_old_imports_go(tmp_path: Path) -> None:
    run = sent([row("L-1")])
    Import.objects.update(created_at="2020-01-01T00:00:00Z")
    assert runs.clean(None, {}) == {"removed": 1}  # type: ignore[arg-type]
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    with pytest.raises(NotFound, match="no longer kept"):
        list(runs.wrong_lines(FIRM, run.id)[1])


def test_a_list_leaves_as_it_is_seen(monkeypatch) -> None:
    monkeypatch.setattr(exporting, "LIMIT_MAX", 3)
    for n in range(8):
        laboratory(f"L-{n}", kind="food" if n % 2 else "metal", equipment="1250000.10", account="6222020200112233")
    query = Query(filters={"kind": ("metal",)}, sort="name")
    head, rows = exporting.table(FIRM, "laboratory", query, ("number", "kind", "equipment", "account", "state"))
    assert head == ["登记号", "类别", "设备原值", "银行账号", "状态"]
    got = list(rows)
    assert [cells[0] for cells in got] == ["L-0", "L-2", "L-4", "L-6"]
    assert got[0][1:] == ["金属", Decimal("1250000.10"), "6222020200112233", "草稿"]
    assert next(exporting.table(READER, "laboratory", query, ("account",))[1]) == ["************2233"]
    assert list(exporting.table(OTHER, "laboratory", query)[1]) == []
    with pytest.raises(InvalidInput):
        exporting.table(FIRM, "laboratory", query, ("colour",))

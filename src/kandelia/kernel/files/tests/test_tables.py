"""Promise: a table reads back as it was written, in both formats, and nothing in it is ever run."""

import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from kandelia.base.errors import InvalidInput, TooMuch
from kandelia.kernel.files import tables
from kandelia.kernel.files.logic.cells import given as meant
from kandelia.kernel.files.logic.cells import harmless

HEAD = ["名称", "金额"]
ROWS = [["甲公司", Decimal("1250000.10")], ["=1+1", Decimal("-3.00")], ["@SUM(A1)", None], ["13800001234", 7]]


def written(format: str, tmp_path: Path, rows=ROWS) -> Path:
    path = tmp_path / f"table.{format}"
    path.write_bytes(b"".join(tables.write(format, HEAD, rows)))
    return path


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_round_trip_is_true(format: str, tmp_path: Path) -> None:
    got = [cells for _, cells in tables.read(written(format, tmp_path), format)]
    assert got[0] == HEAD and [row[0] for row in got[1:]] == [row[0] for row in ROWS]
    assert Decimal(str(got[1][1])) == ROWS[0][1] and Decimal(str(got[2][1])) == Decimal(-3)


def test_a_spreadsheet_sees_texts_and_no_formula(tmp_path: Path) -> None:
    sheet = load_workbook(written("xlsx", tmp_path)).worksheets[0]
    assert [(cell.data_type, cell.value) for cell in sheet["A"]][2:4] == [("s", "=1+1"), ("s", "@SUM(A1)")]
    rows = list(csv.reader(io.StringIO(written("csv", tmp_path).read_text(encoding="utf-8-sig"))))
    assert rows[2][0] == "'=1+1" and rows[2][1] == "-3.00"


def test_of_a_formula_the_saved_value_is_read(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["a", "=WEBSERVICE(1)"])
    book.active.append([dt.datetime(2026, 11, 24), 12.0])
    book.save(tmp_path / "f.xlsx")
    assert [cells for _, cells in tables.read(tmp_path / "f.xlsx", "xlsx")] == [
        ["a", None],
        [dt.date(2026, 11, 24), 12],
    ]


def test_chinese_spreadsheets_of_either_encoding_are_read(tmp_path: Path) -> None:
    for encoding in ("gb18030", "utf-8", "utf-8-sig"):
        (tmp_path / "t.csv").write_text("名称;金额\n\n深圳;1\n", encoding=encoding)
        assert list(tables.read(tmp_path / "t.csv", "csv")) == [(1, ["名称", "金额"]), (3, ["深圳", "1"])]


def test_what_is_no_table_or_too_large_says_so(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"PK\x03\x04nothing")
    with pytest.raises(InvalidInput):
        list(tables.read(tmp_path / "x.xlsx", "xlsx"))
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 3_000_000)
    monkeypatch.setattr(tables, "UNPACKED_BYTES_MAX", 1_000_000)
    with pytest.raises(TooMuch):
        list(tables.read(tmp_path / "bomb.xlsx", "xlsx"))
    monkeypatch.setattr(tables, "ROWS_MAX", 2)
    with pytest.raises(TooMuch):
        list(tables.read(written("csv", tmp_path), "csv"))


@settings(max_examples=200)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\t"), max_size=20).map(str.strip))
def test_a_harmless_cell_means_what_it_meant(text: str) -> None:
    assert not harmless(text).startswith(("=", "@")) and meant(harmless(text)) in (text, text.removeprefix("'"))

"""Tables in files: CSV and XLSX, read row by row within limits and written as they are sent.

Formulas are never executed: of a formula the value that the spreadsheet saved with it is read.
"""

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time
from decimal import Decimal
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from kandelia.base.errors import InvalidInput, TooMuch
from kandelia.kernel.files.logic.cells import given, harmless, is_empty, writable

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ROWS_MAX = 200_000
COLUMNS_MAX = 300
UNPACKED_BYTES_MAX = 400_000_000
ROWS_PER_CHUNK = 500
CHUNK_BYTES = 262_144
SPOOL_BYTES_MAX = 4_000_000
COLUMN_WIDTH, COLUMN_WIDTH_MAX = 14, 40
ENCODINGS = ("utf-8-sig", "gb18030")  # what Chinese spreadsheets write
Row = tuple[int, list[Any]]  # the line in the file, its cells


def _spreadsheets() -> Any:
    """The library, loaded at the first spreadsheet: 22 MB in each role that never sees one."""
    return import_module("openpyxl")


def read(path: Path, format: str) -> Iterator[Row]:
    """The rows that hold something, the head first. InvalidInput for a file that is none, TooMuch beyond the limits."""
    if format not in FORMATS:
        raise InvalidInput(f'no table in a file ".{format[:20]}"', "file", "send .xlsx or .csv", "format")
    rows = _read_csv(path) if format == "csv" else _read_xlsx(path)
    for count, (line, cells) in enumerate(rows):
        if count > ROWS_MAX or len(cells) > COLUMNS_MAX:
            raise TooMuch(
                "the table is too large",
                f"row {line}",
                f"at most {ROWS_MAX} rows and {COLUMNS_MAX} columns",
                "too-large",
            )
        if not is_empty(cells):
            yield line, cells


def _read_csv(path: Path) -> Iterator[Row]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        start = file.read(8_192)
        file.seek(0)
        first = start.partition("\n")[0]
        separator = max(",;\t", key=first.count)
        lines = csv.reader(file, delimiter=separator)
        try:
            for cells in lines:
                yield lines.line_num, [given(cell.strip()) for cell in cells]
        except csv.Error as error:
            raise InvalidInput(f"this is no CSV: {error}", f"row {lines.line_num}", "save it again as CSV") from error


def _encoding(path: Path) -> str:
    for encoding in ENCODINGS:
        try:
            with path.open(encoding=encoding) as file:
                while file.read(CHUNK_BYTES):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise InvalidInput("the file is neither UTF-8 nor GB18030 text", "file", "save it as CSV UTF-8", "encoding")


def _read_xlsx(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        book = _workbook(file)
        try:
            sheet = book.worksheets[0] if book.worksheets else None
            for line, cells in enumerate(sheet.iter_rows(values_only=True), 1) if sheet is not None else ():
                yield line, [_cell(cell) for cell in cells]
        finally:
            book.close()


def _workbook(file: BinaryIO) -> Any:
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED_BYTES_MAX:
                raise TooMuch("the workbook is too large", "file", "send fewer rows", "too-large")
        return _spreadsheets().load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise InvalidInput("this is no workbook (.xlsx)", "file", "save it again as .xlsx", "format") from error


def _cell(value: Any) -> Any:
    """Whole numbers without a point, midnight as a day: what a person saw in the cell."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return given(value.strip()) if isinstance(value, str) else value


def write(format: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A file of this format as it is made."""
    if format not in FORMATS:
        raise InvalidInput(f'no export as "{format[:20]}"', "format", f"one of: {', '.join(FORMATS)}", "format")
    return _write_csv(head, rows) if format == "csv" else _write_xlsx(head, rows)


def _write_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"  # a spreadsheet takes it for UTF-8 only with this mark
    wanted = iter(rows)
    chunk: list[Sequence[Any]] = [head]
    while chunk:
        text = io.StringIO()
        csv.writer(text).writerows([_said(cell) for cell in row] for row in chunk)
        yield text.getvalue().encode()
        chunk = list(islice(wanted, ROWS_PER_CHUNK))


def _said(cell: Any) -> Any:
    return harmless(cell) if isinstance(cell, str) else cell


def _write_xlsx(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    book = _spreadsheets().Workbook(write_only=True)
    sheet = book.create_sheet()
    for number, title in enumerate(head):
        sheet.column_dimensions[_letters(number)].width = min(max(COLUMN_WIDTH, len(title) * 2), COLUMN_WIDTH_MAX)
    sheet.freeze_panes = "A2"
    sheet.append([_bold(sheet, title) for title in head])
    for row in rows:
        sheet.append([_xlsx_cell(sheet, cell) for cell in row])
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES_MAX) as file:
        book.save(file)
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _letters(number: int) -> str:
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def _bold(sheet: Any, title: str) -> Any:
    cell = _spreadsheets().cell.WriteOnlyCell(sheet, value=title)
    cell.font = _spreadsheets().styles.Font(bold=True)
    return cell


def _xlsx_cell(sheet: Any, value: Any) -> Any:
    """Texts are said to be texts: one that begins with = would else become a formula."""
    if isinstance(value, str):
        cell = _spreadsheets().cell.WriteOnlyCell(sheet, value=writable(value))
        cell.data_type = "s"
        return cell
    if isinstance(value, Decimal):
        exact: Any = value  # the types leave Decimal out, which openpyxl writes digit by digit
        cell = _spreadsheets().cell.WriteOnlyCell(sheet, value=exact)
        cell.number_format = "#,##0.00" if value.as_tuple().exponent == -2 else "General"
        return cell
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return value

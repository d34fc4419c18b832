"""Files of samples opened and read in tables: CSV by Arrow in blocks, Parquet by row groups, XLSX row by row.

Nothing is read whole: memory is bounded by a block (CSV), a batch of rows (Parquet, XLSX).
"""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from kandelia.base.errors import InvalidInput, TooMuch
from kandelia.base.text import Said
from kandelia.kernel.transfers.logic import dialects, findings
from kandelia.kernel.transfers.logic.dialects import COLUMNS_MAX, Dialect
from kandelia.kernel.transfers.logic.findings import Found
from kandelia.kernel.transfers.logic.times import Form

FORMATS = ("csv", "txt", "tsv", "parquet", "xlsx")
BLOCK_BYTES = 4_000_000
BATCH_ROWS = 100_000
HEAD_BYTES = 1_000_000
TAIL_BYTES = 65_536
HEAD_ROWS = 2_000
XLSX_ROWS = 5_000
XLSX_UNPACKED_BYTES_MAX = 1_000_000_000
NAMES_ROWS = 500_000  # rows of a long table that are looked through for names of signals
MENDS = {
    "csv": Said("请重新保存为 CSV", "save it again as CSV"),
    "parquet": Said("请发送另一个 Parquet 文件", "send another Parquet file"),
    "xlsx": Said("请重新保存为 .xlsx", "save it again as .xlsx"),
}
ANOTHER = Said("请另选一个", "choose another")
LIGHTER = Said("请改为 CSV 或 Parquet 发送", "send it as CSV or Parquet")
NO_ROWS = Said("没有数据行", "it has no rows of values")


@dataclass
class Block:
    """Some rows with the lines they stand in; `share` is how much of the file has been read (0 … 1)."""

    table: pa.Table
    lines: np.ndarray
    share: float
    broken: list[tuple[int, str]] = field(default_factory=list)  # lines that are no rows, with their text


def format_of(file: Path, name: str = "") -> str:
    """csv, parquet or xlsx, by what the file begins with; InvalidInput for what is none."""
    with file.open("rb") as opened:
        start = opened.read(8)
    if not start:
        raise InvalidInput(Said("文件是空的", "the file is empty"), name or file.name, ANOTHER, "empty")
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"PK\x03\x04"):
        return "xlsx"
    if start.startswith((b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF", b"\x7fELF", b"MZ", b"7z\xbc\xaf", b"Rar!")):
        mend = Said("请发送 CSV、Parquet 或 XLSX", "send CSV, Parquet or XLSX")
        raise InvalidInput(Said("无法识别此表格", "this is no table we read"), name or file.name, mend, "format")
    return "csv"


def inspect(file: Path) -> Found:
    """What the file holds. InvalidInput or TooMuch say why it cannot be read."""
    format = format_of(file)
    size = file.stat().st_size
    found = {"csv": _inspect_csv, "parquet": _inspect_parquet, "xlsx": _inspect_xlsx}[format](file)
    return replace(found, bytes=size)


def blocks(file: Path, format: str, dialect: Dialect, columns: Sequence[str]) -> Iterator[Block]:
    """All rows, in the order of the file. `columns` are its names, as `inspect` told them."""
    if format == "parquet":
        return _parquet_blocks(file)
    return _xlsx_blocks(file, dialect, columns) if format == "xlsx" else _csv_blocks(file, dialect, columns)


def _inspect_csv(file: Path) -> Found:
    with file.open("rb") as opened:
        data = opened.read(HEAD_BYTES)
        whole = len(data) < HEAD_BYTES
        opened.seek(max(0, file.stat().st_size - TAIL_BYTES) & ~1)
        tail = opened.read()
    encoding = dialects.encoding_of(data)
    text = dialects.text_of(data, encoding, whole=whole)
    dialect, head = dialects.find(text, encoding)
    rows = _more_rows(text, dialect, len(head.names))
    if not rows and not head.rows:
        raise InvalidInput(NO_ROWS, "file", ANOTHER, "empty")
    last = _last_row(tail, dialect, len(head.names)) if not whole else rows[-1:]
    found = findings.find("csv", head.names, head.units, rows or head.rows, dialect)
    found = _with_last(found, head.names, last)
    return _with_names(file, found) if found.form == "long" else found


def _more_rows(text: str, dialect: Dialect, width: int) -> list[list[str]]:
    """Rows of the beginning beyond the few that the dialect was found by."""
    lines = csv.reader(text.splitlines(keepends=True), delimiter=dialect.separator)
    try:
        rows = list(islice(lines, dialect.skip + HEAD_ROWS))[dialect.skip :]
    except csv.Error as error:
        raise InvalidInput(
            Said("这不是 CSV", f"this is no CSV: {error}"), f"line {lines.line_num}", MENDS["csv"], "format"
        ) from error
    return [[cell.strip() for cell in row] for row in rows if len(row) == width]


def _last_row(tail: bytes, dialect: Dialect, width: int) -> list[list[str]]:
    encoding = {"utf-16": "utf-16-le"}.get(dialect.encoding, dialect.encoding)
    lines = tail.decode(encoding, errors="replace").splitlines()[1:]
    try:
        rows = list(csv.reader(lines, delimiter=dialect.separator))
    except csv.Error:
        return []
    return [[cell.strip() for cell in row] for row in rows if len(row) == width][-1:]


def _with_last(found: Found, names: Sequence[str], last: Sequence[Sequence[str]]) -> Found:
    if not last:
        return found
    places = [list(names).index(name) for name in found.time.columns]
    return replace(found, last=tuple(last[0][place] for place in places))


def _with_names(file: Path, found: Found) -> Found:
    """Names of signals in the first NAMES_ROWS rows of a long table, not only in those that were looked at."""
    names: dict[str, None] = dict.fromkeys(found.names)
    rows = 0
    for block in blocks(file, found.format, found.dialect, [column.name for column in found.columns]):
        column = block.table[found.names_column]
        for name in pc.unique(column.cast(pa.string())).to_pylist():
            if name:
                names[name] = None
        rows += block.table.num_rows
        if rows >= NAMES_ROWS or len(names) >= findings.NAMES_MAX:
            break
    return replace(found, names=tuple(names)[: findings.NAMES_MAX])


def _csv_blocks(file: Path, dialect: Dialect, columns: Sequence[str]) -> Iterator[Block]:
    broken: list[tuple[int, str]] = []

    def skip(row: Any) -> str:
        broken.append((int(row.number or 0), str(row.text or "")[:200]))
        return "skip"

    size = max(1, file.stat().st_size)
    with pa.OSFile(str(file)) as opened, _reader(opened, dialect, columns, skip) as reader:
        line, block = dialect.skip + 1, 0
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                batch = None
            except (pa.ArrowException, UnicodeDecodeError) as error:
                where = f"after line {line - 1}"
                raise InvalidInput(
                    Said("无法继续读取", f"cannot be read on: {str(error)[:200]}"), where, MENDS["csv"], "format"
                ) from error
            rows = 0 if batch is None else batch.num_rows
            lines, line = _lines(line, rows, [number for number, _ in broken])
            told = [(number, text) for number, text in broken if text.strip()]
            broken.clear()
            if batch is None:
                if told:
                    yield Block(_empty(columns), lines, 1.0, told)
                return
            table, lines = _filled(pa.Table.from_batches([batch]), lines)
            block += 1  # Arrow has read ahead: the place in the file alone would tell too much
            yield Block(table, lines, min(1.0, opened.tell() / size, block * BLOCK_BYTES / size), told)


def _reader(
    opened: pa.NativeFile, dialect: Dialect, columns: Sequence[str], skip: Any
) -> pyarrow.csv.CSVStreamingReader:
    read = pyarrow.csv.ReadOptions(
        use_threads=False,
        block_size=BLOCK_BYTES,
        skip_rows=dialect.skip,
        column_names=list(columns),
        encoding={"utf-8": "utf8"}.get(dialect.encoding, dialect.encoding),
    )
    parse = pyarrow.csv.ParseOptions(
        delimiter=dialect.separator,
        newlines_in_values=dialect.quoted,
        ignore_empty_lines=False,
        invalid_row_handler=skip,
    )
    convert = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False, check_utf8=True
    )
    try:
        return pyarrow.csv.open_csv(opened, read, parse, convert)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InvalidInput(
            Said("这不是 CSV", f"this is no CSV: {str(error)[:200]}"), "file", MENDS["csv"], "format"
        ) from error


def _lines(line: int, rows: int, skipped: Sequence[int]) -> tuple[np.ndarray, int]:
    """The lines of the next rows, where some lines between them are no rows; and the line after them."""
    lines = np.arange(line, line + rows)
    for number in sorted(skipped):
        lines[lines >= number] += 1
    return lines, line + rows + len(skipped)


def _filled(table: pa.Table, lines: np.ndarray) -> tuple[pa.Table, np.ndarray]:
    """Without empty lines, which Arrow gives as rows of empty cells."""
    empty = np.ones(table.num_rows, bool)
    for column in table.columns:
        if not empty.any():
            return table, lines
        empty &= pc.equal(column, "").to_numpy()
    return table.filter(pa.array(~empty)), lines[~empty]


def _empty(columns: Sequence[str]) -> pa.Table:
    return pa.table({name: pa.array([], pa.string()) for name in columns})


def _inspect_parquet(file: Path) -> Found:
    with _parquet(file) as opened:
        schema = opened.schema_arrow
        if len(schema.names) > COLUMNS_MAX:
            raise TooMuch(f"{len(schema.names)} columns", "file", f"give {COLUMNS_MAX} at most", "too-many-columns")
        head = next(_batches(opened, HEAD_ROWS), None)
        if head is None:
            raise InvalidInput(NO_ROWS, "file", ANOTHER, "empty")
        last = _parquet_last(opened)
        rows = opened.metadata.num_rows
    names = schema.names
    native = {
        field.name: Form("ymd", zoned=pa.types.is_timestamp(field.type) and bool(field.type.tz))
        for field in schema
        if pa.types.is_timestamp(field.type) or pa.types.is_date(field.type)
    }
    found = findings.find("parquet", names, ("",) * len(names), _as_texts(head), Dialect(), native)
    found = _with_last(replace(found, rows=rows), names, _as_texts(last)[-1:])
    return _with_names(file, found) if found.form == "long" else found


def _parquet(file: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(
            Said("这不是 Parquet 文件", f"not a Parquet file: {str(error)[:200]}"), "file", MENDS["parquet"], "format"
        ) from error


def _batches(opened: pq.ParquetFile, rows: int) -> Iterator[pa.RecordBatch]:
    try:
        yield from opened.iter_batches(rows)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(
            Said("无法继续读取", f"cannot be read on: {str(error)[:200]}"), "file", MENDS["parquet"], "format"
        ) from error


def _parquet_last(opened: pq.ParquetFile) -> pa.RecordBatch:
    try:
        table = opened.read_row_group(opened.num_row_groups - 1)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(
            Said("无法读取", f"cannot be read: {str(error)[:200]}"), "file", MENDS["parquet"], "format"
        ) from error
    tail = table.slice(max(0, table.num_rows - 1)).combine_chunks()
    return tail.to_batches()[0] if tail.num_rows else pa.RecordBatch.from_pylist([], schema=table.schema)


def _as_texts(batch: pa.RecordBatch) -> list[list[str]]:
    """A few rows as the texts a person would see; for looking at only."""
    columns = [[_told(value) for value in column.to_pylist()] for column in batch.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat(" ")
    return str(value)[:500]


def _parquet_blocks(file: Path) -> Iterator[Block]:
    with _parquet(file) as opened:
        total, row = max(1, opened.metadata.num_rows), 0
        for batch in _batches(opened, BATCH_ROWS):
            lines = np.arange(row + 1, row + batch.num_rows + 1)
            row += batch.num_rows
            yield Block(pa.Table.from_batches([batch]), lines, row / total)


def _inspect_xlsx(file: Path) -> Found:
    rows = [cells for _, cells in islice(_xlsx_rows(file), HEAD_ROWS)]
    head = dialects.head_of(rows)
    if not head.rows:
        raise InvalidInput(NO_ROWS, "file", ANOTHER, "empty")
    found = findings.find("xlsx", head.names, head.units, head.rows, Dialect(skip=head.skip))
    return _with_names(file, found) if found.form == "long" else found


def _xlsx_blocks(file: Path, dialect: Dialect, columns: Sequence[str]) -> Iterator[Block]:
    rows = islice(_xlsx_rows(file), dialect.skip, None)
    width, size = len(columns), max(1, file.stat().st_size)
    read = 0
    while chunk := list(islice(rows, XLSX_ROWS)):
        good = [(line, (cells + [""] * width)[:width]) for line, cells in chunk if any(cells)]
        table = pa.table(
            {name: pa.array([cells[n] for _, cells in good], pa.string()) for n, name in enumerate(columns)}
        )
        read += len(chunk)
        yield Block(table, np.array([line for line, _ in good], np.int64), min(0.99, read * width * 8 / size))


def _xlsx_rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Every row of the first sheet as texts; empty rows too, so that places stay."""
    openpyxl = import_module("openpyxl")  # 22 MB that only a spreadsheet needs
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(one.file_size for one in packed.infolist()) > XLSX_UNPACKED_BYTES_MAX:
                raise TooMuch(Said("工作簿太大", "the workbook is too large"), "file", LIGHTER, "too-large")
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, AttributeError, TypeError) as error:
        raise InvalidInput(
            Said("这不是工作簿（.xlsx）", "this is no workbook (.xlsx)"), "file", MENDS["xlsx"], "format"
        ) from error
    try:
        if not book.worksheets:
            raise InvalidInput(Said("工作簿没有工作表", "the workbook has no sheet"), "file", MENDS["xlsx"], "format")
        for line, cells in enumerate(book.worksheets[0].iter_rows(max_col=COLUMNS_MAX, values_only=True), 1):
            yield line, _without_end([_cell(cell) for cell in cells])
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, AttributeError, TypeError, SyntaxError) as error:
        raise InvalidInput(Said("工作簿已损坏", "the workbook is damaged"), "file", MENDS["xlsx"], "format") from error
    finally:
        book.close()


def _without_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value).strip()[:5_000]

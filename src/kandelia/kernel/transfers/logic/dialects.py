"""How a text table is written: encoding, separator, decimal sign, where its names and rows begin. Found, not asked."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kandelia.base.errors import InvalidInput
from kandelia.base.text import Said

SEPARATORS = ("\t", ";", "|", ",")
LINES_LOOKED_AT = 60
CONSISTENT = 0.8  # share of the lines that must have as many cells as most
COLUMNS_MAX = 2_000
NAME_CHARACTERS_MAX = 200
HEAD_LINES_MAX = 40
PAIRS_MIN = 0.7  # share of the high bytes that must form GB 2312 pairs for the text to be Chinese
_NUMBER = re.compile(r"[+-]?(\d{1,3}([., ]\d{3})*|\d+)([.,]\d*)?([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+")
_POINT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)\.\d+")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Of a CSV file. `skip` lines stand before the first row of values; `quoted`: cells may hold line breaks."""

    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    skip: int = 1
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """Names of the columns (each once), their units where a line tells them, and the first rows as texts."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    skip: int
    rows: tuple[tuple[str, ...], ...]


def encoding_of(data: bytes) -> str:
    """Of the beginning of a file: UTF-8, UTF-16, GB18030, else Windows-1252."""
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return name
    even, odd = data[0:4_000:2].count(0), data[1:4_000:2].count(0)
    if max(even, odd) > 10 and min(even, odd) == 0:
        return "utf-16-le" if odd else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    high = sum(byte >= 0x80 for byte in data)
    pairs = len(re.findall(rb"[\xa1-\xf7][\xa1-\xfe]", data)) * 2
    try:
        codecs.getincrementaldecoder("gb18030")().decode(data)
    except UnicodeDecodeError:
        return "cp1252"
    return "gb18030" if pairs >= high * PAIRS_MIN else "cp1252"


def text_of(data: bytes, encoding: str, *, whole: bool) -> str:
    """The beginning of a file as text; a last line that may be cut is left out unless the file is `whole`."""
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(data).removeprefix("\ufeff")
    if "\0" in text:
        what = Said("这不是文本表格：含有零字节", "this is no text table: it holds zero bytes")
        mend = Said("请发送 CSV、Parquet 或 XLSX", "send CSV, Parquet or XLSX")
        raise InvalidInput(what, "file", mend, "format")
    return text if whole else text[: text.rfind("\n") + 1] or text


def find(text: str, encoding: str) -> tuple[Dialect, Head]:
    """Dialect and head of a text table; InvalidInput where no columns can be seen."""
    separator = _separator(text)
    rows = _rows(text, separator)
    head = head_of(rows)
    decimal = "," if separator != "," and _commas(head.rows) else "."
    return Dialect(encoding, separator, decimal, head.skip, '"' in text), head


def head_of(rows: Sequence[Sequence[str]]) -> Head:
    """Where names and rows begin: lines before them (a logger's own words) are skipped."""
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        mend = Said("每行请给出时间和数值", "give a time and a value in each row")
        raise InvalidInput(Said("看不出列", "no columns can be seen"), "file", mend, "no-columns")
    width = max(widths, key=lambda one: (widths[one], one))
    if width > COLUMNS_MAX:
        mend = Said(f"最多 {COLUMNS_MAX} 列", f"give {COLUMNS_MAX} at most")
        raise InvalidInput(Said(f"{width} 列", f"{width} columns"), "file", mend, "too-many-columns")
    start = next(place for place, row in enumerate(rows) if len(row) == width)
    if start > HEAD_LINES_MAX:
        mend = Said(f"最迟从第 {HEAD_LINES_MAX} 行开始", f"at line {HEAD_LINES_MAX} at latest")
        raise InvalidInput(Said("表格开始得太靠下", "the table begins too far down"), "file", mend, "head")
    names: Sequence[str] = ()
    units: Sequence[str] = ()
    place = start
    if not _has_values(rows[place]):
        names, place = rows[place], place + 1
        if place + 1 < len(rows) and not _has_values(rows[place]) and _has_values(rows[place + 1]):
            units, place = rows[place], place + 1
    values = [tuple(row) for row in rows[place:] if len(row) == width]
    return Head(_names(names, width), (*units, *("",) * width)[:width], place, tuple(values))


def _separator(text: str) -> str:
    found: dict[str, tuple[float, int]] = {}
    for separator in SEPARATORS:
        widths = Counter(len(row) for row in _rows(text, separator) if row)
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda one: (one[0] > 1, one[1]))
        share = count / sum(widths.values())
        if width > 1 and share >= CONSISTENT:
            return separator
        found[separator] = (share if width > 1 else 0.0, width)
    if not found:
        what = Said("文件是空的", "the file is empty")
        raise InvalidInput(what, "file", Said("请另选一个", "choose another"), "empty")
    return max(found, key=lambda one: found[one])


def _rows(text: str, separator: str) -> list[list[str]]:
    lines = text.splitlines(keepends=True)[: LINES_LOOKED_AT * 20]
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=separator):
            rows.append([cell.strip() for cell in row])
            if len(rows) >= LINES_LOOKED_AT + HEAD_LINES_MAX:
                break
    except csv.Error as error:
        what = Said("这不是 CSV", f"this is no CSV: {error}")
        mend = Said("请重新保存为 CSV", "save it again as CSV")
        raise InvalidInput(what, f"row {len(rows) + 1}", mend, "format") from error
    return rows


def _has_values(row: Sequence[str]) -> bool:
    """Whether a line holds a number or a time: names and units hold none."""
    return any(_NUMBER.fullmatch(cell) or re.match(r"\d{1,4}[-/.年:]\d{1,2}", cell) for cell in row if cell)


def _names(row: Sequence[str], width: int) -> tuple[str, ...]:
    names: list[str] = []
    taken: set[str] = set()
    for place in range(width):
        stem = (row[place] if place < len(row) else "")[:NAME_CHARACTERS_MAX] or f"column {place + 1}"
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem} ({number})"
        taken.add(name)
        names.append(name)
    return tuple(names)


def _commas(rows: Sequence[Sequence[str]]) -> bool:
    cells = [cell for row in rows for cell in row]
    return sum(bool(_COMMA.fullmatch(cell)) for cell in cells) > sum(bool(_POINT.fullmatch(cell)) for cell in cells)

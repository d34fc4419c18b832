"""Cells that no spreadsheet takes for a formula, and what is given back of them. Pure.

A text that begins with = + - @ or a tab is run by spreadsheets when a CSV file is opened (OWASP, CSV Injection); an
apostrophe before it keeps it a text. The apostrophe goes again when such a file is read, so that a round trip is true.
"""

import re
from collections.abc import Iterable

STARTS = ("=", "+", "-", "@", "\t", "\r")
PLAIN_NUMBER = re.compile(r"[+-]?\d[\d,]*(\.\d+)?")
CELL_LENGTH_MAX = 32_767  # of a spreadsheet
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # not allowed in XML 1.0


def harmless(text: str) -> str:
    """A text as it may stand in a CSV cell; a number stays one."""
    if text.startswith(STARTS) and not PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def given(text: str) -> str:
    """A cell as it was meant."""
    return text[1:] if text.startswith("'") and text[1:].startswith(STARTS) else text


def writable(text: str) -> str:
    """A text that an XLSX cell can hold."""
    return CONTROLS.sub(" ", text)[:CELL_LENGTH_MAX]


def is_empty(row: Iterable[object]) -> bool:
    """Whether nothing stands in a row."""
    return all(cell is None or str(cell).strip() == "" for cell in row)

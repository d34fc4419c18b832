"""Reads the plain parts of a document that a program or an editor sent, and says what is wrong and where. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kandelia.base.errors import InvalidInput

CODE = "invalid-document"
UNPAIRED = re.compile("[\ud800-\udfff]")
NUMBER_MAX = 2**31 - 1


def wrong(what: str, where: str, mend: str) -> InvalidInput:
    """The error of this document at `where`."""
    return InvalidInput(what, where, mend, CODE)


def mapping(value: Any, where: str, known: Sequence[str]) -> Mapping[str, Any]:
    """An object that has no other names than `known`."""
    if not isinstance(value, dict):
        raise wrong("this is no object", where, "send a JSON object")
    strange = next((name for name in value if name not in known), None)
    if strange is not None:
        raise wrong(f'"{str(strange)[:60]}" is not known here', where, f"use only {', '.join(known)}")
    return value


def whole(value: Any, where: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise wrong("this is no whole number within its limits", where, f"send one from {low} to {high}")
    return value


def text(value: Any, where: str, length_max: int) -> str:
    """A text no longer than `length_max` characters, of characters that every store keeps (no NUL, no half pairs)."""
    if not isinstance(value, str) or len(value) > length_max or "\0" in value or UNPAIRED.search(value):
        raise wrong("this is no text within its limits", where, f"send at most {length_max} characters")
    return value


def choice(value: Any, where: str, choices: Sequence[str]) -> str:
    """One of `choices`."""
    if value not in choices:
        raise wrong(f'"{str(value)[:60]}" is not known here', where, f"use one of {', '.join(choices)}")
    return str(value)


def numbers(value: Any, where: str, count_max: int) -> tuple[int, ...]:
    """Numbers of signals, each once, in the order given."""
    if not isinstance(value, list) or len(value) > count_max:
        raise wrong("this is no list within its limits", where, f"send at most {count_max} numbers of signals")
    found = [whole(one, f"{where}[{place}]", 1, NUMBER_MAX) for place, one in enumerate(value)]
    return tuple(dict.fromkeys(found))


def schema(value: Mapping[str, Any], newest: int) -> None:
    """Refuses a document that a later version wrote: what it means is not known here."""
    given = value.get("schema")
    if type(given) is not int or given != newest:
        mend = f"write it in schema {newest}" if not isinstance(given, int) else "open it with the version that made it"
        raise wrong(f"schema {str(given)[:20]} is not known", "schema", mend)

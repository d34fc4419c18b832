"""Patterns such as "ns=2;s={machine}.Temp".

{name}, {name+12} and {name:03} stand for parameters, {{ and }} for braces.
"""

import re
from collections.abc import Mapping

from kandelia.base.errors import InvalidInput

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PARTS = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_INNER = re.compile(rf"({NAME.pattern})(?:([+-])(\d{{1,9}}))?(?::0(\d))?")
WIDTH_MEND = "give a whole number, as {name+12} and {name:03} count with it"


def names_in(pattern: str) -> set[str]:
    """The parameters that a pattern uses."""
    inner = (_INNER.fullmatch(found[1]) for found in _PARTS.finditer(pattern) if found[1] is not None)
    return {found[1] for found in inner if found}


def check(pattern: str, where: str) -> None:
    """InvalidInput for a pattern with a brace too many or a name that is none."""
    for found in _PARTS.finditer(pattern):
        if found[0] in ("{", "}"):
            raise InvalidInput(
                f'"{pattern[:80]}" has a single {found[0]}', where, "write {{ and }} for braces", "pattern"
            )
        if found[1] is not None and not _INNER.fullmatch(found[1]):
            mend = "write {name}, {name+12} or {name:03}; names begin with a small letter"
            raise InvalidInput(f'"{found[0][:40]}" names no parameter', where, mend, "pattern")


def fill(pattern: str, values: Mapping[str, str], where: str) -> str:
    """The pattern with the values in their places; InvalidInput for a parameter without one."""
    check(pattern, where)
    return _PARTS.sub(lambda found: found[0][0] if found[1] is None else _value(found[1], values, where), pattern)


def escape(text: str) -> str:
    """A text as the pattern that stands for it."""
    return text.replace("{", "{{").replace("}", "}}")


def _value(inner: str, values: Mapping[str, str], where: str) -> str:
    match = _INNER.fullmatch(inner)
    name = match[1] if match else inner
    if match is None or not values.get(name):
        raise InvalidInput(f'parameter "{name}" has no value', where, "give it one, or a default", "no-value")
    value, sign, step, width = values[name], match[2], match[3], match[4]
    if not (sign or width):
        return value
    if not re.fullmatch(r"-?\d{1,15}", value):
        raise InvalidInput(f'parameter "{name}" is "{value[:40]}"', where, WIDTH_MEND, "no-number")
    counted = int(value) + int(f"{sign}{step}") if sign else int(value)
    return str(counted).zfill(int(width or 0))

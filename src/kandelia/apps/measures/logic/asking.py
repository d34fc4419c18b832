"""JSON from callers, read without binary fractions: 0.1 stays 0.1."""

import json
from decimal import Decimal
from typing import Any

from kandelia.apps.measures.logic.drafts import Case
from kandelia.apps.measures.logic.questions import parse_day
from kandelia.base.errors import InvalidInput

CASE_KEYS = {"line", "input", "as_of"}


def parse_json(text: str | bytes, where: str) -> Any:
    """A JSON value with exact numbers; InvalidInput names line and column. Repeated keys are refused."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        what = f"this is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise InvalidInput(what, where, "mend it there", "invalid-json") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"this is not JSON: {error}", where, "mend it", "invalid-json") from None


def read_case(value: Any, where: str) -> Case:
    """{"line": …, "input": {…}, "as_of": …, "name": …}."""
    if not isinstance(value, dict) or not CASE_KEYS <= set(value) <= CASE_KEYS | {"name"}:
        mend = 'write {"line": "M5", "input": {…}, "as_of": "2019-05-01"}; "name" may be added'
        raise InvalidInput("this is not a case", where, mend, "invalid-case")
    if not isinstance(value["line"], str):
        raise InvalidInput("the line is not text", where, 'write "M5"', "invalid-case")
    return Case(str(value.get("name", "")), value["line"], value["input"], parse_day(value["as_of"], where))


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = next(key for n, (key, _) in enumerate(pairs) if key in dict(pairs[:n]))
        raise ValueError(f'"{twice}" stands twice')
    return made

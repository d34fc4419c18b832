"""A site as readable YAML: structure in blocks, each signal on a line, the same text for the same site. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

FLOW = ("name", "label", "labels", "range", "values", "overrides", "card", "command", "secret")
ROWS = ("signals", "parameters", "uses")  # lists whose entries stand on one line each
_PLAIN = re.compile(r"[A-Za-z_一-鿿][\w一-鿿./()°%+-]*(?: [\w一-鿿./()°%+-]+)*")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_HIDDEN = re.compile(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]|[^\x00-\uffff]")


def text_of(document: Mapping[str, Any]) -> str:
    """The file."""
    return "".join(f"{line}\n" for line in _mapping(document, 0))


def scalar(value: Any) -> str:
    """A value as YAML reads it again, whatever text it is."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return _HIDDEN.sub(_escaped, json.dumps(text, ensure_ascii=False))


def flow(value: Any, *, codes: bool = False) -> str:
    """On one line; `codes`: its keys are whole numbers."""
    if isinstance(value, Mapping):
        parts = ((key if codes else scalar(key), flow(part, codes=key == "labels")) for key, part in value.items())
        return "{" + ", ".join(f"{key}: {part}" for key, part in parts) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def _mapping(document: Mapping[str, Any], depth: int) -> Iterator[str]:
    pad = "  " * depth
    for key, value in document.items():
        name = "templates" if key == "uses" else scalar(key)
        if key in FLOW or not value or not isinstance(value, Mapping | list | tuple):
            yield f"{pad}{name}: {flow(value, codes=key == 'labels')}"
        elif isinstance(value, Mapping):
            yield f"{pad}{name}:"
            yield from _mapping(value, depth + 1)
        else:
            yield f"{pad}{name}:"
            for part in value:
                yield from _entry(part, depth + 1, line=key in ROWS)


def _entry(part: Any, depth: int, *, line: bool) -> Iterator[str]:
    pad = "  " * depth
    if line or not isinstance(part, Mapping) or not part:
        yield f"{pad}- {flow(part)}"
        return
    first, *rest = _mapping(part, depth + 1)
    yield f"{pad}- {first.lstrip()}"
    yield from rest


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

"""Where in a JSON document a value stands: JSON Pointer (RFC 6901), and `[key=value]` to pick from a list by a member.

`/zones/0/temperature`, `/values/[id=Channel.Device.Tag]/v`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

POINTER_CHARACTERS_MAX = 2_000
TOKENS_MAX = 40
_PICK = re.compile(r"\[([^=\]]+)=(.*)\]", re.DOTALL)
_PART = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _Nothing:
    """What stands where nothing stands."""


NOTHING = _Nothing()


@dataclass(frozen=True, slots=True)
class Pick:
    """The first entry of a list whose member `key` is `value`."""

    key: str
    value: str


Token = str | Pick
Pointer = tuple[Token, ...]


def parse_pointer(text: str) -> Pointer:
    """The tokens; "" is the whole document. ValueError says what is wrong."""
    if not text:
        return ()
    if not text.startswith("/"):
        raise ValueError('a pointer begins with "/"')
    parts = text[1:].split("/")
    if len(text) > POINTER_CHARACTERS_MAX or len(parts) > TOKENS_MAX:
        raise ValueError(f"a pointer of more than {TOKENS_MAX} steps")
    return tuple(_token(part) for part in parts)


def _token(part: str) -> Token:
    plain = part.replace("~1", "/").replace("~0", "~")
    found = _PICK.fullmatch(plain)
    return Pick(found[1], found[2]) if found else plain


def write_pointer(tokens: Pointer) -> str:
    """A pointer as text."""
    return "".join("/" + _written(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def _written(token: Token) -> str:
    return f"[{token.key}={token.value}]" if isinstance(token, Pick) else token


def names_in(text: str) -> list[str]:
    """The named parts `{name}` of a template, in order."""
    return _PART.findall(text)


def fill(pointer: Pointer, parts: Mapping[str, str]) -> Pointer:
    """The pointer with its named parts in place."""
    return tuple(
        Pick(_fill(token.key, parts), _fill(token.value, parts)) if isinstance(token, Pick) else _fill(token, parts)
        for token in pointer
    )


def _fill(text: str, parts: Mapping[str, str]) -> str:
    return _PART.sub(lambda found: parts[found[1]], text) if "{" in text else text


def look(document: Any, pointer: Pointer) -> Any:
    """What stands there, NOTHING where nothing does."""
    for token in pointer:
        if isinstance(token, Pick):
            document = _pick(document, token)
        elif isinstance(document, dict):
            document = document.get(token, NOTHING)
        elif isinstance(document, list) and token.isascii() and token.isdigit() and int(token) < len(document):
            document = document[int(token)]
        else:
            return NOTHING
    return document


def _pick(document: Any, token: Pick) -> Any:
    if not isinstance(document, list):
        return NOTHING
    for entry in document:
        if isinstance(entry, dict) and str(entry.get(token.key, "")) == token.value:
            return entry
    return NOTHING


def leaves(document: Any, most: int, at: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """Pointers to the plain values of a document, at most `most`."""
    stack: list[tuple[Pointer, Any]] = [(at, document)]
    while stack and most > 0:
        pointer, value = stack.pop()
        if isinstance(value, dict):
            stack += [((*pointer, str(key)), inner) for key, inner in reversed(list(value.items())[:most])]
        elif isinstance(value, list):
            stack += [((*pointer, str(place)), inner) for place, inner in reversed(list(enumerate(value[:most])))]
        else:
            most -= 1
            yield pointer, value

"""Paths of things, and the words they are made of."""

import re
from dataclasses import dataclass
from typing import Literal

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.base.text import LocalText

KEY_LENGTH_MAX = 60
NAME_LENGTH_MAX = 200
LINES = "lines"
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?")

Level = Literal["site", "area", "line", "machine"]


@dataclass(frozen=True, slots=True)
class Path:
    """Where a thing stands: site, site/area, site/area/lines/line, or site/area/machine."""

    level: Level
    keys: tuple[str, ...]

    def __str__(self) -> str:
        keys = (*self.keys[:2], LINES, self.keys[2]) if self.level == "line" else self.keys
        return "/".join(keys)


def parse(text: str) -> Path:
    """The path in `text`; NotFound for what cannot be one, because nothing stands there."""
    words = text.strip("/").split("/")
    if len(words) == 4 and words[2] == LINES:
        return Path("line", (words[0], words[1], words[3]))
    levels: dict[int, Level] = {1: "site", 2: "area", 3: "machine"}
    if len(words) not in levels or not all(words):
        raise NotFound(f'nothing stands at "{text[:200]}"', "path", "write site/area/machine", "not-found")
    return Path(levels[len(words)], tuple(words))


def check_key(key: str, where: str) -> str:
    """`key` if it can be a word of a path, an id and a bus subject; InvalidInput otherwise."""
    if not _KEY.fullmatch(key):
        mend = f"use lower-case letters, digits, _ and - inside, {KEY_LENGTH_MAX} characters at most"
        raise InvalidInput(f'"{key[:80]}" cannot be a key', where, mend, "invalid-key")
    return key


def check_name(name: LocalText, where: str) -> LocalText:
    """The name, unless it is too long."""
    if max(len(name.zh), len(name.en)) > NAME_LENGTH_MAX:
        raise InvalidInput("the name is too long", where, f"use {NAME_LENGTH_MAX} characters at most", "invalid-name")
    return name

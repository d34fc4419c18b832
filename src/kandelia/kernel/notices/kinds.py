"""The kinds of notices: what each says, in both languages. Rooms register theirs when Django's apps get ready."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kandelia.base.errors import Conflict
from kandelia.base.text import LocalText


@dataclass(frozen=True, slots=True)
class Kind:
    """`label` stands in lists and choices. `sentence` has places for words: {by}, {what} …; `mailed` unless a person
    chooses otherwise."""

    name: str
    label: LocalText
    sentence: LocalText
    mailed: bool = True


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Make kinds known; Conflict where two have one name."""
    for one in kinds:
        if _kinds.get(one.name, one) != one:
            raise Conflict(f'two kinds of notices "{one.name}"', "notices", "give one another name", "exists")
        _kinds[one.name] = one


def kinds() -> tuple[Kind, ...]:
    """All, in the order in which they were registered."""
    return tuple(_kinds.values())


def said(kind: str, words: Mapping[str, Any]) -> LocalText:
    """The sentence of a notice; a word is a text, or [zh, en] where it differs by language."""
    known = _kinds.get(kind, Kind(kind, LocalText(kind, kind), LocalText(kind, kind)))
    texts = []
    for place, template in enumerate((known.sentence.zh, known.sentence.en)):
        texts.append(template.format_map({name: _word(value, place) for name, value in words.items()}))
    return LocalText(*texts)


def _word(value: Any, place: int) -> str:
    return str(value[place]) if isinstance(value, list) else str(value)

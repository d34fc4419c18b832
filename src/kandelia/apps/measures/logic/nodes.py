"""Strict reading of YAML nodes into values: each mistake with its line, no value taken that is not understood."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

import yaml

from kandelia.base.text import LocalText
from kandelia.sdk.documents import Item, Mistakes, item, sequence

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
TEXT_LENGTH_MAX = 500
FALLBACK_DAY = date(1, 1, 1)


class Reader:
    """Reads nodes of one file; what is wrong goes to `mistakes` and a harmless value takes its place."""

    def __init__(self, mistakes: Mistakes) -> None:
        self.mistakes = mistakes

    def mapping(self, node: Any, what: str, keys: Sequence[str], needs: Sequence[str] = ()) -> Item | None:
        """A mapping with only `keys`, all of `needs` among them."""
        found = item(node, what, keys, self.mistakes)
        if found is None:
            return None
        for key in needs:
            if key not in found.values:
                self.mistakes.add(node, f'{what} lacks "{key}"', f"add {key}: …")
        return found if all(key in found.values for key in needs) else None

    def named(self, node: Any, what: str) -> Iterator[tuple[str, Any]]:
        """(name, node) of a mapping with free names; none for an absent one."""
        if node is None:
            return
        if not isinstance(node, yaml.MappingNode):
            self.mistakes.add(node, f"{what} is not a mapping", "write name: …")
            return
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                self.mistakes.add(key, f'"{key.value}" stands twice in {what}', "remove one of them")
            seen.add(key.value)
            yield key.value, value

    def nodes(self, node: Any, what: str) -> list[Any]:
        """The entries of a list; none for an absent one."""
        return list(sequence(node, what, self.mistakes))

    def text(self, node: Any, what: str) -> str:
        """A scalar as it is written; empty for an absent one."""
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.mistakes.add(node, f"{what} is not a text", "write one value")
            return ""
        if len(node.value) > TEXT_LENGTH_MAX:
            self.mistakes.add(node, f"{what} is longer than {TEXT_LENGTH_MAX} letters", "shorten it")
        return str(node.value)

    def texts(self, node: Any, what: str) -> tuple[str, ...]:
        """A list of scalars."""
        return tuple(self.text(one, f"an entry of {what}") for one in self.nodes(node, what))

    def local(self, node: Any, what: str) -> LocalText:
        """{zh: …, en: …}, both; empty for an absent one."""
        if node is None:
            return LocalText()
        found = self.mapping(node, what, ("zh", "en"), ("zh", "en"))
        if found is None:
            return LocalText("?", "?")
        return LocalText(self.text(found.values["zh"], f"zh of {what}"), self.text(found.values["en"], f"en of {what}"))

    def flag(self, node: Any, what: str) -> bool:
        """true or false; False for an absent one."""
        word = self.text(node, what)
        if word not in ("", "true", "false"):
            self.mistakes.add(node, f"{what} is neither true nor false", "write true or false")
        return word == "true"

    def day(self, node: Any, what: str) -> date:
        """A day as 2018-07-01."""
        return self._parsed(node, what, date.fromisoformat, FALLBACK_DAY, "write a day such as 2018-07-01")

    def number(self, node: Any, what: str) -> Decimal:
        """An exact number, not below zero."""
        found = self._parsed(node, what, _decimal, Decimal(0), "write a number such as 0.30 or 5000000")
        if found < 0:
            self.mistakes.add(node, f"{what} is below zero", "write a number from 0 up")
        return found

    def word(self, node: Any, what: str, kind: type[E]) -> E:
        """One word of a closed list."""
        words = ", ".join(one.value for one in kind)
        return self._parsed(node, what, kind, next(iter(kind)), f"write one of {words}")

    def _parsed(self, node: Any, what: str, parse: Callable[[str], T], otherwise: T, mend: str) -> T:
        text = self.text(node, what)
        try:
            return parse(text)
        except (ValueError, InvalidOperation):
            self.mistakes.add(node, f'"{text[:40]}" is not {what}', mend)
            return otherwise


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    return value

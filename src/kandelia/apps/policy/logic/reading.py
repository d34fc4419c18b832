"""Reads a policy file: every mistake with its line, nothing taken that is not understood. Pure."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from kandelia.apps.policy.contracts import ClauseText, DocumentText, ItemText, ParameterText
from kandelia.apps.policy.logic.codes import ITEM_KINDS
from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.sdk.documents import Item, Mistakes, TooManyMistakes, compose, item, plain, sequence

DOCUMENT_KEYS = (
    *("key", "title", "title_en", "number", "kind", "level", "region", "subject", "sectors", "issuer", "issued_on"),
    *("valid_from", "valid_to", "superseded_by", "summary", "not_given"),
)
CLAUSE_KEYS = ("label", "heading", "quote", "gloss", "not_given", "items")
ITEM_KEYS = (
    *("key", "title", "title_en", "kind", "subjects", "gives", "gives_en", "conditions", "line", "from", "until"),
    "parameters",
)
PARAMETER_KEYS = ("name", "operator", "value", "most", "unit", "wording", "from", "until", "clause")
QUOTE_LENGTH_MAX = 300


def read(text: str, file: str) -> DocumentText:
    """The document of a file; InvalidInput lists every mistake with its line."""
    mistakes = Mistakes(file)
    found = None
    with suppress(TooManyMistakes):
        found = _Reading(mistakes).document(compose(text, mistakes))
    if mistakes.found or found is None:
        raise InvalidInput("; ".join(mistakes.texts), file, "mend these lines and load it again", "bad-policy-file")
    return found


class _Reading:
    def __init__(self, mistakes: Mistakes) -> None:
        self.mistakes = mistakes

    def document(self, root: Any) -> DocumentText | None:
        """The whole file; None (with mistakes noted) where its head cannot be read."""
        top = item(root, "the file", ("document", "lines", "clauses"), self.mistakes) if root is not None else None
        if top is None or not self._has(top, "the file", ("document", "clauses")):
            return None
        head = item(top.values["document"], "the document", DOCUMENT_KEYS, self.mistakes)
        if head is None or not self._has(head, "the document", ("key", "title", "kind", "level")):
            return None
        for name in ("issued_on", "valid_from", "valid_to"):
            self._day(head, name)
        clauses = tuple(
            found
            for place, node in enumerate(sequence(top.values["clauses"], "the clauses", self.mistakes))
            if (found := self._clause(node, place)) is not None
        )
        return DocumentText({name: self._text(head, name) for name in head.values}, clauses, self._text(top, "lines"))

    def _clause(self, node: Any, place: int) -> ClauseText | None:
        found = item(node, "a clause", CLAUSE_KEYS, self.mistakes)
        if found is None or not self._has(found, "a clause", ("label",)):
            return None
        label = self._text(found, "label")
        if len(self._text(found, "quote")) > QUOTE_LENGTH_MAX:
            self.mistakes.add(found.place("quote"), "the quotation is long", f"at most {QUOTE_LENGTH_MAX} characters")
        nodes = sequence(found.values.get("items"), "the items", self.mistakes)
        items = tuple(one for entry in nodes if (one := self._item(entry, label)) is not None)
        return ClauseText(
            label,
            place,
            self._text(found, "heading"),
            self._text(found, "quote"),
            self._gloss(found),
            self._text(found, "not_given"),
            items,
        )

    def _item(self, node: Any, label: str) -> ItemText | None:
        found = item(node, "an item", ITEM_KEYS, self.mistakes)
        if found is None or not self._has(found, "an item", ("key", "title", "kind")):
            return None
        if self._text(found, "kind") not in dict(ITEM_KINDS):
            self.mistakes.add(
                found.place("kind"), "no such kind of item", f"write one of {', '.join(dict(ITEM_KINDS))}"
            )
        nodes = sequence(found.values.get("parameters"), "the parameters", self.mistakes)
        return ItemText(
            key=self._text(found, "key"),
            title=LocalText(self._text(found, "title"), self._text(found, "title_en")),
            kind=self._text(found, "kind"),
            subjects=self._text(found, "subjects"),
            gives=LocalText(self._text(found, "gives"), self._text(found, "gives_en")),
            conditions=self._text(found, "conditions"),
            line=self._text(found, "line"),
            since=self._day(found, "from"),
            until=self._day(found, "until"),
            parameters=tuple(one for entry in nodes if (one := self._parameter(entry, label)) is not None),
        )

    def _parameter(self, node: Any, label: str) -> ParameterText | None:
        found = item(node, "a parameter", PARAMETER_KEYS, self.mistakes)
        if found is None or not self._has(found, "a parameter", ("name", "value", "unit")):
            return None
        value = self._number(found, "value")
        return ParameterText(
            name=self._text(found, "name"),
            value=value or Decimal(0),
            unit=self._text(found, "unit"),
            clause=self._text(found, "clause") or label,
            operator=self._text(found, "operator"),
            most=self._number(found, "most"),
            wording=self._text(found, "wording"),
            since=self._day(found, "from"),
            until=self._day(found, "until"),
        )

    def _gloss(self, found: Item) -> LocalText:
        if "gloss" not in found.values:
            return LocalText()
        both = item(found.values["gloss"], "the gloss", ("zh", "en"), self.mistakes)
        return LocalText(self._text(both, "zh"), self._text(both, "en")) if both else LocalText()

    def _has(self, found: Item, what: str, names: Sequence[str]) -> bool:
        for name in names:
            if name not in found.values:
                self.mistakes.add(found.node, f'{what} lacks "{name}"', f"add {name}: …")
        return all(name in found.values for name in names)

    def _text(self, found: Item, name: str) -> str:
        value = plain(found.values[name]) if name in found.values else None
        if isinstance(value, dict | list):
            self.mistakes.add(found.place(name), f'"{name}" is no text', "write one value")
            return ""
        return "" if value is None else str(value)

    def _day(self, found: Item, name: str) -> date | None:
        text = self._text(found, name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.mistakes.add(found.place(name), f'"{text[:40]}" is no day', "write it as 2018-07-01")
            return None

    def _number(self, found: Item, name: str) -> Decimal | None:
        text = self._text(found, name)
        try:
            return Decimal(text) if text else None
        except InvalidOperation:
            self.mistakes.add(found.place(name), f'"{text[:40]}" is no number', "write digits such as 1000000")
            return None

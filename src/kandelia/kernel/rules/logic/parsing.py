"""Text to a plain parse of an expression; where it cannot be read, the error says at which character and why."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from kandelia.base.errors import InvalidInput
from kandelia.kernel.rules.logic.tree import DEPTH_MAX, NODES_MAX

TEXT_LENGTH_MAX = 2_000
GRAMMAR = r"""
?start: either
?either: both ("or" both)*            -> either
?both: inverse ("and" inverse)*       -> both
?inverse: "not" inverse               -> inverse
    | relation
?relation: total (COMPARISON total)?  -> relation
?total: product (SIGN product)*       -> total
?product: unary (STAR unary)*         -> product
?unary: "-" unary                     -> negative
    | power
?power: atom ("^" unary)?             -> power
?atom: NUMBER                         -> number
    | TEXT                            -> text
    | REFERENCE                       -> reference
    | TRUE                            -> true
    | FALSE                           -> false
    | NAME "(" argument ("," argument)* ")"  -> call
    | "(" either ")"
?argument: DURATION                   -> length
    | either
DURATION.3: /[0-9]{1,6}(ms|s|m|h|d)(?![A-Za-z0-9_])/
NUMBER.2: /[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?/
COMPARISON: "==" | "!=" | "<=" | ">=" | "<" | ">"
SIGN: "+" | "-"
STAR: "*" | "/" | "×" | "÷"
TEXT: /"[^"\n]{0,200}"/
REFERENCE: /\{[^{}\n]{1,250}\}/
TRUE.2: /true(?![A-Za-z0-9_])/
FALSE.2: /false(?![A-Za-z0-9_])/
NAME: /[a-z_]+(?=\s*\()/
%ignore /[ \t\r\n]+/
"""
_WORDS = {
    "NUMBER": "a number", "REFERENCE": "a signal in braces", "NAME": "a function", "RPAR": '")"', "LPAR": '"("',
    "COMMA": '","', "$END": "the end", "TEXT": "a text in quotes", "SIGN": "+ or -", "STAR": "* or /",
    "COMPARISON": "a comparison", "DURATION": "a length of time such as 5m",
}  # fmt: skip
_WRAPPERS = ("either", "both", "inverse", "relation", "total", "product", "power")  # with one child they say nothing


@dataclass(frozen=True, slots=True)
class Parsed:
    """A piece of the text: `op` is an operator's name, "number", "text", "boolean", "reference" or "length".

    `at` counts characters from 1.
    """

    op: str
    at: int
    args: tuple["Parsed", ...] = ()
    value: Any = None


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", propagate_positions=True, maybe_placeholders=False)


def parse(text: str) -> Parsed:
    """The parse; InvalidInput (where "expression") names the character and what may stand there."""
    if not text.strip():
        raise wrong("it is empty", 1, "write for example {temperature} - {set_point}")
    if len(text) > TEXT_LENGTH_MAX:
        raise wrong(f"it has {len(text)} characters", 1, f"use {TEXT_LENGTH_MAX} at most; derive a part by itself")
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _unexpected(text, error) from None
    return _Reading().read(tree, 0)


def wrong(what: str, at: int, mend: str, code: str = "expression") -> InvalidInput:
    """An error at a character of the text."""
    return InvalidInput(f"character {at}: {what}", "expression", mend, code)


def _unexpected(text: str, error: UnexpectedInput) -> InvalidInput:
    if isinstance(error, UnexpectedCharacters):
        at = (error.pos_in_stream or 0) + 1
        return wrong(f'"{text[at - 1]}" cannot stand here', at, "see the list of operators; signals stand in braces")
    expected = error.accepts or error.expected if isinstance(error, UnexpectedToken) else set()
    may = ", ".join(sorted({_WORDS[name] for name in expected if name in _WORDS})) or "something else"
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        return wrong("it ends too early", len(text) + 1, f"write on with {may}")
    token = error.token if isinstance(error, UnexpectedToken) else ""
    at = (error.pos_in_stream or 0) + 1
    return wrong(f'"{str(token)[:40]}" cannot stand here', at, f"write {may}")


class _Reading:
    """Lark's tree into ours, with bounds on depth and size."""

    def __init__(self) -> None:
        self.nodes = 0

    def read(self, tree: Any, depth: int) -> Parsed:
        """A piece and all below it; InvalidInput where there is too much of it."""
        while isinstance(tree, Tree) and tree.data in _WRAPPERS and len(tree.children) == 1:
            tree = tree.children[0]
        at = (tree.meta.start_pos if isinstance(tree, Tree) and not tree.meta.empty else 0) + 1
        self.nodes += 1
        if depth > DEPTH_MAX or self.nodes > NODES_MAX:
            raise wrong("it is nested too deeply or too long", at, "derive a part by itself and use that")
        return getattr(self, f"_{tree.data}")(tree.children, at, depth + 1)  # type: ignore[no-any-return]

    def _number(self, found: list[Token], at: int, depth: int) -> Parsed:
        text = str(found[0])
        return Parsed("number", at, value=int(text) if text.isdigit() and len(text) < 19 else float(text))

    def _text(self, found: list[Token], at: int, depth: int) -> Parsed:
        return Parsed("text", at, value=str(found[0])[1:-1])

    def _true(self, found: list[Token], at: int, depth: int) -> Parsed:
        return Parsed("boolean", at, value=True)

    def _false(self, found: list[Token], at: int, depth: int) -> Parsed:
        return Parsed("boolean", at, value=False)

    def _reference(self, found: list[Token], at: int, depth: int) -> Parsed:
        return Parsed("reference", at, value=str(found[0])[1:-1].strip())

    def _length(self, found: list[Token], at: int, depth: int) -> Parsed:
        return Parsed("length", at, value=str(found[0]))

    def _call(self, found: list[Any], at: int, depth: int) -> Parsed:
        args = tuple(self.read(one, depth) for one in found[1:])
        return Parsed(str(found[0]), at, args)

    def _negative(self, found: list[Any], at: int, depth: int) -> Parsed:
        return Parsed("neg", at, (self.read(found[0], depth),))

    def _inverse(self, found: list[Any], at: int, depth: int) -> Parsed:
        return Parsed("not", at, (self.read(found[0], depth),))

    def _power(self, found: list[Any], at: int, depth: int) -> Parsed:
        return Parsed("^", at, tuple(self.read(one, depth) for one in found))

    def _relation(self, found: list[Any], at: int, depth: int) -> Parsed:
        return self._chain(found, at, depth)

    def _total(self, found: list[Any], at: int, depth: int) -> Parsed:
        return self._chain(found, at, depth)

    def _product(self, found: list[Any], at: int, depth: int) -> Parsed:
        return self._chain(found, at, depth)

    def _chain(self, found: list[Any], at: int, depth: int) -> Parsed:
        """Left to right: a op b op c."""
        left = self.read(found[0], depth)
        for place in range(1, len(found), 2):
            sign = {"×": "*", "÷": "/"}.get(str(found[place]), str(found[place]))
            left = Parsed(sign, at, (left, self.read(found[place + 1], depth)))
        return left

    def _either(self, found: list[Any], at: int, depth: int) -> Parsed:
        return self._fold("or", found, at, depth)

    def _both(self, found: list[Any], at: int, depth: int) -> Parsed:
        return self._fold("and", found, at, depth)

    def _fold(self, op: str, found: list[Any], at: int, depth: int) -> Parsed:
        left = self.read(found[0], depth)
        for one in found[1:]:
            left = Parsed(op, at, (left, self.read(one, depth)))
        return left

"""YAML read with the line of everything, so that each mistake can say where it stands."""

import difflib
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import yaml

MISTAKES_MAX = 50
DEPTH_MAX = 30
NODES_MAX = 12_000_000
TAGS_KEPT_MAX = 50_000
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTRUCT = yaml.SafeLoader("")


class _Loader(_BASE):  # type: ignore[misc]  # one of two classes, known only now
    """Remembers which tag a value had; large files repeat the same keys and units many thousand times."""

    _known: dict[tuple[Any, ...], str] = {}

    def resolve(self, kind: type, value: Any, implicit: Any) -> str:
        """The tag of a node."""
        if kind is not yaml.ScalarNode:
            return str(super().resolve(kind, value, implicit))
        tag = self._known.get((value, implicit))
        if tag is None:
            if len(self._known) >= TAGS_KEPT_MAX:
                self._known.clear()
            tag = self._known[value, implicit] = str(super().resolve(kind, value, implicit))
        return tag


@contextmanager
def many_nodes() -> Iterator[None]:
    """Without the collector of cycles: it would walk all nodes of a large file over and over, most of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class TooManyMistakes(Exception):
    """The list is full; nobody mends more than MISTAKES_MAX at once."""


@dataclass
class Mistakes:
    """What is wrong, by line (and column where `columns` says so), in the order found."""

    file: str
    found: list[tuple[int, str]] = field(default_factory=list)
    columns: bool = False

    def add(self, node: Any, what: str, mend: str = "") -> None:
        """Something is wrong at a node (or a line number)."""
        line = node if isinstance(node, int) else node.start_mark.line + 1
        column = "" if isinstance(node, int) or not self.columns else f", column {node.start_mark.column + 1}"
        self.found.append((line, f"line {line}{column} of {self.file}: {what}" + (f"; {mend}" if mend else "")))
        if len(self.found) >= MISTAKES_MAX:
            raise TooManyMistakes

    @property
    def texts(self) -> tuple[str, ...]:
        """By line."""
        return tuple(text for _, text in sorted(self.found))


@dataclass(frozen=True, slots=True)
class Item:
    """A mapping of the file: values by key, and the node for its place."""

    node: Any
    values: dict[str, Any]

    def place(self, key: str) -> Any:
        """Where a key's value stands, or the mapping itself."""
        return self.values.get(key, self.node)


def compose(text: str, mistakes: Mistakes) -> Any:
    """The root node; None (with a mistake) for what is not YAML."""
    try:
        with many_nodes():
            root = yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        mistakes.add(
            mark.line + 1 if mark else 1, f"this is not YAML: {error.problem}", "see the line above it as well"
        )
        return None
    except (yaml.YAMLError, RecursionError) as error:
        mistakes.add(1, f"this is not YAML: {str(error)[:100]}", "save the file as UTF-8 text")
        return None
    if root is None:
        mistakes.add(1, "the file is empty", "describe sites or connections")
    return root


def item(node: Any, what: str, keys: Sequence[str], mistakes: Mistakes) -> Item | None:
    """A mapping with only `keys`; unknown ones are told with the nearest."""
    if not isinstance(node, yaml.MappingNode):
        mistakes.add(node, f"{what} is not a mapping", f"write its keys, such as {keys[0]}: …")
        return None
    values: dict[str, Any] = {}
    for key_node, value in node.value:
        key = str(key_node.value)
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1, 0.5)
            mend = f'write "{near[0]}"' if near else f"it may have {', '.join(keys)}"
            mistakes.add(key_node, f'{what} has no "{key[:60]}"', mend)
        elif key in values:
            mistakes.add(key_node, f'"{key}" stands twice in {what}', "remove one of them")
        else:
            values[key] = value
    return Item(node, values)


def items(node: Any, what: str, keys: Sequence[str], mistakes: Mistakes) -> Iterator[Item]:
    """The mappings of a list; an absent list is empty."""
    for one in sequence(node, f"the list of {what}s", mistakes):
        found = item(one, f"a {what}", keys, mistakes)
        if found is not None:
            yield found


def sequence(node: Any, what: str, mistakes: Mistakes) -> Iterable[Any]:
    """The nodes of a list."""
    if node is None or (isinstance(node, yaml.ScalarNode) and plain(node) is None):
        return ()
    if not isinstance(node, yaml.SequenceNode):
        mistakes.add(node, f"{what} is not a list", 'begin each entry with "- "')
        return ()
    return list(node.value)


def plain(node: Any, depth: int = 0) -> Any:
    """The value of a node, as YAML's safe schema reads it; ValueError for what nests too deeply."""
    if depth > DEPTH_MAX:
        raise ValueError("nests too deeply")
    if isinstance(node, yaml.MappingNode):
        return {str(plain(key, depth + 1)): plain(value, depth + 1) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(value, depth + 1) for value in node.value]
    if node.tag == "tag:yaml.org,2002:str":
        return node.value
    return _CONSTRUCT.construct_object(node)

"""Topic names and filters (4.7): what is one, and which filter takes which name."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from kandelia.base.mqtt.packets import BadPacket, Reason

TOPIC_BYTES_MAX = 65_535
LEVELS_MAX = 200  # a tree of more is no plant's, but may be an attack
T = TypeVar("T")


def check_name(name: str) -> None:
    """BadPacket unless messages may be sent to this topic."""
    if not name or "+" in name or "#" in name or name.count("/") >= LEVELS_MAX:
        raise BadPacket("a topic that is empty, holds + or #, or has too many levels", Reason.TOPIC_NAME_INVALID)


def check_filter(wanted: str) -> None:
    """BadPacket unless this may be subscribed to: + and # stand for whole levels, # only for the last (4.7.1)."""
    levels = wanted.split("/")
    odd = any(("+" in level or "#" in level) and len(level) > 1 for level in levels)
    if not wanted or odd or "#" in levels[:-1] or len(levels) > LEVELS_MAX:
        raise BadPacket("a topic filter that is none", Reason.TOPIC_FILTER_INVALID)


def takes(wanted: str, name: str) -> bool:
    """True where a filter takes a name; a wildcard at its head takes no name that begins with $ (4.7.2)."""
    if name.startswith("$") and wanted[:1] in ("+", "#"):
        return False
    filters, names = wanted.split("/"), name.split("/")
    for place, level in enumerate(filters):
        if level == "#":
            return True
        if place >= len(names) or level not in ("+", names[place]):
            return False
    return len(filters) == len(names)


class FilterTree(Generic[T]):
    """Values by topic filter; finds those whose filter takes a name without looking at the others."""

    __slots__ = ("_children", "_values")

    def __init__(self) -> None:
        self._children: dict[str, FilterTree[T]] = {}
        self._values: dict[T, None] = {}

    def add(self, wanted: str, value: T) -> None:
        """Put in; twice is once."""
        node = self
        for level in wanted.split("/"):
            node = node._children.setdefault(level, FilterTree())
        node._values[value] = None

    def remove(self, wanted: str, value: T) -> None:
        """Take out, and with it the branches that hold nothing more."""
        path: list[tuple[FilterTree[T], str]] = []
        node = self
        for level in wanted.split("/"):
            if level not in node._children:
                return
            path.append((node, level))
            node = node._children[level]
        node._values.pop(value, None)
        for parent, level in reversed(path):
            child = parent._children[level]
            if child._values or child._children:
                return
            del parent._children[level]

    def find(self, name: str) -> Iterator[T]:
        """Every value whose filter takes the name; one with several such filters comes several times."""
        levels = name.split("/")
        nodes = [self]
        for place, level in enumerate(levels):
            hidden = place == 0 and name.startswith("$")
            following = []
            for node in nodes:
                if not hidden:
                    if rest := node._children.get("#"):
                        yield from rest._values
                    if any_ := node._children.get("+"):
                        following.append(any_)
                if exact := node._children.get(level):
                    following.append(exact)
            nodes = following
        for node in nodes:
            yield from node._values
            if rest := node._children.get("#"):  # "a/#" takes "a" too (4.7.1.2)
                yield from rest._values

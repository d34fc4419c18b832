"""What an OPC UA data type is to a signal. OPC 10000-6, 5.1.2 (built-in types); OPC 10000-3, 8 (standard types)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from asyncua import ua

from kandelia.sdk.drivers import Kind

BASE, NUMBER, INTEGER, UNSIGNED, ENUMERATION, STRUCTURE = 24, 26, 27, 28, 29, 22
BUILT_IN_MAX = 25
DEPTH_MAX = 20  # of a type's ancestors
_NUMERIC = frozenset({*range(1, 12), NUMBER, INTEGER, UNSIGNED, ENUMERATION})
_TEXTUAL = frozenset({12, 13, 14, 15, 16, 19, 20, 21})
_NAMES = {kind: ua.ObjectIdNames.get(kind, str(kind)) for kind in range(1, 30)}
_KINDS = {
    1: Kind.BOOLEAN,
    **dict.fromkeys((2, 3, 4, 5, 6, 7, 8, 9, INTEGER, UNSIGNED), Kind.INTEGER),
    **dict.fromkeys((10, 11, NUMBER), Kind.FLOAT),
    ENUMERATION: Kind.ENUMERATION,
    **dict.fromkeys(_TEXTUAL, Kind.TEXT),
}
_WORDS = {
    Kind.FLOAT: "a float",
    Kind.INTEGER: "an integer",
    Kind.BOOLEAN: "a boolean",
    Kind.TEXT: "text",
    Kind.ENUMERATION: "an enumeration",
}


@dataclass
class DataTypes:
    """Base types of one server's data types, asked once each. `parent` gives the supertype of a data type node."""

    parent: Callable[[ua.NodeId], Awaitable[ua.NodeId | None]]
    _known: dict[ua.NodeId, int] = field(default_factory=dict)

    async def base(self, data_type: ua.NodeId) -> int:
        """The built-in or abstract standard type (ns 0) that this one descends from; BASE when it cannot be told."""
        if data_type not in self._known:
            self._known[data_type] = await self._climb(data_type)
        return self._known[data_type]

    async def _climb(self, data_type: ua.NodeId) -> int:
        current: ua.NodeId | None = data_type
        for _ in range(DEPTH_MAX):
            if current is None:
                return BASE
            if current.NamespaceIndex == 0 and current.Identifier in _NAMES:
                return int(current.Identifier)
            current = await self.parent(current)
        return BASE


def kind_of(base: int, rank: int | None) -> Kind | None:
    """The signal kind that holds it exactly; None for arrays, structures and what has no fixed type."""
    return None if is_array(rank) else _KINDS.get(base)


def is_array(rank: int | None) -> bool:
    """OPC 10000-3, 5.6.2: −1 is a scalar, −2 and −3 may be one; 0 and more never are."""
    return rank is not None and rank >= 0


def name_of(base: int) -> str:
    """For people."""
    return str(_NAMES.get(base, "a type of its own"))


def mismatch(base: int, rank: int | None, kind: Kind) -> str:
    """Why a node of this type cannot feed a signal of this kind; empty when it can."""
    if is_array(rank):
        return f"the node holds an array of {name_of(base)}; only single values can be collected"
    fits = base == BASE or base in _NUMERIC or (base in _TEXTUAL and kind is Kind.TEXT)
    if fits:
        return ""
    if base not in _TEXTUAL:
        return f"the node holds a {name_of(base)}; only single values can be collected"
    return f"the node holds {name_of(base)}, the signal is {_WORDS.get(kind, 'something else')}"

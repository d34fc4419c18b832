"""What is known of each signal number, as arrays, so that a batch is checked by column."""

from dataclasses import dataclass, field

import numpy as np

from kandelia.kernel.connections.contracts import ConnectionDocument

NUMBER_MAX = 20_000_000  # at 11 bytes a number the arrays stay under 220 MB
RETENTION_MAX = 255
ROWS_FIRST = 1_024
NOBODY = -1
_TYPES: dict[str, np.dtype] = {
    "owner": np.dtype(np.int32),  # index into `organisations`, NOBODY where the number is unknown
    "connection": np.dtype(np.int32),  # index into `connections`
    "kind": np.dtype(np.uint8),
    "retention": np.dtype(np.uint8),
    "replaces": np.dtype(np.bool_),  # True where clash is "replace"
}


@dataclass
class Words:
    """Words by index, so that arrays can hold them; never shrinks."""

    words: list[str] = field(default_factory=list)
    _index: dict[str, int] = field(default_factory=dict)

    def index(self, word: str) -> int:
        """The word's index, a new one where it is not known yet."""
        found = self._index.setdefault(word, len(self.words))
        if found == len(self.words):
            self.words.append(word)
        return found

    def find(self, word: str) -> int:
        """The word's index, or NOBODY."""
        return self._index.get(word, NOBODY)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the signal of each row asked for; all arrays have the rows' length."""

    owner: np.ndarray
    kind: np.ndarray
    retention: np.ndarray
    replaces: np.ndarray


class SignalNumbers:
    """Number → organisation, connection, kind, retention, clash. Numbers above NUMBER_MAX are unknown."""

    def __init__(self) -> None:
        self.organisations = Words()
        self.connections = Words()
        self.signals = 0
        self._numbers: dict[str, np.ndarray] = {}
        self._arrays = {name: _filled(name, dtype, ROWS_FIRST) for name, dtype in _TYPES.items()}

    def check(self, document: ConnectionDocument) -> None:
        """ValueError for what the arrays cannot hold, and for a number that another organisation has."""
        own = (NOBODY, self.organisations.index(document.organisation))
        for signal in document.signals:
            if not 0 < signal.number <= NUMBER_MAX:
                raise ValueError(f'signal "{signal.id}" has the number {signal.number}, beyond 1 … {NUMBER_MAX}')
            if not 0 <= signal.retention <= RETENTION_MAX:
                raise ValueError(f'signal "{signal.id}" has the retention class {signal.retention}, beyond 0 … 255')
        taken = self.look_up(np.fromiter((s.number for s in document.signals), np.int64, len(document.signals)))
        if not np.isin(taken.owner, own).all():
            raise ValueError("it claims a signal number of another organisation")

    def replace(self, key: str, document: ConnectionDocument | None) -> None:
        """Put a connection's signals in the place of those it had; None takes them away."""
        connection = self.connections.index(key)
        self._forget(connection, self._numbers.pop(key, None))
        if document is None or not document.signals:
            return
        signals = document.signals
        numbers = np.fromiter((s.number for s in signals), np.int64, len(signals))
        self._grow(int(numbers.max()))
        owner = self._arrays["owner"]
        self.signals += int((owner[np.unique(numbers)] == NOBODY).sum())
        owner[numbers] = self.organisations.index(document.organisation)
        self._arrays["connection"][numbers] = connection
        self._arrays["kind"][numbers] = np.fromiter((s.kind for s in signals), np.uint8, len(signals))
        self._arrays["retention"][numbers] = np.fromiter((s.retention for s in signals), np.uint8, len(signals))
        self._arrays["replaces"][numbers] = np.fromiter((s.clash == "replace" for s in signals), bool, len(signals))
        self._numbers[key] = numbers

    def _forget(self, connection: int, numbers: np.ndarray | None) -> None:
        """A number that has moved to another connection meanwhile stays there."""
        if numbers is None:
            return
        own = np.unique(numbers[self._arrays["connection"][numbers] == connection])
        own = own[self._arrays["owner"][own] != NOBODY]
        self._arrays["owner"][own] = NOBODY
        self.signals -= len(own)

    def _grow(self, number_max: int) -> None:
        size = len(self._arrays["owner"])
        if number_max < size:
            return
        size = min(max(size * 2, number_max + 1), NUMBER_MAX + 1)
        for name, dtype in _TYPES.items():
            grown = _filled(name, dtype, size)
            grown[: len(self._arrays[name])] = self._arrays[name]
            self._arrays[name] = grown

    def look_up(self, numbers: np.ndarray) -> Known:
        """What is known of each number; owner is NOBODY where nothing is."""
        owner = self._arrays["owner"]
        beyond = numbers >= len(owner)
        inside = np.where(beyond, 0, numbers) if beyond.any() else numbers  # number 0 belongs to nobody
        return Known(
            owner[inside],
            self._arrays["kind"][inside],
            self._arrays["retention"][inside],
            self._arrays["replaces"][inside],
        )

    def owned(self, organisation: str, numbers: np.ndarray) -> bool:
        """True if every number is the organisation's."""
        index = self.organisations.find(organisation)
        return index != NOBODY and bool((self.look_up(numbers).owner == index).all())

    def owners(self) -> dict[int, str]:
        """Number → organisation for all numbers."""
        owner = self._arrays["owner"]
        words = self.organisations.words
        return {int(number): words[owner[number]] for number in np.flatnonzero(owner != NOBODY)}

    def connection_of(self, number: int) -> str:
        """The key of the connection that collects a signal; empty where the number is unknown."""
        owner = self._arrays["owner"]
        if not 0 <= number < len(owner) or owner[number] == NOBODY:
            return ""
        return str(self.connections.words[self._arrays["connection"][number]])


def _filled(name: str, dtype: np.dtype, size: int) -> np.ndarray:
    return np.full(size, NOBODY, dtype) if name == "owner" else np.zeros(size, dtype)

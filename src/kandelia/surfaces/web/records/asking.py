"""What the address of a list asks: the query, and how its table is drawn. The address holds all of it.

`search`, `sort`, `after`, `before`, `columns` and `density` are words of the list; everything else names a filter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from kandelia.kernel.records.contracts import Query
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.store import ENTRY_FILTERS

ROWS = 50
TEXT_LENGTH_MAX = 200
VALUES_MAX = 50  # of one filter
DENSITIES = ("normal", "dense")
BOUNDS = ("from", "to")
WORDS = ("search", "sort", "columns", "density")
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The query and what stands in the address beside the cursor."""

    query: Query
    columns: tuple[str, ...] = ()
    density: str = DENSITIES[0]
    pairs: Pairs = ()

    def address(self, *, without: Iterable[str] = (), **more: str) -> str:
        """The query string of this list with some words replaced, and from its first page."""
        gone = {*without, *more}
        kept = [pair for pair in self.pairs if pair[0] not in gone]
        return urlencode([*kept, *((name, value) for name, value in more.items() if value)])

    def without(self, name: str, value: str) -> str:
        """The query string without one value of a filter."""
        return urlencode([pair for pair in self.pairs if pair != (name, value)])

    @property
    def narrowed(self) -> bool:
        """Whether it asks for less than everything."""
        return bool(self.query.text or self.query.filters)


def asked(declared: RecordType, given: QueryDict, *, rows: int = ROWS) -> Asked:
    """What an address asks; words that mean nothing to the type are left out."""
    filters = {name: values for name in filter_names(declared) if (values := _values(given, name))}
    density = given.get("density", "")
    columns = tuple(name for name in _word(given, "columns").split(",") if name)
    query = Query(
        text=_word(given, "search"),
        filters=filters,
        sort=_word(given, "sort") or Query().sort,
        after=given.get("after", ""),
        before=given.get("before", ""),
        limit=rows,
    )
    words = [(name, _word(given, name)) for name in WORDS]
    pairs = [(name, value) for name, value in words if value]
    pairs += [(name, value) for name, values in filters.items() for value in values]
    return Asked(query, columns, density if density in DENSITIES else DENSITIES[0], tuple(pairs))


def filter_names(declared: RecordType) -> tuple[str, ...]:
    """Every word of the address that filters a type's list."""
    own = [name for field in declared.filters for name in (field, *(f"{field}.{bound}" for bound in BOUNDS))]
    return (*ENTRY_FILTERS, *own)


def _word(given: QueryDict, name: str) -> str:
    return str(given.get(name, "")).strip()[:TEXT_LENGTH_MAX]


def _values(given: QueryDict, name: str) -> tuple[str, ...]:
    found = (value.strip()[:TEXT_LENGTH_MAX] for value in given.getlist(name)[:VALUES_MAX])
    return tuple(dict.fromkeys(value for value in found if value))

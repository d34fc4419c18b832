"""One page of a long list, reached by key set and never by offset."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
PAGE_ROWS = 100
PAGE_ROWS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next` is the cursor of the page after, empty on the last one; `total` None where counting is not asked."""

    items: tuple[T, ...]
    next: str = ""
    total: int | None = None

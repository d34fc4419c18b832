"""One field of many signals changed: written by the thousand, and the data plane told once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.papers import changing
from kandelia.kernel.signals import facade, store
from kandelia.kernel.signals.definitions import SignalView

CHUNK_ROWS = 1_000


def offer() -> None:
    """Let a change of many signals on a list come here."""
    changing.register_writer("signal", change)


def change(viewer: Viewer, rows: QuerySet[Any], parsed: Mapping[str, Any]) -> int:
    """Every signal of `rows` with these fields; how many differed. InvalidInput names one that cannot have them."""
    numbers = list(rows.order_by("number").values_list("number", flat=True))
    try:
        written = facade.put_signals(viewer, _views(viewer, numbers, parsed))
    except InvalidInput as error:
        raise InvalidInput(f"{error.where}: {error.what}", next(iter(parsed)), error.mend, error.code) from error
    return len(written.changed)


def _views(viewer: Viewer, numbers: Sequence[int], parsed: Mapping[str, Any]) -> Iterator[SignalView]:
    fields: dict[str, Any] = {name: Kind(value) if name == "kind" else value for name, value in parsed.items()}
    for start in range(0, len(numbers), CHUNK_ROWS):
        views = store.by_numbers(viewer.organisation, numbers[start : start + CHUNK_ROWS])
        yield from (replace(view, **fields) for view in views.values())

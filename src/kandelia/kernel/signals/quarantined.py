"""What history could not store and why, read back: for those who mend what sends it."""

from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pyarrow as pa

from kandelia.base.clock import NS_PER_S, from_ns
from kandelia.base.errors import NotFound
from kandelia.base.pages import PAGE_ROWS, Page
from kandelia.base.samples import Kind
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import require
from kandelia.kernel.events import bridge
from kandelia.kernel.signals.plane.quarantine import SetAside, read_quarantine
from kandelia.ports.bus import Bus

LIST_MAX = 200  # documents of a page; each may hold half a megabyte
READ_S = 30.0


def list_quarantine(viewer: Viewer, *, after: str = "", limit: int = PAGE_ROWS) -> Page[SetAside]:
    """The organisation's documents behind a cursor, oldest first; the stream keeps them for its time and size."""
    require(viewer, Right.CONFIGURE)
    limit = max(1, min(limit, LIST_MAX))
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    found = [document for document, _ in _read(viewer.organisation, start, limit + 1)]
    items = tuple(found[:limit])
    return Page(items, str(items[-1].number) if len(found) > len(items) else "")


def quarantined(viewer: Viewer, number: int) -> tuple[SetAside, pa.Table]:
    """One document and its table (QUARANTINE_SCHEMA or GARBAGE_SCHEMA); NotFound for what is not the viewer's."""
    require(viewer, Right.CONFIGURE)
    for document, table in _read(viewer.organisation, max(number, 1) - 1, 1):
        if document.number == number:
            return document, table
    raise NotFound(f"nothing was set aside under number {number}", "quarantine", "see kandelia quarantine list")


def plain_rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Rows for people and programs: time as RFC 3339 with ns, one `value` whatever the kind, bytes as hexadecimal."""
    times = table["time"].cast(pa.int64()).to_pylist() if "time" in table.schema.names else []
    kept = table.drop_columns([name for name in ("time",) if name in table.schema.names])
    for place, row in enumerate(kept.to_pylist()):
        if times:
            row = {"time": _time(times[place]), **row}
            row["value"] = _value(row.pop("kind"), row)
            del row["integer"], row["text"]
        else:
            row["data"] = row["data"].hex()
        yield row


def _value(kind: int, row: dict[str, Any]) -> Any:
    if kind == Kind.MISSING:
        return None
    if kind == Kind.TEXT:
        return row["text"]
    return row["value"] if kind == Kind.FLOAT else row["integer"]


def _time(ns: int) -> str:
    return f"{from_ns(ns):%Y-%m-%dT%H:%M:%S}.{ns % NS_PER_S:09d}Z"


def _read(organisation: str, after: int, limit: int) -> list[tuple[SetAside, pa.Table]]:
    async def read(bus: Bus) -> list[tuple[SetAside, pa.Table]]:
        found: list[tuple[SetAside, pa.Table]] = []
        async with aclosing(read_quarantine(bus, organisation, after)) as documents:
            async for pair in documents:
                found.append(pair)
                if len(found) >= limit:
                    break
        return found

    return bridge.bus_call(read, READ_S)

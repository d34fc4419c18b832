"""A list as rows for a file: the same query, the same columns, the same masks."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.utils import timezone

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Kind, Query, RecordView, Ref
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.fields import kind_of, said
from kandelia.kernel.records.store import LIMIT_MAX

ROWS_MAX = 1_000_000
ENTRY_COLUMNS = {
    "code": LocalText("编号", "Number"),
    "title": LocalText("名称", "Title"),
    "state": LocalText("状态", "State"),
    "organisation": LocalText("单位", "Organisation"),
    "due": LocalText("期限", "Due"),
    "changed": LocalText("更改时间", "Changed"),
    "created": LocalText("建立时间", "Made"),
}
PLAIN = (Kind.INTEGER, Kind.NUMBER, Kind.MONEY, Kind.DAY)


def table(
    viewer: Viewer | None, type: str, query: Query, columns: Sequence[str] = (), language: str = "zh"
) -> tuple[list[str], Iterator[list[Any]]]:
    """(head, rows) of what a query finds. `columns` name fields or ENTRY_COLUMNS; none: number, state, every field."""
    declared = facade.type_of(type)
    seen = {field.name: field.label for field in facade.seen_fields(declared, viewer)}
    offered = {**ENTRY_COLUMNS, **seen}
    wanted = list(columns) or ["code", "state", *seen]
    for name in wanted:
        if name not in offered:
            raise InvalidInput(f'there is no column "{name[:60]}"', "columns", f"there are: {', '.join(offered)}")
    first = facade.page(viewer, type, replace(query, limit=LIMIT_MAX, after="", before=""), count=False)
    return [offered[name].say(language) for name in wanted], _rows(viewer, declared, query, first, wanted, language)


def _rows(
    viewer: Viewer | None, declared: RecordType, query: Query, page: Any, wanted: list[str], language: str
) -> Iterator[list[Any]]:
    count = 0
    while True:
        for view in page.items:
            yield [cell(declared, view, name, language) for name in wanted]
        count += len(page.items)
        if not page.next or count >= ROWS_MAX:
            return
        onward = replace(query, limit=LIMIT_MAX, after=page.next, before="")
        page = facade.page(viewer, declared.name, onward, count=False)


def cell(declared: RecordType, view: RecordView, name: str, language: str) -> Any:
    """A value as a spreadsheet takes it: amounts and days as such, everything else as text."""
    if name in ENTRY_COLUMNS and name not in view.values:
        return _of_entry(view, name, language)
    value = view.values.get(name)
    kind = kind_of(declared, declared.field(name))
    if kind in PLAIN and name not in view.masked:
        return value
    if isinstance(value, dict | list):
        return str(value) if value else ""
    return value.title if isinstance(value, Ref) else said(declared, name, value, language)


def _of_entry(view: RecordView, name: str, language: str) -> Any:
    times = {"due": view.due_at, "changed": view.changed_at, "created": view.created_at}
    if name in times:
        at = times[name]
        return timezone.localtime(at).replace(microsecond=0) if at else None
    texts = {"code": view.code, "title": view.title, "organisation": view.organisation_name}
    return texts[name] if name in texts else view.state_label.say(language)

"""Rows of signals as views, always within one organisation; pages by number."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.base.pages import PAGE_ROWS_MAX, Page
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.signals.definitions import SignalVersionView, SignalView
from kandelia.kernel.signals.models import Signal, SignalVersion
from kandelia.kernel.things.models import Machine

CHUNK_ROWS = 500  # values of one IN (…)
MACHINES_LISTED_MAX = 200
NUMBER_MAX = 2**31 - 1
_FIELDS = (
    "number", "id", "key", "name_zh", "name_en", "kind", "unit", "decimals", "low", "high", "labels", "period_ms",
    "address", "retention", "clash", "active", "machine__key", "machine__area__key", "machine__area__site__key",
    "connection__key", "writable", "command_low", "command_high", "step_max", "rate_s", "second_person",
)  # fmt: skip
PLACE = _FIELDS.index("machine__key")  # where the machine and connection stand among them


def page(organisation: str, search: str, machine: str, connection: str, after: str, limit: int) -> Page[SignalView]:
    """One page by number; `total` is counted on the first page only."""
    if after and not (after.isascii() and after.isdigit() and len(after) <= 10):
        raise InvalidInput("the cursor is damaged", "after", "take `next` of the page before", "invalid-cursor")
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    rows = _filtered(organisation, search, machine, connection)
    found = views(rows.filter(number__gt=int(after or 0)).order_by("number")[: limit + 1])
    following = str(found[limit - 1].number) if len(found) > limit else ""
    return Page(tuple(found[:limit]), following, None if after else rows.count())


def _filtered(organisation: str, search: str, machine: str, connection: str) -> QuerySet[Signal]:
    rows = Signal.objects.filter(organisation_id=organisation)
    for word in search.casefold().split():
        rows = rows.filter(search__contains=word)
    if machine:
        parts = machine.strip("/").split("/")
        names = ("area__site__key", "area__key", "key")
        if len(parts) > len(names):
            return rows.none()
        within = Machine.objects.filter(area__site__organisation_id=organisation)
        within = within.filter(**dict(zip(names, parts, strict=False)))
        # A list, not a join: so the few signals of a machine are found by its index, not by a walk over all.
        ids = list(within.values_list("pk", flat=True)[: MACHINES_LISTED_MAX + 1])
        few = len(ids) <= MACHINES_LISTED_MAX
        rows = rows.filter(machine_id__in=ids) if few else rows.filter(machine__in=within)
    return rows.filter(connection__key=connection) if connection else rows


def of_machine(organisation: str, path: str) -> tuple[SignalView, ...]:
    """All signals of a machine, in plant order."""
    return tuple(views(_filtered(organisation, "", path, "").order_by("position", "number")))


def one(organisation: str, number: int) -> SignalView:
    """By number, or NotFound."""
    found = by_numbers(organisation, [number]).get(number)
    if found is None:
        mend = "search the list of signals"
        raise NotFound(f"there is no signal {number}", "signal", mend, "not-found")
    return found


def versions(organisation: str, number: int) -> tuple[SignalVersionView, ...]:
    """The dated versions of a signal, the newest first."""
    rows = SignalVersion.objects.filter(signal__organisation_id=organisation, signal_id=number).order_by("-since_at")
    found = rows.values_list("since_at", "kind", "unit")
    return tuple(SignalVersionView(since_at, Kind(kind), unit) for since_at, kind, unit in found)


def by_numbers(organisation: str, numbers: Iterable[int]) -> dict[int, SignalView]:
    """Those that exist in the organisation."""
    usable = sorted({number for number in numbers if 0 < number <= NUMBER_MAX})
    return {view.number: view for view in _chunked(organisation, "number__in", usable)}


def every_signal(organisation: str) -> Iterable[tuple[int, str, Kind]]:
    """Number, id and kind of all, by number."""
    rows = Signal.objects.filter(organisation_id=organisation).order_by("number").values_list("number", "id", "kind")
    for number, id, kind in rows.iterator(10_000):
        yield number, id, Kind(kind)


def known(organisation: str, numbers: Iterable[int]) -> set[int]:
    """Which of these numbers the organisation has."""
    usable = sorted({number for number in numbers if 0 < number <= NUMBER_MAX})
    found: set[int] = set()
    for start in range(0, len(usable), CHUNK_ROWS):
        rows = Signal.objects.filter(organisation_id=organisation, number__in=usable[start : start + CHUNK_ROWS])
        found.update(rows.values_list("number", flat=True))
    return found


def by_ids(organisation: str, ids: Iterable[str]) -> dict[str, SignalView]:
    """Those that exist in the organisation."""
    return {view.id: view for view in _chunked(organisation, "id__in", sorted(set(ids)))}


def _chunked(organisation: str, field: str, values: Sequence[Any]) -> Iterable[SignalView]:
    for start in range(0, len(values), CHUNK_ROWS):
        rows = Signal.objects.filter(organisation_id=organisation, **{field: values[start : start + CHUNK_ROWS]})
        yield from views(rows.order_by("number"))


def views(rows: QuerySet[Signal]) -> list[SignalView]:
    """Rows as views, in one query."""
    return [_view(*row) for row in rows.values_list(*_FIELDS)]


def view_of(row: Signal) -> SignalView:
    """A row in hand as a view."""
    values: list[Any] = [getattr(row, name) for name in _FIELDS if "__" not in name]
    machine = row.machine
    within = [machine.key, machine.area.key, machine.area.site.key, row.connection.key if row.connection else None]
    return _view(*values[:PLACE], *within, *values[PLACE:])


def _view(
    number: int, id: str, key: str, zh: str, en: str, kind: int, unit: str, decimals: int, low: float | None,
    high: float | None, labels: dict[str, dict[str, str]], period_ms: int, address: str, retention: int, clash: Any,
    active: bool, machine: str, area: str, site: str, connection: str | None, writable: bool,
    command_low: float | None, command_high: float | None, step_max: float | None, rate_s: float, second_person: bool,
) -> SignalView:  # fmt: skip
    return SignalView(
        number=number,
        id=id,
        key=key,
        machine=f"{site}/{area}/{machine}",
        name=LocalText(zh, en),
        kind=Kind(kind),
        unit=unit,
        decimals=decimals,
        low=low,
        high=high,
        labels={int(code): LocalText(text.get("zh", ""), text.get("en", "")) for code, text in labels.items()},
        period_ms=period_ms,
        connection=connection or "",
        address=address,
        retention=retention,
        clash=clash,
        active=active,
        writable=writable,
        command_low=command_low,
        command_high=command_high,
        step_max=step_max,
        rate_s=rate_s,
        second_person=second_person,
    )

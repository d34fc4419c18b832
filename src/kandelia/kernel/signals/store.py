"""Rows of signals as views, always within one organisation; pages by number."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.base.pages import PAGE_ROWS_MAX, Page
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Reach
from kandelia.kernel.signals.definitions import SignalVersionView, SignalView
from kandelia.kernel.signals.models import Signal, SignalVersion
from kandelia.kernel.things import store as things
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


def page(
    organisation: str,
    search: str,
    machine: str,
    connection: str,
    after: str,
    limit: int,
    reach: Reach | None = None,
) -> Page[SignalView]:
    """One page by number of what lies within `reach` (None: all); `total` is counted on the first page only."""
    if after and not (after.isascii() and after.isdigit() and len(after) <= 10):
        raise InvalidInput("the cursor is damaged", "after", "take `next` of the page before", "invalid-cursor")
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    rows = within(_filtered(organisation, search, machine, connection), organisation, reach)
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
        machines = Machine.objects.filter(area__site__organisation_id=organisation)
        rows = rows.filter(_on(machines.filter(**dict(zip(names, parts, strict=False)))))
    return rows.filter(connection__key=connection) if connection else rows


def within(rows: QuerySet[Signal], organisation: str, reach: Reach | None) -> QuerySet[Signal]:
    """Those of the organisation's rows that lie within a reach; None: all."""
    if reach is None:
        return rows
    machines = Machine.objects.filter(area__site__organisation_id=organisation)
    asked = _on(machines.filter(things.within(reach))) if reach.places else Q(pk__in=())
    return rows.filter(asked | Q(number__in=reach.signals) if reach.signals else asked)


def _on(machines: QuerySet[Machine]) -> Q:
    """Signals of these machines: a list while it is short, so that a machine's few are found by its index."""
    ids = list(machines.values_list("pk", flat=True)[: MACHINES_LISTED_MAX + 1])
    return Q(machine_id__in=ids) if len(ids) <= MACHINES_LISTED_MAX else Q(machine__in=machines)


def of_machine(organisation: str, path: str) -> tuple[SignalView, ...]:
    """All signals of a machine, in plant order."""
    return tuple(views(_filtered(organisation, "", path, "").order_by("position", "number")))


def one(organisation: str, number: int, reach: Reach | None = None) -> SignalView:
    """By number, or NotFound."""
    found = by_numbers(organisation, [number], reach).get(number)
    if found is None:
        raise none_of(number)
    return found


def none_of(number: int) -> NotFound:
    """The error for a number that is nobody's, or nothing for this viewer."""
    return NotFound(f"there is no signal {number}", "signal", "search the list of signals", "not-found")


def versions(number: int) -> tuple[SignalVersionView, ...]:
    """The dated versions of a signal, the newest first."""
    rows = SignalVersion.objects.filter(signal_id=number).order_by("-since_at")
    found = rows.values_list("since_at", "kind", "unit")
    return tuple(SignalVersionView(since_at, Kind(kind), unit) for since_at, kind, unit in found)


def by_numbers(organisation: str, numbers: Iterable[int], reach: Reach | None = None) -> dict[int, SignalView]:
    """Those that exist in the organisation, within `reach`."""
    usable = sorted({number for number in numbers if 0 < number <= NUMBER_MAX})
    return {view.number: view for view in _chunked(organisation, "number__in", usable, reach)}


def every_signal(organisation: str) -> Iterable[tuple[int, str, Kind]]:
    """Number, id and kind of all, by number."""
    rows = Signal.objects.filter(organisation_id=organisation).order_by("number").values_list("number", "id", "kind")
    for number, id, kind in rows.iterator(10_000):
        yield number, id, Kind(kind)


def all_numbers(organisation: str, reach: Reach) -> tuple[int, ...]:
    """Every number within a reach, ascending."""
    rows = within(Signal.objects.filter(organisation_id=organisation), organisation, reach)
    return tuple(rows.order_by("number").values_list("number", flat=True))


def known(organisation: str, numbers: Iterable[int], reach: Reach | None = None) -> set[int]:
    """Which of these numbers the organisation has, within `reach`."""
    usable = sorted({number for number in numbers if 0 < number <= NUMBER_MAX})
    found: set[int] = set()
    for start in range(0, len(usable), CHUNK_ROWS):
        rows = Signal.objects.filter(organisation_id=organisation, number__in=usable[start : start + CHUNK_ROWS])
        found.update(within(rows, organisation, reach).values_list("number", flat=True))
    return found


def by_ids(organisation: str, ids: Iterable[str], reach: Reach | None = None) -> dict[str, SignalView]:
    """Those that exist in the organisation, within `reach`."""
    return {view.id: view for view in _chunked(organisation, "id__in", sorted(set(ids)), reach)}


def _chunked(organisation: str, field: str, values: Sequence[Any], reach: Reach | None) -> Iterable[SignalView]:
    for start in range(0, len(values), CHUNK_ROWS):
        rows = Signal.objects.filter(organisation_id=organisation, **{field: values[start : start + CHUNK_ROWS]})
        yield from views(within(rows, organisation, reach).order_by("number"))


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

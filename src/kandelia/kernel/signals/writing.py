"""Writes of signal definitions, many at a time, within one organisation."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotFound
from kandelia.kernel.access.contracts import Reach
from kandelia.kernel.access.guards import SYSTEM_SUBJECT
from kandelia.kernel.connections import store as connections
from kandelia.kernel.connections.contracts import UNCONNECTED
from kandelia.kernel.records import entries
from kandelia.kernel.signals import store
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.checks import check_signal, search_text, signal_id
from kandelia.kernel.signals.models import Signal, SignalVersion
from kandelia.kernel.signals.records.signal import SIGNAL
from kandelia.kernel.things import store as things

CHUNK_ROWS = 1_000
_COLUMNS = (
    "machine_id", "key", "id", "name_zh", "name_en", "kind", "unit", "decimals", "low", "high", "labels", "period_ms",
    "connection_id", "address", "retention", "clash", "search", "active", "writable", "command_low", "command_high",
    "step_max", "rate_s", "second_person",
)  # fmt: skip
COMMANDED = ("writable", "command_low", "command_high", "step_max", "rate_s", "second_person")


@dataclass
class Written:
    """Ids that were new and ids that differed, and the connections whose documents differ now."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    connections: set[str] = field(default_factory=set)
    moved: bool = False  # some stand on another machine now


@dataclass
class Writer:
    """Brings views into rows; knows the organisation's machines and connections once, those within `reach` alone."""

    organisation: str
    ordered: bool = False
    progress: Callable[[int], None] | None = None  # hears how many have been dealt with
    subject: str = SYSTEM_SUBJECT
    reach: Reach | None = None
    written: Written = field(default_factory=Written)

    def __post_init__(self) -> None:
        machines = things.machines_of(self.organisation)
        machines = machines if self.reach is None else machines.filter(things.within(self.reach))
        self._machines = {things.machine_view(row).path: row.pk for row in machines}
        self._connections = connections.keys(self.organisation, self.reach)

    def put(self, views: Iterable[SignalView]) -> Written:
        """Make or change them; a view with a number changes that signal, wherever it stood."""
        position, rest = 0, iter(views)
        while chunk := [check_signal(view) for view in islice(rest, CHUNK_ROWS)]:
            self._put_chunk(chunk, position)
            position += len(chunk)
            if self.progress:
                self.progress(position)
        return self.written

    def _put_chunk(self, views: Sequence[SignalView], position: int) -> None:
        numbers = store.by_numbers(self.organisation, [view.number for view in views if view.number], self.reach)
        ids = store.by_ids(self.organisation, [view.id for view in views])
        fresh: list[Signal] = []
        changed: list[tuple[SignalView, Signal]] = []
        for place, view in enumerate(views, position):
            before = self._before(view, numbers, ids)
            if before is None:
                fresh.append(self._row(view, place))
                self._mark(view)
            elif before != (view := replace(view, number=before.number)):
                changed.append((before, self._row(view, place)))
                self.written.moved |= before.machine != view.machine
                self._mark(view, before)
        self._create(fresh)
        self._change(changed)

    def _before(
        self, view: SignalView, numbers: dict[int, SignalView], ids: dict[str, SignalView]
    ) -> SignalView | None:
        if not view.number:
            return ids.get(view.id)
        before, holder = numbers.get(view.number), ids.get(view.id)
        if before is None:
            raise NotFound(f"there is no signal {view.number}", "signal", "search the list of signals", "not-found")
        if holder is not None and holder.number != view.number:
            mend = "choose another key or machine"
            raise Conflict(f'"{view.id}" is signal {holder.number} already', "signal", mend, "exists")
        return before

    def _row(self, view: SignalView, position: int) -> Signal:
        row = Signal(
            organisation_id=self.organisation,
            machine_id=self._machine(view),
            key=view.key,
            id=view.id,
            name_zh=view.name.zh,
            name_en=view.name.en,
            kind=int(view.kind),
            unit=view.unit,
            decimals=view.decimals,
            low=view.low,
            high=view.high,
            labels={str(code): {"zh": text.zh, "en": text.en} for code, text in view.labels.items()},
            period_ms=view.period_ms,
            connection_id=self._connection(view),
            address=view.address,
            retention=view.retention,
            clash=view.clash,
            search=search_text(view),
            active=view.active,
            writable=view.writable,
            command_low=view.command_low,
            command_high=view.command_high,
            step_max=view.step_max,
            rate_s=view.rate_s,
            second_person=view.second_person,
            position=position,
        )
        if view.number:
            row.pk = view.number
        return row

    def _machine(self, view: SignalView) -> int:
        if view.machine not in self._machines:
            mend = "make the machine first"
            raise InvalidInput(f'there is no machine "{view.machine}"', f"signal {view.key}", mend, "no-machine")
        return self._machines[view.machine]

    def _connection(self, view: SignalView) -> int | None:
        if not view.connection:
            return None
        if view.connection not in self._connections:
            mend = "make the connection first"
            raise InvalidInput(
                f'there is no connection "{view.connection}"', f"signal {view.key}", mend, "no-connection"
            )
        return self._connections[view.connection]

    def _mark(self, *views: SignalView) -> None:
        for view in views:
            self.written.connections.add(view.connection if view.active and view.connection else UNCONNECTED)

    def _create(self, rows: list[Signal]) -> None:
        now = timezone.now()
        entries.make(SIGNAL, rows, self.organisation, self.subject)
        for row in Signal.objects.bulk_create(rows):
            self.written.created.append(row.id)
        versions = [SignalVersion(signal=row, since_at=now, kind=row.kind, unit=row.unit) for row in rows]
        SignalVersion.objects.bulk_create(versions)

    def _change(self, changed: list[tuple[SignalView, Signal]]) -> None:
        columns = (*_COLUMNS, "position") if self.ordered else _COLUMNS
        rows = [row for _, row in changed]
        # Small steps: SQLite takes 32,766 values a statement, and each row costs one per column and condition.
        Signal.objects.bulk_update(rows, columns, batch_size=CHUNK_ROWS // 2)
        now = timezone.now()
        entries.follow(SIGNAL, [(row, _differences(before, row)) for before, row in changed], self.subject)
        SignalVersion.objects.bulk_create(
            SignalVersion(signal=row, since_at=now, kind=row.kind, unit=row.unit)
            for before, row in changed
            if (row.kind, row.unit) != (int(before.kind), before.unit)
        )
        self.written.changed += [row.id for row in rows]


def _differences(before: SignalView, row: Signal) -> dict[str, list[str]]:
    """Field → [old, new] as text, as the history of a record keeps it."""
    was = {
        "id": before.id,
        "name_zh": before.name.zh,
        "name_en": before.name.en,
        "kind": int(before.kind),
        "unit": before.unit,
        "decimals": before.decimals,
        "low": before.low,
        "high": before.high,
        "period_ms": before.period_ms,
        "address": before.address,
        "retention": before.retention,
        "clash": before.clash,
        **{name: getattr(before, name) for name in COMMANDED},
    }
    return {
        name: ["" if old is None else str(old), "" if (new := getattr(row, name)) is None else str(new)]
        for name, old in was.items()
        if old != getattr(row, name)
    }


def rename(organisation: str, path: str) -> set[str]:
    """Give the signals at and below a thing's path the ids that follow from it; the connections that differ."""
    touched: set[str] = set()
    rows = Signal.objects.filter(organisation_id=organisation).select_related("machine__area__site", "connection")
    keys = dict(zip(("site__key", "key"), path.split("/"), strict=False))
    rows = rows.filter(**{f"machine__area__{name}": key for name, key in keys.items()})
    if path.count("/") == 2:
        rows = rows.filter(machine__key=path.rsplit("/", 1)[1])
    changed = []
    for row in rows.iterator(CHUNK_ROWS):
        view = things.machine_view(row.machine)
        row.id = signal_id(view.path, row.key)
        row.search = f"{row.id} {row.name_zh} {row.name_en}".casefold()[:900]
        touched.add(row.connection.key if row.connection and row.active else UNCONNECTED)
        changed.append(row)
    Signal.objects.bulk_update(changed, ["id", "search"], batch_size=CHUNK_ROWS)
    entries.follow(SIGNAL, [(row, {}) for row in changed], SYSTEM_SUBJECT)
    return touched

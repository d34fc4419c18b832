"""The plant as cards: every machine with the signals its card shows. Pure: from views to what a template draws."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kandelia.apps.plant.logic.shapes import shapes
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.base.units import shown_unit
from kandelia.sdk.views import LineView, MachineView, SignalView, SiteView

CARD_VALUES = 3
TREND_SIGNALS_DEFAULT = 3
NUMERIC = (Kind.FLOAT, Kind.INTEGER)


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One signal as the live-value and live-trend islands are told of it, in one language."""

    number: int
    id: str
    name: str
    machine: str
    kind: int
    unit: str
    decimals: int
    period_ms: int
    connection: str
    address: str
    low: float | None
    high: float | None
    labels: dict[int, str]
    shapes: dict[int, str]
    fallback: bool = False  # the name is not in the reader's language

    @property
    def labels_json(self) -> str:
        """For a data attribute."""
        return json.dumps(self.labels, ensure_ascii=False) if self.labels else ""

    @property
    def shapes_json(self) -> str:
        """For a data attribute."""
        return json.dumps(self.shapes)

    @property
    def low_text(self) -> str:
        """For a data attribute: the same in every language."""
        return "" if self.low is None else repr(self.low)

    @property
    def high_text(self) -> str:
        """For a data attribute: the same in every language."""
        return "" if self.high is None else repr(self.high)

    @property
    def kind_name(self) -> str:
        """ "float", "integer", …"""
        return Kind(self.kind).name.lower()

    @property
    def has_range(self) -> bool:
        """True where a moving bar has something to stand on."""
        return self.low is not None and self.high is not None and Kind(self.kind) in NUMERIC

    @property
    def drawable(self) -> bool:
        """True where a trend can show it."""
        return Kind(self.kind) is not Kind.TEXT


@dataclass(frozen=True, slots=True)
class Card:
    """A machine on the overview."""

    path: str
    name: str
    kind: str
    state: LiveRow | None
    values: tuple[LiveRow, ...]
    words: str  # what the text filter looks into

    @property
    def spark(self) -> LiveRow | None:
        """The first number on the card."""
        return next((row for row in self.values if Kind(row.kind) in NUMERIC), None)


@dataclass(frozen=True, slots=True)
class Group:
    """A line, or the machines of an area on no line."""

    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class AreaBoard:
    """An area with its groups."""

    title: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class SiteBoard:
    """A site with its areas."""

    title: str
    time_zone: str
    areas: tuple[AreaBoard, ...]


def live_row(signal: SignalView, language: str) -> LiveRow:
    """A signal as the islands want it."""
    return LiveRow(
        number=signal.number,
        id=signal.id,
        name=signal.name.say(language) or signal.key,
        machine=signal.machine,
        kind=int(signal.kind),
        unit=shown_unit(signal.unit),
        decimals=signal.decimals,
        period_ms=signal.period_ms,
        connection=signal.connection,
        address=signal.address,
        low=signal.low,
        high=signal.high,
        labels={int(code): label.say(language) for code, label in signal.labels.items()},
        shapes=shapes({int(code): label for code, label in signal.labels.items()}),
        fallback=signal.name.falls_back(language),
    )


def definitions(rows: Iterable[LiveRow]) -> dict[int, dict[str, object]]:
    """Number → definition, for the JSON that the trend island reads from the page."""
    return {
        row.number: {
            "number": row.number,
            "name": row.name,
            "unit": row.unit,
            "decimals": row.decimals,
            "kind": row.kind,
            "labels": row.labels,
            "period": row.period_ms,
            "connection": row.connection,
            "low": row.low,
            "high": row.high,
        }
        for row in rows
    }


def machines_of(sites: Iterable[SiteView]) -> Iterator[MachineView]:
    """Every machine, in plant order."""
    for site in sites:
        for area in site.areas:
            for line in area.lines:
                yield from line.machines
            yield from area.machines


def signal_id(machine: MachineView, key: str) -> str:
    """A signal's id from its machine and key."""
    return f"{machine.path.replace('/', '.')}.{key}"


def card_ids(sites: Iterable[SiteView]) -> list[str]:
    """Ids of every signal that some card shows."""
    return [
        signal_id(machine, key)
        for machine in machines_of(sites)
        for key in (*machine.card_signals[:CARD_VALUES], machine.state_signal)
        if key
    ]


def card(machine: MachineView, signals: Mapping[str, SignalView], language: str, place: str = "") -> Card:
    """A machine's card; signals that no longer exist are left out."""
    state = signals.get(signal_id(machine, machine.state_signal)) if machine.state_signal else None
    shown = [signals.get(signal_id(machine, key)) for key in machine.card_signals[:CARD_VALUES]]
    name = machine.name.say(language) or machine.key
    return Card(
        path=machine.path,
        name=name,
        kind=machine.kind,
        state=live_row(state, language) if state else None,
        values=tuple(live_row(signal, language) for signal in shown if signal),
        words=" ".join((name, machine.name.zh, machine.name.en, machine.path, machine.kind, place)),
    )


def board(sites: Iterable[SiteView], signals: Mapping[str, SignalView], language: str) -> tuple[SiteBoard, ...]:
    """The whole plant in one language; areas and lines without machines are left out."""
    found = []
    for site in sites:
        areas = []
        for area in site.areas:
            groups = _groups(area.lines, area.machines, signals, language, _name(area.name, area.key, language))
            if groups:
                areas.append(AreaBoard(_name(area.name, area.key, language), groups))
        found.append(SiteBoard(_name(site.name, site.key, language), site.time_zone, tuple(areas)))
    return tuple(found)


def _groups(
    lines: Iterable[LineView], loose: Iterable[MachineView], signals: Mapping[str, SignalView], language: str, area: str
) -> tuple[Group, ...]:
    named = [(_name(line.name, line.key, language), line.machines) for line in lines]
    named.append(("", tuple(loose)))
    return tuple(
        Group(title, tuple(card(machine, signals, language, f"{area} {title}") for machine in machines))
        for title, machines in named
        if machines
    )


def _name(name: LocalText, key: str, language: str) -> str:
    return name.say(language) or key

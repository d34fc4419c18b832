"""A device's table of registers or points (CSV or YAML) as signals of one machine; every mistake with its place."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.base.parsing import length_ns
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.things.logic.paths import check_key

ROWS_MAX = 20_000
MISTAKES_MAX = 100
KINDS = {kind.name.lower(): kind for kind in Kind if kind is not Kind.MISSING}
PERIOD = "1s"
NS_PER_MS = 1_000_000
Row = tuple[str, Mapping[str, str]]  # where it stands, column → cell
AddressOf = Callable[[Mapping[str, str]], str]


@dataclass(frozen=True, slots=True)
class Mapped:
    """Signals in the order of the table; none are to be made while there are mistakes."""

    signals: tuple[SignalView, ...]
    mistakes: tuple[str, ...]


def read_rows(text: str, name: str) -> list[Row]:
    """Rows of a CSV file with a head line, or of a YAML list; InvalidInput when it is neither."""
    rows = list(_yaml_rows(text, name) if name.lower().endswith((".yaml", ".yml")) else _csv_rows(text, name))
    if not rows:
        raise InvalidInput("it has no rows", name, "give a head line with names of columns, then a row a signal")
    if len(rows) > ROWS_MAX:
        raise InvalidInput(f"it has {len(rows)} rows", name, f"give {ROWS_MAX} at most")
    return rows


def map_signals(rows: Sequence[Row], machine: str, connection: str, address_of: AddressOf) -> Mapped:
    """A signal of each row: `key`, and where given `name`, `name_zh`, `kind`, `unit`, `period`, `decimals`."""
    signals: list[SignalView] = []
    mistakes: list[str] = []
    places: dict[str, str] = {}
    for where, row in rows:
        try:
            view = _signal(row, machine, connection, address_of)
            if view.key in places:
                what = f'signal "{view.key}" stands in {places[view.key]} too'
                raise InvalidInput(what, mend="rename one of them")
            places[view.key] = where
            signals.append(view)
        except KandeliaError as error:
            if len(mistakes) < MISTAKES_MAX:
                mistakes.append(f"{where}: {error}")
    return Mapped(tuple(signals), tuple(mistakes))


def _signal(row: Mapping[str, str], machine: str, connection: str, address_of: AddressOf) -> SignalView:
    key = check_key(row.get("key", ""), "key")
    kind = row.get("kind", "").lower() or "float"
    if kind not in KINDS:
        raise InvalidInput(f'kind "{kind[:40]}" is not known', mend=f"use {', '.join(KINDS)}")
    decimals = row.get("decimals", "") or "2"
    if not decimals.isdecimal() or int(decimals) > 9:
        raise InvalidInput(f'decimals "{decimals[:20]}" are out of range', mend="give a whole number from 0 to 9")
    return SignalView(
        number=0,
        id="",
        key=key,
        machine=machine,
        name=LocalText(row.get("name_zh", ""), row.get("name", "") or key),
        kind=KINDS[kind],
        unit=row.get("unit", ""),
        decimals=int(decimals),
        period_ms=length_ns(row.get("period", "") or PERIOD, "period") // NS_PER_MS,
        connection=connection,
        address=address_of(row),
    )


def _csv_rows(text: str, name: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        head = [cell.strip().lower() for cell in next(reader, [])]
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield (
                    f"{name}, line {reader.line_num}",
                    {column: cell.strip() for column, cell in zip(head, cells, strict=False)},
                )
    except csv.Error as error:
        raise InvalidInput(str(error), f"{name}, line {reader.line_num}", "save it as CSV with commas") from error


def _yaml_rows(text: str, name: str) -> Iterator[Row]:
    try:
        found: Any = yaml.BaseLoader(text).get_single_data()  # all words: on is no boolean, 00001 is not octal
    except yaml.YAMLError as error:
        raise InvalidInput(f"this is no YAML ({error})"[:300], name, "mend the file") from error
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise InvalidInput("this is no list of rows", name, "write - {key: …, register: …} for each signal")
    for place, row in enumerate(found, 1):
        yield f"{name}, row {place}", {str(k).lower(): "" if v is None else str(v).strip() for k, v in row.items()}

"""A file as rows of the signals that are wanted; addresses are names of columns, or of signals in a long table."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kandelia.drivers.files.config import FilesConfig, wrong
from kandelia.sdk.drivers import InvalidInput, Item, Kind
from kandelia.sdk.tables import Aim, Converter, Found, Plan, Time, blocks, inspect

FILE_BYTES_MAX = 200_000_000
ADDRESS_CHARACTERS_MAX = 200
MEND = "write the name of a column, or of a signal in a table of names and values"


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns for a sink."""

    numbers: np.ndarray
    times_ns: np.ndarray
    qualities: np.ndarray
    values: list[Any]


def check_address(address: str) -> None:
    """InvalidInput for what can be no name."""
    if not address.strip() or len(address) > ADDRESS_CHARACTERS_MAX or not address.isprintable():
        raise InvalidInput("this can be no name of a column", where=address[:80], mend=MEND, code="invalid-address")


def names_of(found: Found) -> dict[str, str]:
    """Address → kind of everything that a file holds beside its time."""
    if found.form == "long":
        return {name: found.name_kinds.get(name, "float") for name in found.names}
    return {column.name: column.kind for column in found.columns if column.kind != "time"}


def look(path: Path) -> Found:
    """What the file holds; InvalidInput where it cannot be read or is too large for a driver."""
    if path.stat().st_size > FILE_BYTES_MAX:
        what = f"{path.name} is larger than {FILE_BYTES_MAX // 1_000_000} MB"
        raise InvalidInput(what, mend="load it with the page Import history", code="too-large")
    return inspect(path)


def read_rows(path: Path, config: FilesConfig, items: Sequence[Item], faults: list[str]) -> Iterator[Rows]:
    """Rows in the order of the file; what does not fit is told in `faults`, by line."""
    found = look(path)
    converter = Converter(_plan(found, config), _aims(found, items), time.time_ns(), found.dialect.decimal)
    names = [column.name for column in found.columns]
    by_address: dict[str, list[Item]] = {}
    for item in items:
        by_address.setdefault(item.address, []).append(item)
    for block in blocks(path, found.format, found.dialect, names):
        made = converter.convert(block.table, block.lines, 20)
        faults += [f"{path.name}, line {one.line}, {one.column}: {one.what} {one.cell}" for one in made.wrong]
        faults += [f"{path.name}, line {line}: no row of this table" for line, _ in block.broken[:20]]
        yield _rows(made.samples)


def _plan(found: Found, config: FilesConfig) -> Plan:
    columns = (config.time,) if config.time else found.time.columns
    if not columns:
        raise wrong("time", "no column of times was found", "name it")
    if "zone" in found.unclear and not config.zone:
        raise wrong("zone", "the times in the files name no zone", "say in which zone they are")
    when = Time(columns, config.form or found.time.form, config.zone or "UTC")
    if found.form == "long":
        return Plan("long", when, {}, found.names_column, found.value_column, found.quality_column)
    return Plan("wide", when)


def _aims(found: Found, items: Sequence[Item]) -> Mapping[str, Aim]:
    """One aim a name: several signals of one name are made of the first."""
    known = names_of(found)
    return {item.address: Aim(item.number, item.kind) for item in reversed(items) if item.address in known}


def _rows(samples: pa.Table) -> Rows:
    kinds = samples["kind"].to_numpy()
    values: list[Any] = [None] * samples.num_rows
    for kind, name in ((Kind.FLOAT, "value"), (Kind.TEXT, "text")):
        _fill(values, kinds == kind, samples[name])
    _fill(values, (kinds == Kind.INTEGER) | (kinds == Kind.ENUMERATION), samples["integer"])
    _fill(values, kinds == Kind.BOOLEAN, samples["integer"], bool)
    times_ns = samples["time"].cast(pa.int64()).to_numpy()
    return Rows(samples["signal"].to_numpy(), times_ns, samples["quality"].to_numpy(), values)


def _fill(values: list[Any], mask: np.ndarray, column: pa.ChunkedArray, turn: Any = None) -> None:
    places = np.flatnonzero(mask)
    held = column.take(pa.array(places)).to_pylist() if len(places) else []
    for place, value in zip(places.tolist(), held, strict=True):
        values[place] = turn(value) if turn is not None else value

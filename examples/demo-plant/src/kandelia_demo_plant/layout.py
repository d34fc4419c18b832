"""Where each signal's column is: floats in one matrix, everything whole (counters, flags, codes) in the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kandelia_demo_plant.declaration import Kind, Machine, Signal, signal_id

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One signal and its place."""

    id: str
    machine: Machine
    signal: Signal
    index: int  # in `values` for a float, else in `codes`


@dataclass(frozen=True, slots=True)
class Group:
    """Machines with the same signals: key → columns, one for each machine."""

    machines: tuple[Machine, ...]
    columns: dict[str, Array]


@dataclass(frozen=True, slots=True)
class Layout:
    """All columns in plant order, and by group."""

    columns: tuple[Column, ...]
    floats: tuple[Column, ...]
    codes: tuple[Column, ...]
    groups: dict[str, Group]
    noise: Array  # [F]
    scale: Array  # [F], 10 ** decimals


def lay_out(machines: Sequence[Machine]) -> Layout:
    """The layout of these machines."""
    columns: list[Column] = []
    sizes = {True: 0, False: 0}
    for machine in machines:
        for signal in machine.signals:
            is_float = signal.kind is Kind.FLOAT
            columns.append(Column(signal_id(machine, signal), machine, signal, sizes[is_float]))
            sizes[is_float] += 1
    floats = tuple(c for c in columns if c.signal.kind is Kind.FLOAT)
    return Layout(
        tuple(columns),
        floats,
        tuple(c for c in columns if c.signal.kind is not Kind.FLOAT),
        _groups(machines, columns),
        np.array([c.signal.noise for c in floats]),
        np.array([10.0**c.signal.decimals for c in floats]),
    )


def _groups(machines: Sequence[Machine], columns: Sequence[Column]) -> dict[str, Group]:
    places = {c.id: c.index for c in columns}
    groups: dict[str, Group] = {}
    for name in dict.fromkeys(machine.group for machine in machines):
        members = tuple(m for m in machines if m.group == name)
        keys = [signal.key for signal in members[0].signals]
        groups[name] = Group(members, {k: np.array([places[f"{m.id}.{k}"] for m in members]) for k in keys})
    return groups

"""Set points that operators change: each holds until the program loads another one for its zone."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kandelia_demo_plant.declaration import SITE

Array = np.ndarray[Any, Any]
OVENS, OVEN_ZONES = ("smt1", "smt2"), 10
MOULDS, BARRELS = 4, 4
SETTABLE = (  # ids in the order of the heated bodies
    *(f"{SITE}.smt.{line}-oven.zone-{zone}-setpoint" for line in OVENS for zone in range(1, OVEN_ZONES + 1)),
    *(f"{SITE}.moulding.mould-{m}.barrel-{b}-setpoint" for m in range(1, MOULDS + 1) for b in range(1, BARRELS + 1)),
)
LOW_C, HIGH_C = 20.0, 320.0  # what the controllers take; beyond, they refuse
Changed = Mapping[str, tuple[float, float]]  # id → (what the operator set, what the program wanted then), °C


def change(changed: Changed, wanted: Array, id: str, value: float) -> dict[str, tuple[float, float]]:
    """An operator sets one while the program wants `wanted` [36]; ValueError for what the controller refuses."""
    if id not in SETTABLE or not LOW_C <= value <= HIGH_C:
        raise ValueError(f"{id} takes {LOW_C:g} to {HIGH_C:g} °C")
    return {**changed, id: (float(value), float(wanted[SETTABLE.index(id)]))}


def apply(changed: Changed, program: Array) -> tuple[Array, dict[str, tuple[float, float]]]:
    """What the controllers hold [n, 36] instead of the program's wish, and the changes that hold on."""
    if not changed:
        return program, {}
    held, on = program.copy(), {}
    for id, (value, base) in changed.items():
        column = SETTABLE.index(id)
        left = np.flatnonzero(program[:, column] != base)
        end = int(left[0]) if len(left) else len(program)
        held[:end, column] = value
        if end == len(program):
            on[id] = (value, base)
    return held, on

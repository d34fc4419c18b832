"""The plant's state in a file, so that a restart goes on where the last run ended."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kandelia_demo_plant.faults import Fault
from kandelia_demo_plant.simulation import COUNTERS, PlantState

STATE_FILE = "state.json"
BEGAN_FILE = "began.json"  # as it was in its first second: history is joined to it
LOCK_FILE = "lock"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept."""

    state: PlantState
    faults: tuple[Fault, ...] = ()


class InUse(RuntimeError):
    """Another plant serves from this directory."""


@contextlib.contextmanager
def owned(directory: Path) -> Iterator[None]:
    """Hold the directory for this process alone; InUse where another has it. Made if it is not there."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK_FILE).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUse(f"another plant serves from {directory}: stop it, or choose another --data") from error
        yield


def save(directory: Path, kept: Kept, name: str = STATE_FILE) -> None:
    """Replace the state file in one step; numbers are exact."""
    state = kept.state
    document = {
        "format": FORMAT,
        "time": state.time,
        "seed": state.seed,
        "temperature": state.temperature.tolist(),
        "integral": state.integral.tolist(),
        "bodies": state.bodies.tolist(),
        "air": list(state.air),
        "water": list(state.water),
        "totals": {name: total.tolist() for name, total in state.totals.items()},
        "held": state.held,
        "changed": {id: list(pair) for id, pair in state.changed.items()},
        "program": state.program.tolist(),
        "faults": [[f.name, f.since, f.machine, f.signal] for f in kept.faults],
    }
    new = directory / f"{name}.new"
    with new.open("w") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(directory / name)


def load(directory: Path, name: str = STATE_FILE) -> Kept | None:
    """What was kept; None when there is nothing, or nothing this version can use."""
    try:
        document = json.loads((directory / name).read_text())
        kept = _read(document)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    shapes = {name: total.shape for name, total in kept.state.totals.items()}
    expected = {name: (width,) for name, (width, _) in COUNTERS.items()}
    return kept if document.get("format") == FORMAT and shapes == expected else None


def _read(document: dict[str, Any]) -> Kept:
    pressure, loaded, idle = document["air"]
    water, stages = document["water"]
    state = PlantState(
        time=int(document["time"]),
        seed=int(document["seed"]),
        temperature=np.array(document["temperature"], dtype=float),
        integral=np.array(document["integral"], dtype=float),
        bodies=np.array(document["bodies"], dtype=float),
        air=(float(pressure), [int(x) for x in loaded], [int(x) for x in idle]),
        water=(float(water), int(stages)),
        totals={name: np.array(total, dtype=np.int64) for name, total in document["totals"].items()},
        held={str(key): value for key, value in document["held"].items()},
        changed={str(id): (float(pair[0]), float(pair[1])) for id, pair in document.get("changed", {}).items()},
        program=np.array(document.get("program", []), dtype=float),
    )
    return Kept(state, tuple(Fault(*row) for row in document["faults"]))

"""What the physics of one stretch of time share: inputs first, then results that later machines need."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kandelia_demo_plant.chance import wander
from kandelia_demo_plant.faults import Effects
from kandelia_demo_plant.fluids import STILL_AIR, AirCourse
from kandelia_demo_plant.layout import Layout

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class World:
    """One stretch of n seconds within one local day."""

    layout: Layout
    seed: int
    times: Array  # [n] seconds since 1970, UTC
    day: int
    second: int  # of the local day, the first row's
    effects: Effects
    totals: dict[str, Array]
    values: Array  # [n, F]
    codes: Array  # [n, I]
    line_state: Array = field(default_factory=lambda: np.empty(0))  # [n, 2, 6]
    line_order: Array = field(default_factory=lambda: np.empty(0))  # [n, 2]
    line_product: Array = field(default_factory=lambda: np.empty(0))
    mould_state: Array = field(default_factory=lambda: np.empty(0))  # [n, 4]
    mould_order: Array = field(default_factory=lambda: np.empty(0))
    mould_product: Array = field(default_factory=lambda: np.empty(0))
    outdoor: Array = field(default_factory=lambda: np.empty(0))  # [n] °C
    hall: Array = field(default_factory=lambda: np.empty(0))  # [n] °C
    attended: Array = field(default_factory=lambda: np.empty(0))  # [n]
    air: AirCourse = field(default_factory=lambda: STILL_AIR)
    air_demand: Array = field(default_factory=lambda: np.empty(0))
    water: Array = field(default_factory=lambda: np.empty(0))
    water_stages: Array = field(default_factory=lambda: np.empty(0))
    water_heat: Array = field(default_factory=lambda: np.empty(0))
    wanted: Array = field(default_factory=lambda: np.empty(0))  # [n, Z] °C
    zones: Array = field(default_factory=lambda: np.empty(0))  # [n, Z] °C
    duties: Array = field(default_factory=lambda: np.empty(0))  # [n, Z] 0…1
    bodies: dict[str, Array] = field(default_factory=dict)
    power_kw: dict[str, Array] = field(default_factory=dict)  # by meter key, [n]

    @property
    def seconds(self) -> int:
        """How many rows."""
        return len(self.times)

    def put(self, group: str, key: str, data: Any) -> None:
        """Write floats [n, machines], or what broadcasts to it."""
        self.values[:, self.layout.groups[group].columns[key]] = data

    def code(self, group: str, key: str, data: Any) -> None:
        """Write whole numbers [n, machines], or what broadcasts to it."""
        self.codes[:, self.layout.groups[group].columns[key]] = data

    def count(self, name: str, increments: Array) -> Array:
        """The running total [n, k] of whole `increments`; exact, however time is cut."""
        running: Array = np.cumsum(increments, axis=0, dtype=np.int64)
        running += self.totals[name]
        self.totals[name] = running[-1].copy()
        return running

    def wander(self, stream: int, count: int, period_s: int) -> Array:
        """`count` slow wanders between −1 and 1, [n, count]."""
        return wander(self.seed, stream, count, self.times, period_s)

    def draw(self, power: str, kilowatts: Array) -> None:
        """Add to what a meter sees."""
        self.power_kw[power] = self.power_kw.get(power, 0.0) + kilowatts

    def ambient(self) -> Array:
        """Hall temperature as a column [n, 1]."""
        return self.hall[:, None]

"""Compressed air and chilled water: balances with switching machines, in one-second steps."""

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

VOLUME_M3 = 9.0  # receiver and ring main
FLOW_M3_MIN = 6.5  # free air delivery of one compressor
LOAD_BAR = (7.05, 6.85, 6.65)  # by place in the sequence
UNLOAD_BAR = (7.65, 7.5, 7.35)
RUN_ON_S = 600  # an unloaded compressor stops its motor after this

WATER_HEAT_KJ_K = 21_000.0  # five cubic metres
STAGE_KW = 75.0
WATER_ON_C, WATER_OFF_C = 12.6, 11.4


@dataclass(frozen=True, slots=True)
class AirCourse:
    """Pressure [n] in bar, load and motor [n, 3] as booleans, and where it ended."""

    pressure: Array
    loaded: Array
    turning: Array
    end: tuple[float, list[int], list[int]]  # pressure, loaded, seconds since unloaded


STILL_AIR = AirCourse(np.empty(0), np.empty((0, 3), dtype=bool), np.empty((0, 3), dtype=bool), (0.0, [], []))


def compress(demand: Array, lead: int, start: tuple[float, list[int], list[int]]) -> AirCourse:
    """The room's course under `demand` [n] in m³/min; the sequence begins with compressor `lead`."""
    pressure, loaded, idle = start[0], list(start[1]), list(start[2])
    order = [(lead + i) % 3 for i in range(3)]
    limits = [(k, LOAD_BAR[i], UNLOAD_BAR[i]) for i, k in enumerate(order)]
    pressures, loads, motors = [], [], []
    for use in demand.tolist():
        for k, low, high in limits:
            if pressure < low:
                loaded[k] = 1
            elif pressure > high:
                loaded[k] = 0
            idle[k] = 0 if loaded[k] else idle[k] + 1
        pressure += (FLOW_M3_MIN * (loaded[0] + loaded[1] + loaded[2]) - use) * (1.013 / (60.0 * VOLUME_M3))
        pressure = max(pressure, 0.0)
        pressures.append(pressure)
        loads.append((loaded[0], loaded[1], loaded[2]))
        motors.append((idle[0] < RUN_ON_S, idle[1] < RUN_ON_S, idle[2] < RUN_ON_S))
    course = np.array(pressures), np.array(loads, dtype=bool), np.array(motors, dtype=bool)
    return AirCourse(*course, end=(pressure, loaded, idle))


def chill(heat_kw: Array, start: tuple[float, int]) -> tuple[Array, Array, tuple[float, int]]:
    """Water temperature [n] in °C and the number of running stages [n] under a heat load [n] in kW."""
    water, stages = start
    temperatures, running = [], []
    for load in heat_kw.tolist():
        if water > WATER_ON_C + 0.5 * stages and stages < 2:
            stages += 1
        elif water < WATER_OFF_C - 0.4 * (2 - stages) and stages > 0:
            stages -= 1
        water += (load - STAGE_KW * stages) / WATER_HEAT_KJ_K
        temperatures.append(water)
        running.append(stages)
    return np.array(temperatures), np.array(running), (water, stages)

"""The simulation: (state, seconds, faults) → (state, frame). The same for one second and for a year of history."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from kandelia_demo_plant import energy, moulding, setpoints, smt, smt_physics, utilities
from kandelia_demo_plant.chance import normal
from kandelia_demo_plant.declaration import FAULT, IDLE, RUNNING, Machine
from kandelia_demo_plant.faults import LEAK, LINE_STOP, SENSOR_FAILED, SENSOR_FROZEN, Effects
from kandelia_demo_plant.fluids import chill, compress
from kandelia_demo_plant.layout import Layout, lay_out
from kandelia_demo_plant.schedule import FOLLOW_S, Producer, day_plan
from kandelia_demo_plant.shifts import DAY_S, attended, heated, local_day
from kandelia_demo_plant.thermal import HeaterBank, follow, heat, neighbours
from kandelia_demo_plant.world import World

Array = np.ndarray[Any, Any]
WARM_UP_S = 5_400
CATCH_UP_S_MAX = 7_200
GOOD, BAD_SENSOR_FAILURE = 0x0000, 0x808C  # upper half of an OPC UA status code (OPC 10000-4, 7.39)
FIRST_DAY_S = 1_577_836_800  # 2020-01-01: counters began about then
LEAD_CHANGE_S = 7 * DAY_S

LINES = tuple(Producer(f"smt{i}", i, (0.35, 0.2, 0.6, 0.55, 0.08, 0.3), (2_700, 7_200), (480, 1_500)) for i in (1, 2))
MOULDS = tuple(Producer(f"mould-{i}", 10 + i, (0.3,), (5_400, 14_400), (900, 2_700)) for i in range(1, 5))
BANK = HeaterBank(
    rise=np.array([0.55] * 20 + [0.30] * 16),
    loss=np.array([0.0011] * 20 + [0.0006] * 16),
    exchange=neighbours([10, 10, 4, 4, 4, 4], 0.0004),
    gain=np.array([0.05] * 20 + [0.04] * 16),
    reset=np.array([0.00035] * 20 + [0.00012] * 16),
)
BODIES = {  # name → how many, and how fast they follow (1/s)
    "placer": (4, 1 / 600),
    "exhaust": (2, 1 / 420),
    "mould": (4, 1 / 500),
    "oil": (4, 1 / 900),
    "compressor-oil": (3, 1 / 240),
    "compressor-bearing": (3, 1 / 400),
    "pump": (2, 1 / 800),
}
BODY_RATES = np.concatenate([np.full(count, rate) for count, rate in BODIES.values()])
COUNTERS = {  # name → columns and the usual increment a second, averaged over the week
    "boards": (12, 14_000),
    "spi-defects": (2, 0.0002),
    "placements": (4, 3_500_000),
    "rejects": (4, 1_200),
    "aoi-defects": (2, 0.0003),
    "false-calls": (2, 0.0002),
    "scrap": (2, 0.00002),
    "good": (2, 0.014),
    "mould-cycles": (4, 13_000),
    "run-time": (3, 0.6),
    "load-time": (3, 0.4),
    "starts": (3, 0.0002),
    "turning": (3, 0),
    "air-litres": (1, 130),
    "make-up": (1, 0.2),
    "sub-energy": (5, 9_000),
    "demand-start": (5, 9_000),
    "demand-now": (5, 9_000),
    "main-energy": (1, 62_000_000),
}


@dataclass(frozen=True, slots=True)
class PlantState:
    """All that the next second depends on. `time` is the next second to compute; arrays are never changed in place."""

    time: int
    seed: int
    temperature: Array
    integral: Array
    bodies: Array
    air: tuple[float, list[int], list[int]]
    water: tuple[float, int]
    totals: dict[str, Array]
    held: dict[str, float]  # values of frozen sensors by signal id
    changed: setpoints.Changed = field(default_factory=dict)  # set points that operators have changed
    program: Array = field(default_factory=lambda: np.zeros(0))  # what the program wanted in the last second [Z]


@dataclass(frozen=True, slots=True)
class Frame:
    """n seconds of all signals: floats [n, F], whole numbers [n, I], and the quality of each signal by id."""

    times: Array  # [n] seconds since 1970
    values: Array
    codes: Array
    qualities: dict[str, int]  # those that are not good


@lru_cache(maxsize=1)
def all_machines() -> tuple[Machine, ...]:
    """Every machine, in plant order."""
    found = [*smt.machines(), *moulding.machines(), *utilities.machines(), *energy.machines()]
    areas = list(dict.fromkeys(machine.area for machine in found))
    return tuple(sorted(found, key=lambda machine: areas.index(machine.area)))


@lru_cache(maxsize=1)
def layout() -> Layout:
    """The columns of all machines."""
    return lay_out(all_machines())


def begin(seed: int, time: int) -> PlantState:
    """The plant at `time`, warmed up, its counters where their age puts them."""
    cold = PlantState(
        time=time - WARM_UP_S,
        seed=seed,
        temperature=np.full(len(BANK.rise), 75.0),
        integral=np.full(len(BANK.rise), 0.1),
        bodies=np.full(len(BODY_RATES), 26.0),
        air=(7.2, [1, 0, 0], [0, 900, 900]),
        water=(12.0, 1),
        totals=_usual_totals(time - WARM_UP_S),
        held={},
    )
    return run(cold, WARM_UP_S, Effects())


def _usual_totals(time: int) -> dict[str, Array]:
    age = max(time - FIRST_DAY_S, 0)
    return {name: np.full(width, int(age * rate), dtype=np.int64) for name, (width, rate) in COUNTERS.items()}


def run(state: PlantState, seconds: int, effects: Effects) -> PlantState:
    """The state after so many seconds, their frames thrown away."""
    end = state.time + seconds
    while state.time < end:
        state, _ = advance(state, min(1_800, end - state.time), effects)
    return state


def catch_up(state: PlantState, time: int, effects: Effects) -> PlantState:
    """The plant at `time`: simulated over a short gap; over a long one counters grow as usual and it is warmed up."""
    gap = time - state.time
    if gap <= CATCH_UP_S_MAX:
        return run(state, max(gap, 0), effects)
    skipped = gap - WARM_UP_S
    totals = {name: old + int(skipped * COUNTERS[name][1]) for name, old in state.totals.items()}
    return run(replace(state, time=time - WARM_UP_S, totals=totals), WARM_UP_S, effects)


def advance(state: PlantState, seconds: int, effects: Effects) -> tuple[PlantState, Frame]:
    """The next `seconds`, or up to local midnight, with these faults on all the while."""
    day, second = local_day(state.time)
    n = min(seconds, DAY_S - second)
    plan = layout()
    world = World(
        plan,
        state.seed,
        np.arange(state.time, state.time + n, dtype=np.int64),
        day,
        second,
        effects,
        dict(state.totals),
        np.full((n, len(plan.floats)), np.nan),
        np.full((n, len(plan.codes)), -1, dtype=np.int64),
    )
    _look_up_plans(world)
    _climate(world)
    air, water = _balance(world, state)
    program = _program(world)
    world.wanted, changed = setpoints.apply(state.changed, program)
    heated_to = _warm(world, state)
    smt_physics.show(world)
    moulding.show(world)
    utilities.show(world)
    energy.show(world)
    _measure(world)
    held = _sensors(world, state)
    after = PlantState(
        state.time + n, state.seed, *heated_to, air, water, world.totals, held, changed, program[-1].copy()
    )
    return after, Frame(world.times, world.values, world.codes, _failed(world))


def _look_up_plans(world: World) -> None:
    rows = slice(world.second, world.second + world.seconds)
    lines = [day_plan(world.seed, producer, world.day) for producer in LINES]
    moulds = [day_plan(world.seed, producer, world.day) for producer in MOULDS]
    world.line_state = np.stack([p.state[rows] for p in lines], axis=1)
    world.line_order = np.stack([p.order[rows] for p in lines], axis=1)
    world.line_product = np.stack([p.product[rows] for p in lines], axis=1)
    world.mould_state = np.stack([p.state[rows, 0] for p in moulds], axis=1)
    world.mould_order = np.stack([p.order[rows] for p in moulds], axis=1)
    world.mould_product = np.stack([p.product[rows] for p in moulds], axis=1)
    world.attended = attended(world.day)[rows].astype(np.float64)
    if not world.effects.has(LINE_STOP):
        return
    for line, minutes in enumerate(world.effects.minutes(LINE_STOP, ("smt1", "smt2"), world.times).T):
        _stop_line(world.line_state[:, line], minutes * 60)


def _stop_line(state: Array, stopped_s: Array) -> None:
    """Placer 1 faults; the others stand once they are starved or blocked."""
    for machine in range(state.shape[1]):
        delay = abs(machine - smt.PLACER_1) * FOLLOW_S
        hit = (stopped_s > delay) & (state[:, machine] == RUNNING)
        state[hit, machine] = FAULT if machine == smt.PLACER_1 else IDLE


def _climate(world: World) -> None:
    world.outdoor = energy.outdoor(world.times, world.wander(500, 1, 14_400)[:, 0])
    world.hall = 23.4 + 0.05 * (world.outdoor - 22) + 0.5 * world.attended + 0.3 * world.wander(501, 1, 3_600)[:, 0]


def _balance(world: World, state: PlantState) -> tuple[tuple[float, list[int], list[int]], tuple[float, int]]:
    minutes = world.effects.minutes(LEAK, ("air-receiver",), world.times)[:, 0]
    world.air_demand = utilities.air_demand(world, 4.2 * (1 - np.exp(-minutes / 3)))
    lead = int(world.times[0] // LEAD_CHANGE_S) % 3
    world.air = compress(world.air_demand, lead, state.air)
    world.water_heat = utilities.water_heat(world)
    world.water, world.water_stages, water = chill(world.water_heat, state.water)
    return world.air.end, water


def _program(world: World) -> Array:
    """What the programs want of all heated bodies, °C [n, Z]."""
    hot = heated(world.day)[world.second : world.second + world.seconds]
    return np.concatenate([smt.oven_wanted(world, hot), moulding.wanted(world, hot)], axis=1)


def _warm(world: World, state: PlantState) -> tuple[Array, Array, Array]:
    drain = np.concatenate([smt_physics.oven_drain(world), moulding.drain(world)], axis=1)
    world.zones, world.duties, temperature, integral = heat(
        BANK, state.temperature, state.integral, world.wanted, drain, world.hall
    )
    targets = [
        smt_physics.placer_targets(world),
        smt_physics.exhaust_targets(world),
        moulding.mould_targets(world),
        moulding.oil_targets(world),
        *utilities.compressor_targets(world, world.air.loaded, world.air.turning),
        utilities.pump_targets(world),
    ]
    course, bodies = follow(BODY_RATES, state.bodies, np.concatenate(targets, axis=1))
    at = 0
    for name, (count, _) in BODIES.items():
        world.bodies[name] = course[:, at : at + count]
        at += count
    return temperature, integral, bodies


def _measure(world: World) -> None:
    """Sensors: noise where there is something to measure, then the resolution."""
    values, plan = world.values, world.layout
    noise = normal(world.seed, np.arange(len(plan.floats)) + 10_000, world.times)
    noise *= plan.noise
    noise *= values != 0
    values += noise
    values *= plan.scale
    np.rint(values, out=values)
    values /= plan.scale


def _sensors(world: World, state: PlantState) -> dict[str, float]:
    """Hold the values of frozen sensors; returns what is held."""
    frozen = world.effects.sensors(SENSOR_FROZEN)
    held: dict[str, float] = {}
    for column in world.layout.columns if frozen else ():
        if (column.machine.key, column.signal.key) not in frozen:
            continue
        matrix = world.values if column in world.layout.floats else world.codes
        held[column.id] = state.held.get(column.id, matrix[0, column.index].item())
        matrix[:, column.index] = held[column.id]
    return held


def _failed(world: World) -> dict[str, int]:
    failed = world.effects.sensors(SENSOR_FAILED)
    return {
        column.id: BAD_SENSOR_FAILURE
        for column in (world.layout.columns if failed else ())
        if (column.machine.key, column.signal.key) in failed
    }

"""The day's plan of each line: orders, change-overs, starvation and breakdowns, from the seed and the day alone."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from kandelia_demo_plant.chance import day_generator
from kandelia_demo_plant.declaration import FAULT, IDLE, RUNNING, SETUP, STOPPED
from kandelia_demo_plant.shifts import DAY_S, attended, working

Array = np.ndarray[Any, Any]
ORDERS_A_DAY_MAX = 100
FOLLOW_S = 25  # how long a stop takes to reach the next machine
PRODUCTS = 6


@dataclass(frozen=True, slots=True)
class Producer:
    """A line, or a machine that works alone; `stops_an_hour` for each of its machines in flow order."""

    key: str
    stream: int
    stops_an_hour: tuple[float, ...]
    order_s: tuple[int, int]
    changeover_s: tuple[int, int]


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Second by second over one local day: state [86400, machines], order code and product [86400]."""

    state: Array
    order: Array
    product: Array


@lru_cache(maxsize=32)
def day_plan(seed: int, producer: Producer, day: int) -> DayPlan:
    """What the producer does on that day."""
    chance = day_generator(seed, producer.stream, day)
    base = np.where(attended(day), IDLE, STOPPED).astype(np.int8)
    base[working(day)] = RUNNING
    order = np.full(DAY_S, day * ORDERS_A_DAY_MAX, dtype=np.int64)
    product = np.full(DAY_S, _product(seed, producer, day, 0), dtype=np.int64)
    _place_orders(chance, producer, (seed, day), base, order, product)
    _starve(chance, base)
    return DayPlan(_breakdowns(chance, producer, base), order, product)


def _product(seed: int, producer: Producer, day: int, index: int) -> int:
    return int(day_generator(seed, producer.stream + 1_000, day * ORDERS_A_DAY_MAX + index).integers(PRODUCTS))


def _place_orders(
    chance: np.random.Generator, producer: Producer, when: tuple[int, int], base: Array, order: Array, product: Array
) -> None:
    present = np.flatnonzero(base != STOPPED)
    at, index = (int(present[0]), 0) if len(present) else (DAY_S, 0)
    end = int(present[-1]) + 1 if len(present) else DAY_S
    while at < end and index < ORDERS_A_DAY_MAX - 1:
        setup = int(chance.integers(*producer.changeover_s))
        chosen = _product(when[0], producer, when[1], index)
        change = base[at : min(at + setup, end)]
        change[change == RUNNING] = SETUP
        order[at:], product[at:] = when[1] * ORDERS_A_DAY_MAX + index, chosen
        at += setup + int(chance.integers(*producer.order_s))
        index += 1


def _starve(chance: np.random.Generator, base: Array) -> None:
    """Material comes late about twice a day."""
    for _ in range(int(chance.poisson(2.0))):
        at = int(chance.integers(DAY_S))
        part = base[at : at + int(chance.integers(120, 900))]
        part[part == RUNNING] = IDLE


def _breakdowns(chance: np.random.Generator, producer: Producer, base: Array) -> Array:
    state = np.repeat(base[:, None], len(producer.stops_an_hour), axis=1)
    for machine, rate in enumerate(producer.stops_an_hour):
        for _ in range(int(chance.poisson(rate * 16))):
            at = int(chance.integers(DAY_S))
            length = int(min(30 + chance.lognormal(4.4, 0.9), 3_600))
            _break(state, machine, at, length)
    return state


def _break(state: Array, machine: int, at: int, length: int) -> None:
    """One machine stands; its neighbours run on until they are starved or blocked."""
    if state[at, machine] != RUNNING:
        return
    for other in range(state.shape[1]):
        delay = abs(other - machine) * FOLLOW_S
        part = state[min(at + delay, DAY_S) : at + delay + length, other]
        part[part == RUNNING] = FAULT if other == machine else IDLE

"""What the SMT machines show, from the lines' states, the heat and the air."""

import numpy as np

from kandelia_demo_plant.chance import uniform
from kandelia_demo_plant.declaration import RUNNING, SETUP, STOPPED
from kandelia_demo_plant.faults import ZONE_DRIFT
from kandelia_demo_plant.smt import (
    AOI,
    OVEN,
    PACE_S,
    PARTS,
    PLACER_1,
    PLACER_2,
    PRINTER,
    PRODUCT_OFFSET_C,
    SPI,
    ZONES,
    nozzle_wear,
)
from kandelia_demo_plant.world import Array, World

MICRO = 1_000_000
CLEAN_EVERY = 12  # boards between stencil cleanings
ZONE_KW = 6.0
TRANSIT_S = 250.0  # through the oven


def show(world: World) -> None:
    """Write all signals of both lines."""
    boards = _flow(world)
    _show_printers(world, boards[:, :, PRINTER])
    spi_share = _show_spi(world, boards[:, :, SPI])
    _show_placers(world)
    _show_ovens(world, boards)
    yield_share = _show_aoi(world, boards[:, :, AOI], spi_share)
    _show_controllers(world, boards[:, :, AOI], yield_share)


def _running(world: World, machine: int) -> Array:
    result: Array = world.line_state[:, :, machine] == RUNNING
    return result


def _flow(world: World) -> Array:
    """Boards that have left each machine since the beginning, in millionths: int64 [n, 2, 6]."""
    pace = (MICRO / PACE_S).astype(np.int64)[world.line_product]
    steps = (world.line_state == RUNNING) * pace[:, :, None]
    return world.count("boards", steps.reshape(world.seconds, 12)).reshape(world.seconds, 2, 6)


def _show_printers(world: World, flow: Array) -> None:
    on, boards = _running(world, PRINTER), flow // MICRO
    stroke = (flow % MICRO) < 0.35 * MICRO
    pressing = on & stroke
    drift = world.wander(100, 2, 1_800)
    world.code("printer", "state", world.line_state[:, :, PRINTER])
    world.code("printer", "program", world.line_product)
    world.code("printer", "boards", boards)
    world.code("printer", "since-cleaning", boards % CLEAN_EVERY)
    world.code("printer", "cover-closed", world.line_state[:, :, PRINTER] != SETUP)
    world.put("printer", "squeegee-pressure", pressing * (62 + 2 * drift))
    world.put("printer", "squeegee-speed", pressing * (45 + 4.0 * (world.line_product % 3)))
    world.put("printer", "separation-speed", (on & ~stroke) * 2.4)
    world.put("printer", "cycle-time", PACE_S[world.line_product] * 0.82 + 0.4 * drift)
    world.put("printer", "paste-temperature", 24.2 + 0.35 * (world.ambient() - 23) + 0.4 * on)
    world.put("printer", "air-pressure", _air(world) - 0.35 - 0.12 * pressing)


def _air(world: World) -> Array:
    return world.air.pressure[:, None]


def _show_spi(world: World, flow: Array) -> Array:
    boards = flow // MICRO
    since_cleaning = (boards % CLEAN_EVERY) / CLEAN_EVERY
    bias = world.wander(110, 6, 2_700)
    volume = 101 + 4 * bias[:, 0:2] - 5 * since_cleaning
    share = 0.004 + 0.0004 * np.square(volume - 100)
    world.code("spi", "state", world.line_state[:, :, SPI])
    world.code("spi", "boards", boards)
    world.code("spi", "defects", world.count("spi-defects", _happen(world, 120, share * _leaving(world, flow, SPI))))
    world.put("spi", "volume-mean", volume)
    world.put("spi", "volume-deviation", 6.5 + 2.5 * since_cleaning)
    world.put("spi", "height-mean", 118 + 0.5 * (volume - 100))
    world.put("spi", "offset-x", 14 * bias[:, 2:4])
    world.put("spi", "offset-y", 11 * bias[:, 4:6])
    world.put("spi", "pass-rate", 100 * (1 - share))
    return share


def _leaving(world: World, flow: Array, machine: int) -> Array:
    """True in the seconds in which a board leaves: [n, 2]."""
    pace = (MICRO / PACE_S).astype(np.int64)[world.line_product]
    result: Array = _running(world, machine) & (flow % MICRO < pace)
    return result


def _happen(world: World, stream: int, share: Array) -> Array:
    """1 with the probability `share` in each second: int64 [n, k]."""
    drawn = uniform(world.seed, np.arange(stream, stream + share.shape[1]), world.times)
    return (drawn < share).astype(np.int64)


def _show_placers(world: World) -> None:
    state = world.line_state[:, :, PLACER_1 : PLACER_2 + 1].reshape(world.seconds, 4)
    product = np.repeat(world.line_product, 2, axis=1)
    on, wear = state == RUNNING, nozzle_wear(world)
    rate = on * (PARTS[product] / 2 / PACE_S[product] * 3_600)
    reject_ppm = 180 + 9.0 * np.maximum(wear - 40, 0) + 60 * world.wander(130, 4, 900)
    placed = world.count("placements", (rate * (MICRO / 3_600)).astype(np.int64))
    world.code("placer", "state", state)
    world.code("placer", "program", product)
    world.code("placer", "placements", placed // MICRO)
    rejected = world.count("rejects", (rate / 3_600 * reject_ppm).astype(np.int64))
    world.code("placer", "rejects", rejected // MICRO)
    world.code("placer", "feeder-low", (placed // MICRO) % 9_000 > 8_600)
    world.put("placer", "rate", rate)
    world.put("placer", "vacuum", -86 + 0.08 * wear + 1.2 * world.wander(140, 4, 600) + 3 * ~on)
    world.put("placer", "head-temperature", world.bodies["placer"])
    world.put("placer", "vibration", 0.25 + on * (1.1 + 0.006 * wear + rate / 90_000))
    world.put("placer", "nozzle-wear", wear)
    world.put("placer", "reject-rate", on * reject_ppm)
    power = np.where(state == STOPPED, 0.35, 1.1) + on * (1.2 + rate / 40_000)
    world.put("placer", "power", power)
    for line in range(2):
        world.draw(f"smt{line + 1}", power[:, 2 * line : 2 * line + 2].sum(axis=1))


def _show_ovens(world: World, boards: Array) -> None:
    state, n = world.line_state[:, :, OVEN], world.seconds
    zones = world.zones[:, : 2 * ZONES].reshape(n, 2, ZONES)
    duty = world.duties[:, : 2 * ZONES].reshape(n, 2, ZONES)
    wanted = world.wanted[:, : 2 * ZONES].reshape(n, 2, ZONES)
    for i in range(ZONES):
        world.put("oven", f"zone-{i + 1}-temperature", zones[:, :, i])
        world.put("oven", f"zone-{i + 1}-setpoint", wanted[:, :, i])
        world.put("oven", f"zone-{i + 1}-output", 100 * duty[:, :, i])
    hot = wanted[:, :, 0] > 100
    inside = (TRANSIT_S / PACE_S).astype(np.int64)[world.line_product] * (state == RUNNING)
    power = 1.2 + 4.4 * hot + ZONE_KW * duty.sum(axis=2)
    world.code("oven", "state", state)
    world.code("oven", "program", world.line_product)
    world.code("oven", "boards", boards[:, :, OVEN] // MICRO)
    world.code("oven", "boards-inside", inside)
    world.put("oven", "conveyor-speed", hot * (95 - 4.0 * (world.line_product % 4)))
    world.put("oven", "oxygen", np.where(hot, 760 + 160 * world.wander(150, 2, 1_200), 205_000))
    world.put("oven", "nitrogen-flow", hot * (21.5 + world.wander(152, 2, 900)))
    world.put("oven", "fan-current", 3.5 + hot * (13.2 + 0.4 * world.wander(154, 2, 3_600)))
    world.put("oven", "exhaust-temperature", world.bodies["exhaust"])
    world.put("oven", "power", power)
    for line in range(2):
        world.draw(f"smt{line + 1}", power[:, line])


def _show_aoi(world: World, flow: Array, spi_share: Array) -> Array:
    """Writes the inspection's signals; returns the share of boards that fail."""
    state, on = world.line_state[:, :, AOI], _running(world, AOI)
    zones = world.zones[:, : 2 * ZONES].reshape(world.seconds, 2, ZONES)
    wanted = world.wanted[:, : 2 * ZONES].reshape(world.seconds, 2, ZONES)
    cold = np.abs(zones - wanted).max(axis=2)
    wear = nozzle_wear(world).reshape(world.seconds, 2, 2).mean(axis=2)
    fail: Array = np.minimum(
        0.006 + 0.25 * spi_share + 0.00012 * np.maximum(wear - 40, 0) + 0.004 * np.maximum(cold - 3, 0), 0.6
    )
    leaving = _leaving(world, flow, AOI)
    failed = _happen(world, 160, fail * leaving)
    called = _happen(world, 162, 0.012 * leaving)
    world.code("aoi", "state", state)
    world.code("aoi", "boards", flow // MICRO)
    world.code("aoi", "defects", world.count("aoi-defects", failed))
    world.code("aoi", "false-calls", world.count("false-calls", called))
    draws = [uniform(world.seed, np.array([164 + i]), flow[:, i] // MICRO) for i in range(2)]
    drawn = np.concatenate(draws, axis=1)
    world.code("aoi", "last-result", np.where(drawn < fail, 1, np.where(drawn > 0.99, 2, 0)))
    world.put("aoi", "first-pass-yield", 100 * (1 - fail))
    world.put("aoi", "light-level", 97.5 + 0.8 * world.wander(166, 2, 7_200))
    world.put("aoi", "camera-temperature", world.ambient() + 9 + 4 * on)
    return fail


def _show_controllers(world: World, flow: Array, fail: Array) -> None:
    state = world.line_state[:, :, PLACER_1]
    pace = PACE_S[world.line_product]
    on = _running(world, AOI)
    left = _leaving(world, flow, AOI)
    scrapped = _happen(world, 170, 0.15 * fail * left)
    world.code("smt-line", "state", state)
    for key in ("order", "batch"):
        world.code("smt-line", key, world.line_order)
    world.code("smt-line", "product", world.line_product)
    world.code("smt-line", "planned", (5_400 / pace).astype(np.int64))
    world.code("smt-line", "scrap", world.count("scrap", scrapped))
    world.code("smt-line", "good", world.count("good", left * (1 - scrapped)))
    world.put("smt-line", "takt", pace + 0.5 * world.wander(172, 2, 600))
    world.put("smt-line", "speed", on * 3_600 / pace)
    quality = np.clip(1 - fail, 0, 1)
    world.put("smt-line", "oee", 100 * quality * np.where(state == RUNNING, 0.91, 0.55))
    for line in range(2):
        world.draw(f"smt{line + 1}", 2.5 + 1.8 * world.attended + 1.5 * on[:, line])


def oven_drain(world: World) -> Array:
    """Heat that boards and weak heaters take from the zones, °C/s [n, 20]."""
    load = 0.018 * _running(world, OVEN)[:, :, None] * np.ones(ZONES)
    weak = world.effects.minutes(ZONE_DRIFT, ("smt1-oven", "smt2-oven"), world.times)
    load[:, :, 4] += 0.38 * (1 - np.exp(-weak / 4))
    return load.reshape(world.seconds, 2 * ZONES)


def placer_targets(world: World) -> Array:
    """Where the placers' heads would settle, °C [n, 4]."""
    on = (world.line_state[:, :, PLACER_1 : PLACER_2 + 1] == RUNNING).reshape(world.seconds, 4)
    result: Array = world.ambient() + 4 + 14 * on
    return result


def exhaust_targets(world: World) -> Array:
    """Where the ovens' exhaust would settle, °C [n, 2]."""
    hot = world.wanted[:, : 2 * ZONES].reshape(world.seconds, 2, ZONES)[:, :, 0] > 100
    result: Array = world.ambient() + 12 + 38 * hot + 0.2 * PRODUCT_OFFSET_C[world.line_product]
    return result

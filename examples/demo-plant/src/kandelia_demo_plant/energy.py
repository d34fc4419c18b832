"""Energy meters (电能表) and hall climate (车间环境). Energy follows the load; the main meter counts in µW·h."""

import numpy as np

from kandelia_demo_plant.declaration import Machine, Name, Signal, counter, measured
from kandelia_demo_plant.world import Array, World

SUB_METERS = {
    "smt1": Name("贴片一线电表", "Meter, SMT line 1"),
    "smt2": Name("贴片二线电表", "Meter, SMT line 2"),
    "moulding": Name("注塑车间电表", "Meter, moulding"),
    "compressed-air": Name("空压站电表", "Meter, compressed air"),
    "cooling": Name("冷却系统电表", "Meter, cooling"),
}
DEMAND_S = 900


def machines() -> list[Machine]:
    """Meters first, then the climate stations of the halls."""
    main_card = ("active-power", "power-factor", "energy")
    return [
        Machine("meter-main", Name("总进线电表", "Main meter"), "main-meter", "energy", _main(), "", main_card),
        *(
            Machine(f"meter-{key}", name, "meter", "energy", _sub(), "", ("active-power", "energy"))
            for key, name in SUB_METERS.items()
        ),
        Machine(
            "smt-climate",
            Name("贴片车间环境", "SMT hall climate"),
            "climate",
            "smt",
            _climate(),
            "",
            ("temperature", "humidity"),
        ),
        Machine(
            "moulding-climate",
            Name("注塑车间环境", "Moulding hall climate"),
            "climate",
            "moulding",
            _climate(),
            "",
            ("temperature", "humidity"),
        ),
    ]


def _main() -> tuple[Signal, ...]:
    phases = [
        signal
        for i in (1, 2, 3)
        for signal in (
            measured(f"voltage-l{i}", f"L{i} 相电压", f"Voltage L{i}", "V", 200, 260, decimals=2, noise=0.15),
            measured(f"current-l{i}", f"L{i} 相电流", f"Current L{i}", "A", 0, 1_200, noise=0.5),
        )
    ]
    return (
        *phases,
        measured("active-power", "有功功率", "Active power", "kW", 0, 800, decimals=2, noise=0.1),
        measured("reactive-power", "无功功率", "Reactive power", "kV.A", 0, 500, decimals=2, noise=0.1),
        measured("power-factor", "功率因数", "Power factor", "1", 0, 1, decimals=3, noise=0.001),
        measured("frequency", "频率", "Frequency", "Hz", 49, 51, decimals=3, noise=0.004),
        measured("harmonics", "电压谐波畸变率", "Voltage distortion", "%", 0, 10, decimals=2, noise=0.02, period_s=10),
        counter("energy", "有功电能", "Active energy", "uW.h"),
    )


def _sub() -> tuple[Signal, ...]:
    return (
        measured("active-power", "有功功率", "Active power", "kW", 0, 300, decimals=2, noise=0.05),
        measured("current", "电流", "Current", "A", 0, 500, noise=0.2),
        measured("power-factor", "功率因数", "Power factor", "1", 0, 1, decimals=3, noise=0.001),
        measured("demand", "本刻钟需量", "Demand in this quarter hour", "kW", 0, 300, decimals=2, period_s=10),
        counter("energy", "有功电能", "Active energy", "mW.h", period_s=5),
    )


def _climate() -> tuple[Signal, ...]:
    return (
        measured("temperature", "温度", "Temperature", "Cel", 10, 40, decimals=2, noise=0.02, period_s=5),
        measured("humidity", "相对湿度", "Relative humidity", "%", 0, 100, decimals=2, noise=0.06, period_s=5),
        measured("particles", "尘埃粒子", "Particles", "m-3", 0, 1_000_000, decimals=0, noise=400.0, period_s=10),
    )


def outdoor(times: Array, wander: Array) -> Array:
    """Outdoor temperature in °C [n] of a subtropical coast: year, day and weather."""
    year = np.cos(2 * np.pi * (times / 86_400 - 200) / 365.25)
    day = np.cos(2 * np.pi * ((times + 8 * 3_600) / 86_400 - 0.6))
    result: Array = 22.5 + 6.8 * year + 3.2 * day + 2.5 * wander
    return result


def show(world: World) -> None:
    """Write meters and climate; to be called when all loads are known."""
    loads = np.stack([world.power_kw[key] for key in SUB_METERS], axis=1)
    _show_subs(world, loads)
    _show_main(world, loads.sum(axis=1) + 14 + 9 * world.attended)
    _show_climate(world)


def _show_subs(world: World, loads: Array) -> None:
    factor = 0.9 + 0.015 * world.wander(400, len(SUB_METERS), 1_800)
    world.put("meter", "active-power", loads)
    world.put("meter", "current", loads / factor / 0.6582)
    world.put("meter", "power-factor", factor)
    energy = world.count("sub-energy", np.rint(loads * (1e6 / 3_600)).astype(np.int64))
    world.put("meter", "demand", _demand(world, energy))
    world.code("meter", "energy", energy)


def _demand(world: World, energy: Array) -> Array:
    """Mean power in kW since the quarter hour began [n, meters]."""
    elapsed = world.times % DEMAND_S
    begins = np.where(elapsed == 0, np.arange(world.seconds), -1)
    last = np.maximum.accumulate(begins)[:, None]
    start: Array = np.where(last < 0, world.totals["demand-start"], energy[np.maximum(last[:, 0] - 1, 0)])
    if begins[0] == 0:
        start[last[:, 0] == 0] = world.totals["demand-now"]
    world.totals["demand-start"], world.totals["demand-now"] = start[-1].copy(), energy[-1].copy()
    result: Array = (energy - start) * (3_600 / 1e6) / (elapsed + 1)[:, None]
    return result


def _show_main(world: World, load: Array) -> None:
    sag = load[:, None] / 800
    voltage = 231.5 - 3 * sag + 1.6 * world.wander(410, 3, 600)
    factor = 0.93 + 0.01 * world.wander(413, 1, 1_200)
    share = np.array([0.335, 0.331, 0.334])
    for i in range(3):
        world.put("main-meter", f"voltage-l{i + 1}", voltage[:, i : i + 1])
        current = load[:, None] * share[i] * 1_000 / (voltage[:, i : i + 1] * factor)
        world.put("main-meter", f"current-l{i + 1}", current)
    world.put("main-meter", "active-power", load[:, None])
    world.put("main-meter", "reactive-power", load[:, None] * np.tan(np.arccos(factor)))
    world.put("main-meter", "power-factor", factor)
    world.put("main-meter", "frequency", 50 + 0.02 * world.wander(414, 1, 30))
    world.put("main-meter", "harmonics", 2.4 + 0.8 * sag)
    world.code(
        "main-meter", "energy", world.count("main-energy", np.rint(load[:, None] * (1e9 / 3_600)).astype(np.int64))
    )


def _show_climate(world: World) -> None:
    offset = np.array([0.0, 2.4])
    world.put("climate", "temperature", world.ambient() + offset)
    world.put("climate", "humidity", 48 - 1.1 * offset + 4 * world.wander(420, 2, 5_400))
    world.put(
        "climate", "particles", (18_000 + 22_000 * world.attended[:, None]) * (1 + 0.25 * world.wander(422, 2, 1_200))
    )

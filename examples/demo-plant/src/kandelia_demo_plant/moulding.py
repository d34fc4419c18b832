"""Injection moulding (注塑): four machines with heated barrels and a cycle that shows second by second."""

import numpy as np

from kandelia_demo_plant.declaration import (
    RUNNING,
    SETUP,
    Machine,
    Name,
    Signal,
    counter,
    flag,
    measured,
    set_point,
    state_signal,
    text,
)
from kandelia_demo_plant.world import Array, World

MACHINES = 4
BARREL_ZONES = 4
CYCLE_S = np.array([28, 34, 22, 41, 31, 25])  # by product
BARREL_C = np.array([205.0, 220.0, 230.0, 238.0])
MATERIAL_OFFSET_C = np.array([0.0, 15.0, -10.0, 25.0, 5.0, -5.0])  # by product
STANDBY_C = 120.0
ZONE_KW = 3.2
INJECT, HOLD, COOL = 0.10, 0.36, 0.80  # ends of the cycle's parts


def machines() -> list[Machine]:
    """The four machines."""
    card = ("cycle-time", "injection-pressure", "shots")
    return [
        Machine(
            f"mould-{i}",
            Name(f"{i}号注塑机", f"Moulding machine {i}"),
            "mould",
            "moulding",
            _signals(),
            "",
            card,
            "state",
        )
        for i in range(1, MACHINES + 1)
    ]


def _signals() -> tuple[Signal, ...]:
    zones: list[Signal] = []
    for i in range(1, BARREL_ZONES + 1):
        zones += [
            measured(
                f"barrel-{i}-temperature",
                f"料筒{i}段温度",
                f"Barrel {i} temperature",
                "Cel",
                0,
                350,
                decimals=2,
                noise=0.08,
            ),
            set_point(f"barrel-{i}-setpoint", f"料筒{i}段设定", f"Barrel {i} set point", "Cel", 0, 350),
            measured(f"barrel-{i}-output", f"料筒{i}段输出", f"Barrel {i} output", "%", 0, 100, noise=0.1),
        ]
    return (
        state_signal(),
        text("order", "工单", "Order"),
        text("mould", "模具", "Mould"),
        *zones,
        measured("mould-temperature", "模具温度", "Mould temperature", "Cel", 0, 120, decimals=2, noise=0.05),
        measured("oil-temperature", "液压油温", "Oil temperature", "Cel", 0, 90, decimals=2, noise=0.05),
        measured("injection-pressure", "注射压力", "Injection pressure", "bar", 0, 2_000, noise=1.5),
        measured("clamp-force", "锁模力", "Clamping force", "kN", 0, 2_000, noise=2.0),
        measured("screw-position", "螺杆位置", "Screw position", "mm", 0, 200, decimals=2, noise=0.03),
        measured("cushion", "料垫", "Cushion", "mm", 0, 20, decimals=2, noise=0.02, period_s=5),
        measured("cycle-time", "成型周期", "Cycle time", "s", 0, 90, decimals=2, noise=0.03),
        measured("vibration", "泵振动速度", "Pump vibration velocity", "mm/s", 0, 15, decimals=3, noise=0.04),
        measured("power", "功率", "Power", "kW", 0, 60, decimals=2, noise=0.05),
        counter("shots", "模次", "Shots"),
        counter("rejects", "不良数", "Rejects"),
        flag("guard-closed", "安全门关闭", "Guard closed"),
    )


def wanted(world: World, hot: Array) -> Array:
    """Barrel set points [n, 16]."""
    profile = BARREL_C[None, None, :] + MATERIAL_OFFSET_C[world.mould_product][:, :, None]
    result: Array = np.where(hot[:, None, None], profile, STANDBY_C)
    return result.reshape(world.seconds, MACHINES * BARREL_ZONES)


def drain(world: World) -> Array:
    """Heat that the melt takes, °C/s [n, 16]."""
    load = 0.012 * (world.mould_state == RUNNING)
    return np.repeat(load, BARREL_ZONES, axis=1)


def mould_targets(world: World) -> Array:
    """Where the moulds would settle, °C [n, 4]."""
    on = world.mould_state == RUNNING
    result: Array = np.where(on, 58 + 0.3 * MATERIAL_OFFSET_C[world.mould_product], world.ambient())
    return result


def oil_targets(world: World) -> Array:
    """Where the hydraulic oil would settle, °C [n, 4]: its cooler hangs on the chilled water."""
    on = world.mould_state == RUNNING
    result: Array = np.where(on, 46 + 0.4 * (world.water[:, None] - 12), world.ambient() + 2)
    return result


def show(world: World) -> None:
    """Write all signals of the moulding machines."""
    state = world.mould_state
    on = state == RUNNING
    cycle = CYCLE_S[world.mould_product]
    turned = world.count("mould-cycles", (on * (1_000_000 // cycle)).astype(np.int64))
    phase = (turned % 1_000_000) / 1_000_000
    world.code("mould", "state", state)
    world.code("mould", "order", world.mould_order)
    world.code("mould", "mould", world.mould_product)
    world.code("mould", "shots", turned // 1_000_000)
    world.code("mould", "rejects", turned // 1_000_000 // (61 + np.arange(MACHINES) * 17))
    world.code("mould", "guard-closed", state != SETUP)
    world.put("mould", "cycle-time", cycle + 0.25 * world.wander(210, MACHINES, 900))
    world.put("mould", "cushion", 5.2 + 0.35 * world.wander(214, MACHINES, 3_600))
    world.put("mould", "mould-temperature", world.bodies["mould"] + on * 1.5 * np.sin(2 * np.pi * phase))
    world.put("mould", "oil-temperature", world.bodies["oil"])
    _show_barrels(world)
    _show_cycle(world, on, phase)


def _show_barrels(world: World) -> None:
    shape = (world.seconds, MACHINES, BARREL_ZONES)
    zones, duty = world.zones[:, 20:].reshape(shape), world.duties[:, 20:].reshape(shape)
    goal = world.wanted[:, 20:].reshape(shape)
    for i in range(BARREL_ZONES):
        world.put("mould", f"barrel-{i + 1}-temperature", zones[:, :, i])
        world.put("mould", f"barrel-{i + 1}-setpoint", goal[:, :, i])
        world.put("mould", f"barrel-{i + 1}-output", 100 * duty[:, :, i])


def _show_cycle(world: World, on: Array, phase: Array) -> None:
    injecting, closed = on & (phase < INJECT), on & (phase < COOL)
    holding = on & ~injecting & (phase < HOLD)
    cooling = closed & ~injecting & ~holding
    viscosity = 1 + 0.05 * world.wander(218, MACHINES, 1_800)
    pressure = injecting * (300 + 7_200 * phase) * viscosity + holding * 520 * viscosity
    position = np.where(injecting, 95 - 850 * phase, np.where(holding, 10 - 12 * (phase - INJECT), 6.0))
    position = np.where(cooling, 6 + 89 * (phase - HOLD) / (COOL - HOLD), position)
    position = np.where(on & ~closed, 95.0, position)
    duty = world.duties[:, 20:].reshape(world.seconds, MACHINES, BARREL_ZONES)
    power = 0.6 + on * 6.5 + injecting * 21 + holding * 9 + cooling * 4 + ZONE_KW * duty.sum(axis=2)
    world.put("mould", "injection-pressure", pressure)
    world.put("mould", "clamp-force", closed * 1_180)
    world.put("mould", "screw-position", position)
    world.put("mould", "vibration", 0.15 + on * (1.4 + 0.5 * injecting + 0.2 * world.wander(222, MACHINES, 7_200)))
    world.put("mould", "power", power)
    world.draw("moulding", power.sum(axis=1))

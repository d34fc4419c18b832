"""Utilities (公用工程): compressors, air dryer and receiver, chiller, pumps and cooling tower."""

import numpy as np

from kandelia_demo_plant.declaration import (
    IDLE,
    RUNNING,
    STOPPED,
    Machine,
    Name,
    Signal,
    counter,
    flag,
    measured,
    number,
    state_signal,
)
from kandelia_demo_plant.faults import BEARING_WEAR
from kandelia_demo_plant.world import Array, World

AREA = "utilities"
COMPRESSORS = ("compressor-1", "compressor-2", "compressor-3")
LOADED_KW, UNLOADED_KW = 37.0, 11.0
BEARING_LIFE_S = np.array([170.0, 205.0, 190.0]) * 86_400


def machines() -> list[Machine]:
    """All machines of the utilities area."""
    return [
        *(
            _machine(key, f"{i}号螺杆空压机", f"Screw compressor {i}", "compressor", "power oil-temperature vibration")
            for i, key in enumerate(COMPRESSORS, 1)
        ),
        _machine("air-dryer", "冷冻式干燥机", "Air dryer", "dryer", "dew-point power"),
        _machine("air-receiver", "储气罐", "Air receiver", "receiver", "pressure flow"),
        _machine("chiller", "冷水机组", "Chiller", "chiller", "supply-temperature power cop"),
        _machine("pump-1", "1号冷冻水泵", "Chilled-water pump 1", "pump", "speed pressure vibration"),
        _machine("pump-2", "2号冷冻水泵", "Chilled-water pump 2", "pump", "speed pressure vibration"),
        _machine("cooling-tower", "冷却塔", "Cooling tower", "tower", "basin-temperature fan-speed"),
    ]


def _machine(key: str, zh: str, en: str, group: str, card: str) -> Machine:
    signals = _SIGNALS[group]()
    state = "state" if signals[0].key == "state" else ""
    return Machine(key, Name(zh, en), group, AREA, signals, "", tuple(card.split()), state)


def _compressor() -> tuple[Signal, ...]:
    return (
        state_signal(),
        flag("loaded", "加载", "Loaded"),
        measured("discharge-pressure", "排气压力", "Discharge pressure", "bar", 0, 12, decimals=3, noise=0.006),
        measured("oil-temperature", "油温", "Oil temperature", "Cel", 0, 120, decimals=2, noise=0.05),
        measured("bearing-temperature", "轴承温度", "Bearing temperature", "Cel", 0, 130, decimals=2, noise=0.05),
        measured("vibration", "振动速度", "Vibration velocity", "mm/s", 0, 20, decimals=3, noise=0.05),
        measured("motor-current", "电机电流", "Motor current", "A", 0, 100, decimals=2, noise=0.15),
        measured("power", "功率", "Power", "kW", 0, 50, decimals=2, noise=0.06),
        counter("run-time", "运行时间", "Running time", "s"),
        counter("load-time", "加载时间", "Loaded time", "s"),
        counter("starts", "启动次数", "Starts"),
    )


def _dryer() -> tuple[Signal, ...]:
    return (
        state_signal(),
        measured("dew-point", "压力露点", "Pressure dew point", "Cel", -20, 30, decimals=2, noise=0.04),
        measured("inlet-temperature", "进气温度", "Inlet temperature", "Cel", 0, 70, decimals=2, noise=0.05),
        measured("outlet-temperature", "出气温度", "Outlet temperature", "Cel", 0, 60, decimals=2, noise=0.05),
        measured("power", "功率", "Power", "kW", 0, 6, decimals=3, noise=0.01),
    )


def _receiver() -> tuple[Signal, ...]:
    return (
        measured("pressure", "罐内压力", "Pressure", "bar", 0, 12, decimals=3, noise=0.004),
        measured("flow", "用气流量", "Air flow", "m3/min", 0, 25, decimals=2, noise=0.04),
        measured("temperature", "罐内温度", "Temperature", "Cel", 0, 60, decimals=2, noise=0.04),
        measured("condensate-level", "冷凝水液位", "Condensate level", "%", 0, 100, noise=0.2, period_s=5),
        counter("volume", "累计用气", "Air used", "L"),
    )


def _chiller() -> tuple[Signal, ...]:
    return (
        state_signal(),
        measured("supply-temperature", "供水温度", "Supply temperature", "Cel", 0, 40, decimals=2, noise=0.02),
        measured("return-temperature", "回水温度", "Return temperature", "Cel", 0, 40, decimals=2, noise=0.02),
        measured("flow", "冷冻水流量", "Chilled-water flow", "m3/h", 0, 60, decimals=2, noise=0.05),
        measured("condensing-pressure", "冷凝压力", "Condensing pressure", "bar", 0, 30, decimals=2, noise=0.03),
        measured("evaporating-pressure", "蒸发压力", "Evaporating pressure", "bar", 0, 12, decimals=2, noise=0.02),
        measured("power", "功率", "Power", "kW", 0, 60, decimals=2, noise=0.05),
        measured("cop", "能效比", "Coefficient of performance", "1", 0, 8, decimals=2, noise=0.01, period_s=10),
        number("stages", "运行级数", "Stages running", low=0, high=2),
    )


def _pump() -> tuple[Signal, ...]:
    return (
        state_signal(),
        measured("speed", "转速比", "Speed", "%", 0, 100, noise=0.1),
        measured("pressure", "出口压力", "Outlet pressure", "bar", 0, 8, decimals=3, noise=0.006),
        measured("current", "电流", "Current", "A", 0, 40, decimals=2, noise=0.05),
        measured("vibration", "振动速度", "Vibration velocity", "mm/s", 0, 15, decimals=3, noise=0.04),
        measured("motor-temperature", "电机温度", "Motor temperature", "Cel", 0, 120, decimals=2, noise=0.05),
    )


def _tower() -> tuple[Signal, ...]:
    return (
        measured("fan-speed", "风机转速比", "Fan speed", "%", 0, 100, noise=0.1),
        measured("basin-temperature", "水池温度", "Basin temperature", "Cel", 0, 45, decimals=2, noise=0.03),
        measured("level", "水池液位", "Basin level", "%", 0, 100, noise=0.1, period_s=10),
        counter("make-up", "补水量", "Make-up water", "L", period_s=10),
    )


_SIGNALS = {
    "compressor": _compressor,
    "dryer": _dryer,
    "receiver": _receiver,
    "chiller": _chiller,
    "pump": _pump,
    "tower": _tower,
}


def air_demand(world: World, leak_m3_min: Array) -> Array:
    """Free air used by the plant in m³/min [n]."""
    lines = (world.line_state == RUNNING).sum(axis=(1, 2)) * 0.42
    moulding = (world.mould_state == RUNNING).sum(axis=1) * 0.9
    resting = 0.9 + 0.5 * world.attended
    result: Array = (lines + moulding + resting) * (1 + 0.08 * world.wander(300, 1, 120)[:, 0]) + leak_m3_min
    return result


def water_heat(world: World) -> Array:
    """Heat that goes into the chilled water in kW [n]."""
    moulding = (world.mould_state == RUNNING).sum(axis=1) * 15.0
    halls = 14 + 1.6 * np.maximum(world.outdoor - 18, 0) + 9 * world.attended
    result: Array = (moulding + halls) * (1 + 0.05 * world.wander(301, 1, 600)[:, 0])
    return result


def compressor_targets(world: World, loaded: Array, turning: Array) -> tuple[Array, Array]:
    """Where oil and bearings would settle, °C [n, 3] each."""
    worn = world.effects.minutes(BEARING_WEAR, COMPRESSORS, world.times)
    oil = world.ambient() + turning * 38 + loaded * 14
    bearing = oil + turning * (4 + 26 * (1 - np.exp(-worn / 25)))
    return oil, bearing


def show(world: World) -> None:
    """Write all signals of the utilities."""
    _show_compressors(world)
    _show_air(world)
    _show_water(world)


def _show_compressors(world: World) -> None:
    loaded, turning = world.air.loaded, world.air.turning
    state = np.where(loaded, RUNNING, np.where(turning, IDLE, STOPPED))
    power = turning * (UNLOADED_KW + loaded * (LOADED_KW - UNLOADED_KW) * (world.air.pressure[:, None] / 7.3))
    age = np.modf((world.times[:, None] + np.array([40, 90, 130]) * 86_400) / BEARING_LIFE_S)[0]
    worn = world.effects.minutes(BEARING_WEAR, COMPRESSORS, world.times)
    vibration = 1.5 + 0.4 * loaded + 1.2 * age**4 + 11 * (1 - np.exp(-worn / 30))
    started = np.diff(turning.astype(np.int8), axis=0, prepend=world.totals["turning"][None, :]) > 0
    world.totals["turning"] = turning[-1].astype(np.int64)
    world.code("compressor", "state", state)
    world.code("compressor", "loaded", loaded)
    world.code("compressor", "run-time", world.count("run-time", turning))
    world.code("compressor", "load-time", world.count("load-time", loaded))
    world.code("compressor", "starts", world.count("starts", started))
    world.put("compressor", "discharge-pressure", world.air.pressure[:, None] + 0.12 * loaded)
    world.put("compressor", "oil-temperature", world.bodies["compressor-oil"])
    world.put("compressor", "bearing-temperature", world.bodies["compressor-bearing"])
    world.put("compressor", "vibration", turning * vibration)
    world.put("compressor", "motor-current", power * 1.72)
    world.put("compressor", "power", power)
    world.draw("compressed-air", power.sum(axis=1))


def _show_air(world: World) -> None:
    inlet = world.ambient() + 8 + 0.3 * world.air_demand[:, None]
    power = 1.1 + 0.12 * world.air_demand[:, None]
    used = world.count("air-litres", (world.air_demand[:, None] * (1_000 / 60)).astype(np.int64))
    world.code("dryer", "state", RUNNING)
    world.put("dryer", "dew-point", 3.2 + 0.18 * world.air_demand[:, None] + 0.4 * world.wander(310, 1, 1_200))
    world.put("dryer", "inlet-temperature", inlet)
    world.put("dryer", "outlet-temperature", inlet - 4.5)
    world.put("dryer", "power", power)
    world.put("receiver", "pressure", world.air.pressure[:, None])
    world.put("receiver", "flow", world.air_demand[:, None])
    world.put("receiver", "temperature", world.ambient() + 5)
    world.put("receiver", "condensate-level", (used % 400_000) / 5_000)
    world.code("receiver", "volume", used)
    world.draw("compressed-air", power[:, 0])


def _show_water(world: World) -> None:
    stages, water = world.water_stages[:, None], world.water[:, None]
    flow = 16 + 6 * world.attended[:, None] + 0.5 * world.wander(320, 1, 900)
    lift = np.maximum(world.outdoor[:, None] + 12 - water, 8)
    cop = 7.2 - 0.09 * lift
    power = 0.8 + stages * 75 / cop
    speed = (58 + 20 * world.attended[:, None] + 4 * world.wander(322, 2, 1_800)) * np.array([1.0, 0.98])
    world.code("chiller", "state", np.where(stages > 0, RUNNING, IDLE))
    world.code("chiller", "stages", stages)
    world.put("chiller", "supply-temperature", water)
    world.put("chiller", "return-temperature", water + world.water_heat[:, None] / (flow * 1.163))
    world.put("chiller", "flow", flow)
    world.put("chiller", "condensing-pressure", 11.5 + 0.22 * (lift - 20) + 1.2 * stages)
    world.put("chiller", "evaporating-pressure", 3.6 + 0.08 * (water - 12) - 0.25 * stages)
    world.put("chiller", "power", power)
    world.put("chiller", "cop", cop)
    world.code("pump", "state", RUNNING)
    world.put("pump", "speed", speed)
    world.put("pump", "pressure", 1.2 + 2.6 * (speed / 100) ** 2)
    world.put("pump", "current", 3 + 17 * (speed / 100) ** 3)
    world.put("pump", "vibration", 0.8 + 0.9 * speed / 100)
    world.put("pump", "motor-temperature", world.bodies["pump"])
    basin = np.maximum(0.75 * world.outdoor + 8, 16)[:, None] + 0.9 * stages
    made_up = world.count("make-up", (stages * 0.9 + 0.1 > uniform_share(world)).astype(np.int64))
    world.put("tower", "fan-speed", np.clip(25 + 30 * stages + 1.2 * (basin - 22), 0, 100))
    world.put("tower", "basin-temperature", basin)
    world.put("tower", "level", 74 + 4 * world.wander(330, 1, 1_500))
    world.code("tower", "make-up", made_up)
    world.draw("cooling", power[:, 0] + (11 * (speed / 100) ** 3).sum(axis=1) + 1.5)


def uniform_share(world: World) -> Array:
    """A threshold between 0 and 3 that wanders: how much of a litre evaporates [n, 1]."""
    return 1.5 + 1.5 * world.wander(340, 1, 60)


def pump_targets(world: World) -> Array:
    """Where the pumps' motors would settle, °C [n, 2]."""
    result: Array = world.ambient() + np.array([24.0, 22.0]) + 6 * world.attended[:, None]
    return result

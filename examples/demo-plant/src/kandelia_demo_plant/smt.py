"""The SMT lines (表面贴装线): printer, paste inspection, two placers, reflow oven, optical inspection, controller."""

import numpy as np

from kandelia_demo_plant.declaration import (
    Line,
    Machine,
    Name,
    Signal,
    choice,
    counter,
    flag,
    measured,
    number,
    set_point,
    state_signal,
    text,
)
from kandelia_demo_plant.world import Array, World

LINES = (Line("smt1", Name("贴片一线", "SMT line 1")), Line("smt2", Name("贴片二线", "SMT line 2")))
ZONES = 10
PACE_S = np.array([24.0, 30.0, 18.0, 36.0, 27.0, 21.0])  # seconds a panel, by product
PARTS = np.array([412, 655, 238, 901, 520, 310])  # placements a panel, by product
PROFILE_C = np.array([150, 165, 175, 185, 195, 210, 235, 252, 255, 240], dtype=float)
PRODUCT_OFFSET_C = np.array([0.0, 3.0, -5.0, 6.0, 2.0, -3.0])
STANDBY_C = 80.0
RESULTS = {0: Name("合格", "Pass"), 1: Name("不良", "Fail"), 2: Name("复判", "Review")}
PRINTER, SPI, PLACER_1, PLACER_2, OVEN, AOI = range(6)


def machines() -> list[Machine]:
    """The machines of both lines in flow order."""
    return [machine for line in LINES for machine in _line(line)]


def _line(line: Line) -> list[Machine]:
    def one(key: str, zh: str, en: str, group: str, signals: tuple[Signal, ...], card: tuple[str, ...]) -> Machine:
        name = Name(f"{line.name.zh}{zh}", f"{line.name.en} {en}")
        return Machine(f"{line.key}-{key}", name, group, "smt", signals, line.key, card, "state")

    placer_card = ("rate", "reject-rate", "vacuum")
    return [
        one("line", "线体控制", "controller", "smt-line", _controller(), ("speed", "oee", "good")),
        one("printer", "锡膏印刷机", "printer", "printer", _printer(), ("squeegee-pressure", "cycle-time", "boards")),
        one("spi", "锡膏检测仪", "paste inspection", "spi", _spi(), ("volume-mean", "pass-rate", "defects")),
        one("placer-1", "贴片机1", "placer 1", "placer", _placer(), placer_card),
        one("placer-2", "贴片机2", "placer 2", "placer", _placer(), placer_card),
        one("oven", "回流焊炉", "reflow oven", "oven", _oven(), ("zone-8-temperature", "conveyor-speed", "oxygen")),
        one("aoi", "光学检测仪", "optical inspection", "aoi", _aoi(), ("first-pass-yield", "defects", "boards")),
    ]


def _controller() -> tuple[Signal, ...]:
    return (
        state_signal(),
        text("order", "工单", "Order"),
        text("batch", "批次", "Batch"),
        text("product", "产品", "Product"),
        number("planned", "计划数量", "Planned quantity", low=0, high=2_000),
        counter("good", "良品数", "Good boards"),
        counter("scrap", "报废数", "Scrapped boards"),
        measured("takt", "节拍", "Takt time", "s", 0, 60, noise=0.15),
        measured("speed", "产出速度", "Output rate", "1/h", 0, 250, noise=0.6),
        measured("oee", "设备综合效率", "OEE", "%", 0, 100, noise=0.1, period_s=10),
    )


def _printer() -> tuple[Signal, ...]:
    return (
        state_signal(),
        text("program", "程序", "Program"),
        measured("squeegee-pressure", "刮刀压力", "Squeegee pressure", "N", 0, 120, noise=0.5),
        measured("squeegee-speed", "刮刀速度", "Squeegee speed", "mm/s", 0, 150, noise=0.3),
        measured("paste-temperature", "锡膏温度", "Paste temperature", "Cel", 15, 35, decimals=2, noise=0.03),
        measured("separation-speed", "脱模速度", "Separation speed", "mm/s", 0, 10, decimals=2, noise=0.02),
        measured("cycle-time", "印刷周期", "Cycle time", "s", 0, 60, decimals=2, noise=0.08),
        measured("air-pressure", "气源压力", "Air supply pressure", "bar", 0, 10, decimals=2, noise=0.01),
        counter("boards", "印刷板数", "Boards printed"),
        number("since-cleaning", "清洗后板数", "Boards since cleaning", low=0, high=12),
        flag("cover-closed", "防护罩关闭", "Cover closed"),
    )


def _spi() -> tuple[Signal, ...]:
    return (
        state_signal(),
        measured("volume-mean", "锡膏体积均值", "Paste volume, mean", "%", 50, 150, noise=0.6),
        measured("volume-deviation", "锡膏体积标准差", "Paste volume, deviation", "%", 0, 30, decimals=2, noise=0.12),
        measured("height-mean", "锡膏高度均值", "Paste height, mean", "um", 60, 180, noise=0.5),
        measured("offset-x", "印刷偏移 X", "Print offset X", "um", -60, 60, noise=0.8),
        measured("offset-y", "印刷偏移 Y", "Print offset Y", "um", -60, 60, noise=0.8),
        measured("pass-rate", "直通率", "Pass rate", "%", 0, 100, decimals=2, noise=0.02, period_s=5),
        counter("boards", "检测板数", "Boards inspected"),
        counter("defects", "缺陷数", "Defects"),
    )


def _placer() -> tuple[Signal, ...]:
    return (
        state_signal(),
        text("program", "程序", "Program"),
        measured("rate", "贴装速度", "Placement rate", "1/h", 0, 80_000, decimals=0, noise=220.0),
        measured("vacuum", "真空度", "Vacuum", "kPa", -100, 0, decimals=2, noise=0.15),
        measured("head-temperature", "贴装头温度", "Head temperature", "Cel", 15, 80, decimals=2, noise=0.05),
        measured("vibration", "振动速度", "Vibration velocity", "mm/s", 0, 15, decimals=3, noise=0.04),
        measured("nozzle-wear", "吸嘴磨损", "Nozzle wear", "%", 0, 100, decimals=2, period_s=10),
        measured("reject-rate", "抛料率", "Reject rate", "[ppm]", 0, 5_000, decimals=0, noise=15.0),
        measured("power", "功率", "Power", "kW", 0, 8, decimals=3, noise=0.02),
        counter("placements", "贴装数", "Placements"),
        counter("rejects", "抛料数", "Rejected parts"),
        flag("feeder-low", "料带将尽", "Feeder low"),
    )


def _oven() -> tuple[Signal, ...]:
    zones: list[Signal] = []
    for i in range(1, ZONES + 1):
        zone = f"zone-{i}"
        zones += [
            measured(
                f"{zone}-temperature", f"{i}区温度", f"Zone {i} temperature", "Cel", 0, 320, decimals=2, noise=0.06
            ),
            set_point(f"{zone}-setpoint", f"{i}区设定", f"Zone {i} set point", "Cel", 0, 320),
            measured(f"{zone}-output", f"{i}区输出", f"Zone {i} output", "%", 0, 100, noise=0.1),
        ]
    return (
        state_signal(),
        text("program", "程序", "Program"),
        *zones,
        measured("conveyor-speed", "链速", "Conveyor speed", "cm/min", 0, 150, decimals=2, noise=0.08),
        measured("oxygen", "残氧量", "Residual oxygen", "[ppm]", 0, 210_000, decimals=0, noise=6.0),
        measured("nitrogen-flow", "氮气流量", "Nitrogen flow", "m3/h", 0, 40, decimals=2, noise=0.05),
        measured("fan-current", "风机电流", "Fan current", "A", 0, 30, decimals=2, noise=0.06),
        measured("exhaust-temperature", "排风温度", "Exhaust temperature", "Cel", 0, 150, noise=0.2),
        measured("power", "功率", "Power", "kW", 0, 90, decimals=2, noise=0.05),
        number("boards-inside", "炉内板数", "Boards inside", low=0, high=30),
        counter("boards", "过炉板数", "Boards soldered"),
    )


def _aoi() -> tuple[Signal, ...]:
    return (
        state_signal(),
        measured("first-pass-yield", "一次通过率", "First-pass yield", "%", 0, 100, decimals=2, noise=0.02, period_s=5),
        measured("light-level", "光源亮度", "Light level", "%", 0, 120, noise=0.15),
        measured("camera-temperature", "相机温度", "Camera temperature", "Cel", 10, 70, decimals=2, noise=0.04),
        counter("boards", "检测板数", "Boards inspected"),
        counter("defects", "缺陷数", "Defects"),
        counter("false-calls", "误报数", "False calls"),
        choice("last-result", "最近结果", "Last result", RESULTS),
    )


def oven_wanted(world: World, hot: Array) -> Array:
    """Set points of all oven zones [n, 20]: the product's profile while hot, else standby."""
    profile = PROFILE_C[None, None, :] + PRODUCT_OFFSET_C[world.line_product][:, :, None]
    wanted: Array = np.where(hot[:, None, None], profile, STANDBY_C)
    return wanted.reshape(world.seconds, 2 * ZONES)


def nozzle_wear(world: World) -> Array:
    """Wear of the four placers' nozzles in percent [n, 4]: changed every eight to eleven days."""
    periods = np.array([8.0, 9.3, 10.1, 11.2]) * 86_400
    result: Array = (
        100 * np.modf((world.times[:, None] + np.array([0, 3, 5, 1]) * 86_400 + world.seed % 97) / periods)[0]
    )
    return result

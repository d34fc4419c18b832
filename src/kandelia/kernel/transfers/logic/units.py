"""Units as people and other systems write them, as UCUM."""

from kandelia.base.errors import InvalidInput
from kandelia.base.units import check_unit

WRITTEN = {
    "°c": "Cel", "℃": "Cel", "deg c": "Cel", "degc": "Cel", "摄氏度": "Cel", "°f": "[degF]", "℉": "[degF]",
    "percent": "%", "pct": "%", "％": "%", "rpm": "/min", "r/min": "/min", "1/min": "/min", "转/分": "/min",
    "kwh": "kW.h", "mwh": "MW.h", "wh": "W.h", "kw·h": "kW.h", "ω": "Ohm", "ohm": "Ohm", "kω": "kOhm",
    "m³": "m3", "m³/h": "m3/h", "m^3/h": "m3/h", "nm": "N.m", "n·m": "N.m", "psi": "[psi]", "l/min": "L/min",
    "sec": "s", "秒": "s", "分": "min",
    "hr": "h", "hour": "h", "小时": "h", "µm": "um", "μm": "um", "mm/s²": "mm/s2",
    "m/s²": "m/s2", "千瓦": "kW", "度": "kW.h",
    "帕": "Pa", "千帕": "kPa", "兆帕": "MPa", "巴": "bar", "伏": "V", "安": "A",
    "amps": "A", "amp": "A", "volts": "V", "volt": "V", "hz": "Hz", "kva": "kV.A", "va": "V.A", "var": "",
    "bar(g)": "bar",
    "barg": "bar", "件": "{pcs}", "个": "{pcs}", "pcs": "{pcs}", "mpa": "MPa", "kpa": "kPa",
    "kg/h": "kg/h", "m³/min": "m3/min",
}  # fmt: skip


def ucum(text: str) -> str:
    """The UCUM code of a written unit; empty where none is known, so that a strange unit stops nothing."""
    word = text.strip()
    known = WRITTEN.get(word.lower())
    code = word if known is None else known
    try:
        return check_unit(code)
    except InvalidInput:
        return ""

"""UCUM codes (c/s variant) as a person writes them. A code that is not known here is shown as it is."""

import re

WRITTEN = {
    "Cel": "°C", "[degF]": "°F", "deg": "°", "Ohm": "Ω", "[ppm]": "ppm", "[ppb]": "ppb", "10*-6": "ppm", "1": "",
    "W.h": "Wh", "kW.h": "kWh", "MW.h": "MWh", "V.A": "VA", "kV.A": "kVA", "kvar.h": "kvarh",
    "um": "µm", "us": "µs", "1/min": "min⁻¹", "/min": "min⁻¹", "1/h": "h⁻¹", "/h": "h⁻¹", "[lb_av]": "lb",
}  # fmt: skip
_POWERS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_ANNOTATION = re.compile(r"\{([^}]*)\}")
_ATOM = re.compile(r"([A-Za-zµΩ°%]+)(-?\d+)?")


def written(code: str) -> str:
    """`m3/h` as `m³/h`, `Cel` as `°C`, `{piece}` as `piece`, `kW.h` as `kWh`."""
    if code in WRITTEN:
        return WRITTEN[code]
    plain = _ANNOTATION.sub(r"\1", code)
    if plain != code:
        return plain
    return "·".join(_product(part) for part in plain.split("."))


def _product(part: str) -> str:
    return "/".join(_atom(piece) for piece in part.split("/"))


def _atom(piece: str) -> str:
    if piece in WRITTEN:
        return WRITTEN[piece]
    match = _ATOM.fullmatch(piece)
    if not match or not match.group(2):
        return piece
    return WRITTEN.get(match.group(1), match.group(1)) + match.group(2).translate(_POWERS)

"""What a UCUM unit measures and by how much: factor, offset and exponents of the base units (UCUM 2.1, tables 4 to 20).

A subset: the units that industry uses; for any other the dimension is not known, and nothing is checked or converted.
"""

import re
from dataclasses import dataclass

from kandelia.base.units import PREFIXES

BASES = ("m", "g", "s", "A", "K", "cd", "mol", "bit")
_ZERO = (0,) * len(BASES)
FACTORS = {
    "Q": 1e30, "R": 1e27, "Y": 1e24, "Z": 1e21, "E": 1e18, "P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3,
    "h": 1e2, "da": 1e1, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18,
    "z": 1e-21, "y": 1e-24, "r": 1e-27, "q": 1e-30,
}  # fmt: skip
# atom: (factor, exponents by base); UCUM's base of mass is the gram.
_METRIC: dict[str, tuple[float, dict[str, int]]] = {
    "m": (1, {"m": 1}), "g": (1, {"g": 1}), "s": (1, {"s": 1}), "A": (1, {"A": 1}), "K": (1, {"K": 1}),
    "cd": (1, {"cd": 1}), "mol": (1, {"mol": 1}), "rad": (1, {}), "sr": (1, {}), "Hz": (1, {"s": -1}),
    "N": (1e3, {"g": 1, "m": 1, "s": -2}), "Pa": (1e3, {"g": 1, "m": -1, "s": -2}),
    "J": (1e3, {"g": 1, "m": 2, "s": -2}), "W": (1e3, {"g": 1, "m": 2, "s": -3}),
    "V": (1e3, {"g": 1, "m": 2, "s": -3, "A": -1}), "C": (1, {"A": 1, "s": 1}),
    "Ohm": (1e3, {"g": 1, "m": 2, "s": -3, "A": -2}), "S": (1e-3, {"g": -1, "m": -2, "s": 3, "A": 2}),
    "F": (1e-3, {"g": -1, "m": -2, "s": 4, "A": 2}), "Wb": (1e3, {"g": 1, "m": 2, "s": -2, "A": -1}),
    "T": (1e3, {"g": 1, "s": -2, "A": -1}), "H": (1e3, {"g": 1, "m": 2, "s": -2, "A": -2}),
    "lm": (1, {"cd": 1}), "lx": (1, {"cd": 1, "m": -2}), "Bq": (1, {"s": -1}), "Gy": (1, {"m": 2, "s": -2}),
    "Sv": (1, {"m": 2, "s": -2}), "L": (1e-3, {"m": 3}), "l": (1e-3, {"m": 3}), "ar": (100, {"m": 2}),
    "t": (1e6, {"g": 1}), "bar": (1e8, {"g": 1, "m": -1, "s": -2}), "eV": (1.602176634e-16, {"g": 1, "m": 2, "s": -2}),
    "cal": (4184, {"g": 1, "m": 2, "s": -2}), "bit": (1, {"bit": 1}), "By": (8, {"bit": 1}),
    "m[H2O]": (9.80665e6, {"g": 1, "m": -1, "s": -2}), "m[Hg]": (1.3332239e8, {"g": 1, "m": -1, "s": -2}),
}  # fmt: skip
_PLAIN: dict[str, tuple[float, dict[str, int]]] = {
    "%": (0.01, {}), "[ppth]": (1e-3, {}), "[ppm]": (1e-6, {}), "[ppb]": (1e-9, {}), "[pi]": (3.141592653589793, {}),
    "10*": (10, {}), "10^": (10, {}), "deg": (0.017453292519943295, {}), "gon": (0.015707963267948967, {}),
    "circ": (6.283185307179586, {}), "min": (60, {"s": 1}), "h": (3600, {"s": 1}), "d": (86400, {"s": 1}),
    "wk": (604800, {"s": 1}), "atm": (101325e3, {"g": 1, "m": -1, "s": -2}),
    "att": (98066.5e3, {"g": 1, "m": -1, "s": -2}), "[g]": (9.80665, {"m": 1, "s": -2}),
    "[psi]": (6894757.293168, {"g": 1, "m": -1, "s": -2}), "[in_i]": (0.0254, {"m": 1}), "[ft_i]": (0.3048, {"m": 1}),
    "[yd_i]": (0.9144, {"m": 1}), "[mi_i]": (1609.344, {"m": 1}), "[sft_i]": (0.09290304, {"m": 2}),
    "[cft_i]": (0.028316846592, {"m": 3}), "[lb_av]": (453.59237, {"g": 1}), "[oz_av]": (28.349523125, {"g": 1}),
    "[lbf_av]": (4448.2216152605, {"g": 1, "m": 1, "s": -2}), "[gal_us]": (0.003785411784, {"m": 3}),
    "[HP]": (745699.87158227, {"g": 1, "m": 2, "s": -3}), "[Btu_IT]": (1055055.85262, {"g": 1, "m": 2, "s": -2}),
    "[degR]": (5 / 9, {"K": 1}),
}  # fmt: skip
_AFFINE = {"Cel": (1.0, 273.15), "[degF]": (5 / 9, 459.67 * 5 / 9)}  # kelvin = factor · x + offset; stand alone only
_PIECE = re.compile(r"\{[^}]*\}|(?:\[[^\]]*\]|10[*^]|[^./(){}\[\]])+|[./()]")
_EXPONENT = re.compile(r"(?P<atom>10[*^]|.*?[^0-9+-])(?P<power>[+-]?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Unit:
    """base value = factor · x + offset; `exponents` of BASES."""

    factor: float
    exponents: tuple[int, ...] = _ZERO
    offset: float = 0.0

    def __mul__(self, other: "Unit") -> "Unit":
        return Unit(self.factor * other.factor, _added(self.exponents, other.exponents, 1))

    def __truediv__(self, other: "Unit") -> "Unit":
        return Unit(self.factor / other.factor, _added(self.exponents, other.exponents, -1))

    def to_power(self, power: int) -> "Unit":
        """Of whole exponents."""
        return Unit(self.factor**power, tuple(one * power for one in self.exponents))

    def same(self, other: "Unit") -> bool:
        """Equal numbers mean equal quantities."""
        return self.alike(other) and _near(self.factor, other.factor) and abs(self.offset - other.offset) < OFFSET_NEAR

    def alike(self, other: "Unit") -> bool:
        """One can be converted into the other."""
        return self.exponents == other.exponents


OFFSET_NEAR = 1e-9
NEAR = 1e-9
ONE = Unit(1.0)
SECOND = Unit(1.0, tuple(int(base == "s") for base in BASES))


def unit_of(code: str) -> Unit | None:
    """What a correct UCUM code measures; None where it is empty or beyond the table."""
    if not code:
        return None
    if code in _AFFINE:
        factor, offset = _AFFINE[code]
        return Unit(factor, tuple(int(base == "K") for base in BASES), offset)
    try:
        unit, rest = _term(_PIECE.findall(code))
    except (KeyError, IndexError):
        return None
    return None if rest else unit


def conversion(source: Unit, target: Unit) -> tuple[float, float]:
    """(factor, offset) with target = factor · source + offset, for units that are alike."""
    return source.factor / target.factor, (source.offset - target.offset) / target.factor


def _term(pieces: list[str]) -> tuple[Unit, list[str]]:
    unit, rest = (ONE, pieces) if pieces[0] == "/" else _factor(pieces)
    while rest and rest[0] in "./":
        right, after = _factor(rest[1:])
        unit, rest = (unit / right if rest[0] == "/" else unit * right), after
    return unit, rest


def _factor(pieces: list[str]) -> tuple[Unit, list[str]]:
    first, rest = pieces[0], pieces[1:]
    if first == "(":
        unit, rest = _term(rest)
        if rest[0] != ")":
            raise KeyError(first)
        return unit, rest[1:]
    if first.startswith("{"):
        return ONE, rest
    return _simple(first), rest[1:] if rest and rest[0].startswith("{") else rest


def _simple(word: str) -> Unit:
    if word.isdigit():
        return Unit(float(word))
    match = _EXPONENT.fullmatch(word)
    if match is None:
        raise KeyError(word)
    return _atom(match["atom"]).to_power(int(match["power"] or 1))


def _atom(word: str) -> Unit:
    for table in (_METRIC, _PLAIN):
        if word in table:
            return _unit(1.0, *table[word])
    for length in (2, 1):
        prefix, atom = word[:length], word[length:]
        if prefix in PREFIXES and atom in _METRIC:
            return _unit(FACTORS[prefix], *_METRIC[atom])
    raise KeyError(word)


def _unit(prefix: float, factor: float, exponents: dict[str, int]) -> Unit:
    return Unit(prefix * factor, tuple(exponents.get(base, 0) for base in BASES))


def _added(left: tuple[int, ...], right: tuple[int, ...], sign: int) -> tuple[int, ...]:
    return tuple(one + sign * other for one, other in zip(left, right, strict=True))


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= NEAR * max(abs(one), abs(other))

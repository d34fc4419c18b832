"""Units after UCUM (Unified Code for Units of Measure, 2.1): checked by its codes, shown as people write them.

Only the syntax (section 2.1, full and limited conformance) and a table of the atoms that industry uses; a code that
is correct UCUM but not in the table is refused with the nearest known atom, so that a typing error never passes.
"""

import difflib
import re
from dataclasses import dataclass

from kandelia.base.errors import InvalidInput

UNIT_LENGTH_MAX = 40
DEPTH_MAX = 8

# UCUM table 1; "da" comes before "d" because the longest prefix is tried first.
PREFIXES = {
    **{letter: letter for letter in "QRYZEPTGMkhdcmnpfazyrq"},
    "da": "da",
    "u": "µ",
}
BINARY_PREFIXES = ("Ki", "Mi", "Gi", "Ti")

# Atoms that take a prefix ("metric", UCUM 11), with the form people write.
METRIC: dict[str, str] = {
    "m": "m", "s": "s", "g": "g", "rad": "rad", "K": "K", "C": "C", "cd": "cd", "mol": "mol", "sr": "sr", "Hz": "Hz",
    "N": "N", "Pa": "Pa", "J": "J", "W": "W", "A": "A", "V": "V", "F": "F", "Ohm": "Ω", "S": "S", "Wb": "Wb",
    "Cel": "°C", "T": "T", "H": "H", "lm": "lm", "lx": "lx", "Bq": "Bq", "Gy": "Gy", "Sv": "Sv", "L": "L", "l": "L",
    "ar": "a", "t": "t", "bar": "bar", "u": "u", "eV": "eV", "pc": "pc", "gf": "gf", "G": "G", "P": "P", "St": "St",
    "B": "B", "Np": "Np", "B[V]": "BV", "B[W]": "BW", "B[SPL]": "B(SPL)", "bit": "bit", "By": "B", "Bd": "Bd",
    "cal": "cal", "kat": "kat", "U": "U", "dyn": "dyn", "erg": "erg", "eq": "eq", "osm": "osm", "m[H2O]": "mH₂O",
    "m[Hg]": "mHg", "[iU]": "IU", "[IU]": "IU", "st": "st", "mho": "S", "Ci": "Ci", "Oe": "Oe",
}  # fmt: skip
# Atoms that stand alone.
PLAIN: dict[str, str] = {
    "%": "%", "[ppth]": "‰", "[ppm]": "ppm", "[ppb]": "ppb", "[pptr]": "ppt", "[pi]": "π", "10*": "10", "10^": "10",
    "deg": "°", "'": "′", "''": "″", "gon": "gon", "circ": "rev", "min": "min", "h": "h", "d": "d", "wk": "wk",
    "mo": "mo", "a": "a", "atm": "atm", "att": "at", "AU": "au", "[c]": "c", "[g]": "g₀", "[degF]": "°F",
    "[degR]": "°R",
    "[degRe]": "°Ré", "[psi]": "psi", "[in_i]": "in", "[ft_i]": "ft", "[yd_i]": "yd", "[mi_i]": "mi", "[nmi_i]": "nmi",
    "[kn_i]": "kn", "[sin_i]": "in²", "[sft_i]": "ft²", "[cin_i]": "in³", "[cft_i]": "ft³", "[mil_i]": "mil",
    "[lb_av]": "lb", "[oz_av]": "oz", "[lbf_av]": "lbf", "[gal_us]": "gal", "[gal_br]": "gal (UK)", "[HP]": "hp",
    "[Btu]": "Btu", "[Btu_IT]": "Btu", "[in_i'H2O]": "inH₂O", "[in_i'Hg]": "inHg", "[pH]": "pH",
    "[ston_av]": "short ton",
    "[lton_av]": "long ton",
    "[car_m]": "ct", "[arb'U]": "a.u.", "[CFU]": "CFU",
    "bit_s": "bit", "[Ch]": "Fr",
}  # fmt: skip
_NO_DOT = {("W", "h"), ("A", "h"), ("V", "A")}
_RAISED = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_TOKEN = re.compile(
    r"(?P<op>[./()])|(?P<note>\{[\x21-\x7a\x7c\x7e]*\})|(?P<word>(?:\[[^\]\s]*\]|10[*^]|[^./(){}\[\]\s])+)"
)
_EXPONENT = re.compile(r"(?P<atom>10[*^]|.*?[^0-9+-])(?P<power>[+-]?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class _Part:
    """A parsed piece: how it is shown and the atom it ends or begins with (for kW·h → kWh)."""

    shown: str
    atom: str = ""


def check_unit(code: str) -> str:
    """`code` if it is UCUM (empty: no unit); InvalidInput names the place and the nearest known code."""
    if code:
        _parse(code)
    return code


def shown_unit(code: str) -> str:
    """The form people write: "Cel" → "°C", "kW.h" → "kWh", "m3/h" → "m³/h"; a wrong code is shown as it stands."""
    try:
        return _parse(code) if code and code != "1" else ""
    except InvalidInput:
        return code


def _parse(code: str) -> str:
    if len(code) > UNIT_LENGTH_MAX:
        raise _wrong(code, f"is longer than {UNIT_LENGTH_MAX} characters")
    tokens = _tokens(code)
    part, rest = _term(code, tokens, 0)
    if rest:
        raise _wrong(code, f'has "{rest[0]}" too much')
    return part.shown


def _tokens(code: str) -> list[str]:
    tokens, place = [], 0
    while place < len(code):
        match = _TOKEN.match(code, place)
        if match is None:
            raise _wrong(code, f'has "{code[place]}" at character {place + 1}')
        tokens.append(match.group())
        place = match.end()
    return tokens


def _term(code: str, tokens: list[str], depth: int) -> tuple[_Part, list[str]]:
    if depth > DEPTH_MAX:
        raise _wrong(code, "nests its brackets too deeply")
    if tokens and tokens[0] == "/":
        left: _Part = _Part("1")
    else:
        left, tokens = _component(code, tokens, depth)
    while tokens and tokens[0] in "./":
        operator = tokens[0]
        right, tokens = _component(code, tokens[1:], depth)
        left = _joined(left, operator, right)
    return left, tokens


def _joined(left: _Part, operator: str, right: _Part) -> _Part:
    if operator == "/":
        return _Part(f"{left.shown}/{right.shown}")
    return _Part(left.shown + ("" if (left.atom, right.atom) in _NO_DOT else "·") + right.shown, right.atom)


def _component(code: str, tokens: list[str], depth: int) -> tuple[_Part, list[str]]:
    if not tokens or tokens[0] in ("/", ".", ")"):
        raise _wrong(code, "ends where a unit should follow" if not tokens else f'has "{tokens[0]}" out of place')
    first, rest = tokens[0], tokens[1:]
    if first == "(":
        inner, rest = _term(code, rest, depth + 1)
        if not rest or rest[0] != ")":
            raise _wrong(code, 'lacks a ")"')
        return _Part(f"({inner.shown})"), rest[1:]
    if first.startswith("{"):
        return _Part(first[1:-1] or "1"), rest
    part = _simple(code, first)
    if rest and rest[0].startswith("{"):
        return _Part(f"{part.shown} {rest[0][1:-1]}".strip(), part.atom), rest[1:]
    return part, rest


def _simple(code: str, word: str) -> _Part:
    if word.isascii() and word.isdigit():
        return _Part(word)
    match = _EXPONENT.fullmatch(word)
    if match is None:
        raise _wrong(code, f'"{word}" is no unit')
    shown, atom = _atom(code, match["atom"])
    power = (match["power"] or "").lstrip("+").translate(_RAISED)
    return _Part(shown + power, "" if power else atom)


def _atom(code: str, word: str) -> tuple[str, str]:
    for table in (METRIC, PLAIN):
        if word in table:
            return table[word], word
    for length in (2, 1):
        prefix, atom = word[:length], word[length:]
        if prefix in PREFIXES and atom in METRIC:
            return PREFIXES[prefix] + METRIC[atom], atom
        if prefix in BINARY_PREFIXES and atom in ("bit", "By"):
            return prefix + METRIC[atom], atom
    raise _wrong(code, f'"{word}" is no unit', _nearest(word))


_COMMON = {
    "°C": "Cel", "℃": "Cel", "C°": "Cel", "degC": "Cel", "°": "deg", "kWh": "kW.h", "Wh": "W.h", "MWh": "MW.h",
    "Ah": "A.h", "VA": "V.A", "kVA": "kV.A", "rpm": "{rev}/min", "psi": "[psi]", "Ω": "Ohm", "ppm": "[ppm]",
    "sec": "s", "hr": "h", "pcs": "{pcs}", "°F": "[degF]", "pH": "[pH]", "Nm": "N.m", "hPA": "hPa", "KW": "kW",
    "µm": "um", "μm": "um", "l/min": "L/min", "in": "[in_i]", "lb": "[lb_av]", "celsius": "Cel", "m³": "m3",
}  # fmt: skip


def _nearest(word: str) -> str:
    if word in _COMMON:
        return _COMMON[word]
    known = [*METRIC, *PLAIN, *(f"{prefix}{atom}" for prefix in "kMmu" for atom in ("W", "V", "A", "Pa", "g", "m"))]
    folded = {atom.casefold(): atom for atom in known}
    found = difflib.get_close_matches(word.casefold(), folded, 1, 0.6)
    return folded[found[0]] if found else ""


def _wrong(code: str, what: str, nearest: str = "") -> InvalidInput:
    nearest = _COMMON.get(code, nearest)
    mend = f'write "{nearest}"' if nearest else "write a UCUM code, such as Cel, bar, kW.h, m3/h or {pcs}"
    return InvalidInput(f'unit "{code[:UNIT_LENGTH_MAX]}": {what}', "unit", mend, "invalid-unit")

"""How a value in a Modbus device is written in a signal's address: `unit=3;holding=9;type=float32;order=CDAB`.

The number behind `holding`, `input`, `coil` or `discrete` is the address on the wire and begins at 0 (Modbus
Application Protocol V1.1b3, 4.4). Manuals that count 40001, 30001, 10001, 1 (or 400001 …) are written as they print
it: `register=40010` is `holding=9`.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from kandelia.sdk.drivers import InvalidInput, Kind

ADDRESS_CHARACTERS_MAX = 200
ADDRESS_MAX = 65_535
UNIT_MAX = 255
STRING_BYTES_MAX = 246  # 123 registers: what one request can also write
MEND = "write it like unit=1;holding=9;type=float32;order=CDAB"
KEYS = "unit, holding, input, coil, discrete, register, type, order, bit, length, scale, offset"


class Table(StrEnum):
    """The four tables of a device (V1.1b3, 4.3)."""

    COIL = "coil"
    DISCRETE = "discrete"
    INPUT = "input"
    HOLDING = "holding"

    @property
    def of_bits(self) -> bool:
        """True for coils and discrete inputs."""
        return self in (Table.COIL, Table.DISCRETE)


# type: registers it takes (0 for what `length` says)
WIDTHS = {
    "bool": 1,
    "int16": 1,
    "uint16": 1,
    "int32": 2,
    "uint32": 2,
    "int64": 4,
    "uint64": 4,
    "float32": 2,
    "float64": 4,
    "bcd16": 1,
    "bcd32": 2,
    "string": 0,
}
# order: (the first word is the last one sent, the bytes of a word are exchanged)
ORDERS = {"ABCD": (False, False), "CDAB": (True, False), "BADC": (False, True), "DCBA": (True, True)}
_LONG = {"ABCDEFGH": "ABCD", "GHEFCDAB": "CDAB", "BADCFEHG": "BADC", "HGFEDCBA": "DCBA"}
_MODICON = {"0": Table.COIL, "1": Table.DISCRETE, "3": Table.INPUT, "4": Table.HOLDING}


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a connection's settings say for addresses that are silent about it."""

    unit: int = 1
    order: str = "ABCD"


@dataclass(frozen=True, slots=True)
class Address:
    """One value: where it stands and how it is read. `count` is in registers, in bits for coils and discretes."""

    unit: int
    table: Table
    start: int
    type: str
    order: str = "ABCD"
    bit: int = -1
    length: int = 0  # bytes of a string
    scale: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)

    @property
    def count(self) -> int:
        """How many registers or bits it takes."""
        return 1 if self.table.of_bits else WIDTHS[self.type] or (self.length + 1) // 2

    @property
    def scaled(self) -> bool:
        """True where the value is not what the registers say."""
        return self.scale != 1 or self.offset != 0

    def __str__(self) -> str:
        """The shortest address that means the same, the unit always written."""
        parts = [f"unit={self.unit}", f"{self.table}={self.start}"]
        parts += [] if self.table.of_bits else [f"type={self.type}"]
        short = "BA" if WIDTHS[self.type] <= 1 else self.order
        parts += [f"order={short}"] if self.order != "ABCD" else []
        parts += [f"bit={self.bit}"] if self.bit >= 0 else []
        parts += [f"length={self.length}"] if self.length else []
        parts += [f"scale={float(self.scale)!r}"] if self.scale != 1 else []
        parts += [f"offset={float(self.offset)!r}"] if self.offset else []
        return ";".join(parts)


def parse(text: str, defaults: Defaults = Defaults()) -> Address:
    """The address; InvalidInput says what is wrong in it and how it is written."""
    if len(text) > ADDRESS_CHARACTERS_MAX:
        raise wrong(text, f"longer than {ADDRESS_CHARACTERS_MAX} characters", MEND)
    parts = _parts(text)
    table, start = _place(text, parts)
    kind = parts.get("type", "bool" if table.of_bits or "bit" in parts else "uint16").lower()
    if kind not in WIDTHS:
        raise wrong(text, f'type "{kind[:40]}" is not known', f"use {', '.join(WIDTHS)}")
    if table.of_bits and kind != "bool":
        raise wrong(text, f"a {table} is one bit, it cannot be {kind}", "leave type out, or name holding or input")
    address = Address(
        unit=_whole(text, parts, "unit", defaults.unit, (0, UNIT_MAX)),
        table=table,
        start=start,
        type=kind,
        order=_order(text, parts, kind, defaults),
        bit=_bit(text, parts, table, kind),
        length=_length(text, parts, kind),
        scale=_fraction(text, parts, "scale", 1),
        offset=_fraction(text, parts, "offset", 0),
    )
    _check(text, address)
    return address


def check_kind(address: Address, kind: Kind) -> str:
    """Why this value cannot feed a signal of that kind; empty where it can."""
    if kind is Kind.TEXT:
        return "" if address.type == "string" else f"type {address.type} is no text; make the signal a number"
    if address.type == "string":
        return "a string cannot feed this signal; make the signal text or read a number type"
    whole = kind in (Kind.INTEGER, Kind.ENUMERATION, Kind.BOOLEAN)
    if whole and address.type.startswith("float"):
        return f"{address.type} holds decimals; make the signal float or read an integer type"
    if whole and address.scaled:
        return "scale and offset give decimals; make the signal float or leave them out"
    return ""


def wrong(text: str, what: str, mend: str) -> InvalidInput:
    """The error of an address."""
    return InvalidInput(what, where=f'address "{text[:80]}"', mend=mend, code="invalid-address")


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in filter(None, (piece.strip() for piece in text.split(";"))):
        key, equals, value = (word.strip() for word in piece.partition("="))
        key = key.lower()
        if not equals or not value:
            raise wrong(text, f'"{piece[:40]}" is no key=value', MEND)
        if key not in KEYS.split(", "):
            raise wrong(text, f'"{key[:40]}" is not known', f"use {KEYS}")
        if key in parts:
            raise wrong(text, f"{key} stands twice", f"keep one {key}")
        parts[key] = value
    return parts


def _place(text: str, parts: dict[str, str]) -> tuple[Table, int]:
    named = [key for key in (*Table, "register") if key in parts]
    if len(named) != 1:
        what = f"{' and '.join(named)} stand together" if named else "it names no table"
        raise wrong(text, what, "name one of holding, input, coil, discrete, register")
    if named == ["register"]:
        return _modicon(text, parts["register"])
    return Table(named[0]), _whole(text, parts, named[0], 0, (0, ADDRESS_MAX))


def _modicon(text: str, number: str) -> tuple[Table, int]:
    """`40010` and `400010`: the first digit is the table, the others count from 1."""
    found = re.fullmatch(r"([0134])(\d{4,5})", number)
    if found is None or not 1 <= int(found[2]) <= ADDRESS_MAX + 1:
        raise wrong(text, f'"{number[:20]}" is no register number', "write it with 5 or 6 digits like 40001 or 400001")
    return _MODICON[found[1]], int(found[2]) - 1


def _whole(text: str, parts: dict[str, str], key: str, default: int, bounds: tuple[int, int]) -> int:
    word = parts.get(key)
    if word is None:
        return default
    try:
        value = int(word, 0) if re.fullmatch(r"0[xX][0-9a-fA-F]+", word) else int(word)
    except ValueError:
        value = bounds[0] - 1
    if not bounds[0] <= value <= bounds[1]:
        raise wrong(text, f"{key} {word[:20]} is out of range", f"give a whole number from {bounds[0]} to {bounds[1]}")
    return value


def _order(text: str, parts: dict[str, str], kind: str, defaults: Defaults) -> str:
    words = WIDTHS[kind]
    short = words <= 1  # single registers and strings have no order of words
    if "order" not in parts:
        plain = defaults.order
        return plain if not short else ("BADC" if ORDERS[plain][1] and kind != "bool" else "ABCD")
    allowed = {"AB": "ABCD", "BA": "BADC"} if short else {order: order for order in ORDERS}
    allowed |= _LONG if words == 4 else {}
    order = parts["order"].upper()
    if order not in allowed:
        raise wrong(text, f"order {order[:20]} does not fit type {kind}", f"use {', '.join(allowed)}")
    return allowed[order]


def _bit(text: str, parts: dict[str, str], table: Table, kind: str) -> int:
    bit = _whole(text, parts, "bit", -1, (0, 15))
    if table.of_bits or kind != "bool":
        if bit >= 0:
            raise wrong(text, "bit names one bit of a register", "leave bit out, or read type=bool of holding or input")
        return -1
    if bit < 0:
        raise wrong(text, "which bit of the register is missing", "add bit=0 (the lowest) to bit=15")
    return bit


def _length(text: str, parts: dict[str, str], kind: str) -> int:
    if kind == "string" and "length" not in parts:
        raise wrong(text, "how many bytes the string has is missing", "add length=16 or what the manual says")
    if kind != "string" and "length" in parts:
        raise wrong(text, f"type {kind} has its own length", "leave length out")
    return _whole(text, parts, "length", 0, (1, STRING_BYTES_MAX))


def _fraction(text: str, parts: dict[str, str], key: str, default: int) -> Fraction:
    """Exact, as it is written."""
    word = parts.get(key)
    if word is None:
        return Fraction(default)
    try:
        if len(word) > 20 or not math.isfinite(float(word)):
            raise ValueError
        value = Fraction(word)
    except (ValueError, OverflowError):
        raise wrong(text, f"{key} {word[:20]} is no number", f"write {key}=0.1") from None
    small = abs(value) <= 10**12 and value.denominator <= 10**12
    if not small or (key == "scale" and not value):
        raise wrong(text, f"{key} {word[:20]} is out of range", "give a number up to 1e12 with at most 12 decimals")
    return value


_CHECKS: tuple[tuple[Callable[[Address], bool], str, str], ...] = (
    (
        lambda a: a.start + a.count - 1 > ADDRESS_MAX,
        "it ends beyond the last address",
        f"a table ends at {ADDRESS_MAX}",
    ),
    (lambda a: a.scaled and a.type in ("bool", "string"), "this type cannot be scaled", "leave scale and offset out"),
)


def _check(text: str, address: Address) -> None:
    for fails, what, mend in _CHECKS:
        if fails(address):
            raise wrong(text, what, mend)

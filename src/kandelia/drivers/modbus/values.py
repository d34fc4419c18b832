"""From registers and bits to values and back: whole lanes of equal values at once, by numpy.

Registers stand in an array of big-endian words, as they came; a lane is all values of one type and order in one
poll, so a device with 200 floats costs one conversion and not 200.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from kandelia.base.quality import BAD_OUT_OF_RANGE, BAD_TYPE_MISMATCH
from kandelia.drivers.modbus.addresses import ORDERS, Address
from kandelia.sdk.drivers import InvalidInput

WORD = np.dtype(">u2")
NUMBERS = {
    "int16": ">i2",
    "uint16": ">u2",
    "int32": ">i4",
    "uint32": ">u4",
    "int64": ">i8",
    "uint64": ">u8",
    "float32": ">f4",
    "float64": ">f8",
}
EXACT = ("int16", "uint16", "int32", "uint32", "float32", "float64", "bcd16", "bcd32")  # in a float64
_DIGITS = {"bcd16": 4, "bcd32": 8}
Decoded = tuple[np.ndarray, np.ndarray | None]  # values, faults (None: none)


def decode_numbers(words: np.ndarray, kind: str, order: str) -> Decoded:
    """Values of one type from an array (values, registers) of WORD."""
    last_first, exchanged = ORDERS[order]
    if exchanged:
        words = words.byteswap()
    if last_first:
        words = words[:, ::-1]
    plain = np.ascontiguousarray(words)
    if kind in _DIGITS:
        return _decimal(plain, _DIGITS[kind])
    return plain.view(NUMBERS[kind])[:, 0], None


def _decimal(words: np.ndarray, digits: int) -> Decoded:
    """Binary-coded decimals, four bits a digit; a digit above 9 is a fault."""
    packed = words.view(">u2" if digits == 4 else ">u4")[:, 0].astype(np.int64)
    nibbles = (packed[:, None] >> (4 * np.arange(digits))) & 0xF
    faults = np.where((nibbles > 9).any(axis=1), BAD_OUT_OF_RANGE, 0).astype(np.uint16)
    return nibbles @ (10 ** np.arange(digits)), faults


def decode_text(words: np.ndarray, order: str, length: int) -> str | None:
    """A string up to its first NUL, blanks behind it cut; None where the bytes are no UTF-8."""
    data = (words.byteswap() if ORDERS[order][1] else words).tobytes()[:length]
    try:
        return data.split(b"\0", 1)[0].decode().rstrip()
    except UnicodeDecodeError:
        return None


def scaled(values: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """raw × scale + offset with one division, so that 237 × 0.1 is 23.7 and not 23.700000000000003."""
    plain: np.ndarray = (values.astype(np.float64) * scales[:, 0] + scales[:, 1]) / scales[:, 2]
    return plain


def scales_of(addresses: Sequence[Address]) -> np.ndarray:
    """The columns that `scaled` takes: factor, term and divisor, whole numbers as far as a float64 has them."""
    rows = []
    for scale, offset in ((a.scale, a.offset) for a in addresses):
        factor, term = scale.numerator * offset.denominator, offset.numerator * scale.denominator
        rows.append([float(factor), float(term), float(scale.denominator * offset.denominator)])
    return np.array(rows, dtype=np.float64)


def decode_one(address: Address, data: bytes) -> Any:
    """One value by itself: what was read back, or is shown while browsing. None where the bytes hold none."""
    if address.table.of_bits:
        return bool(data[0] & 1)
    words = np.frombuffer(data, dtype=WORD)
    if address.type == "bool":
        return bool((int(words[0]) >> address.bit) & 1)
    if address.type == "string":
        return decode_text(words, address.order, address.length)
    values, faults = decode_numbers(words[None, :], address.type, address.order)
    if faults is not None and faults[0]:
        return None
    return float(scaled(values, scales_of([address]))[0]) if address.scaled else values.tolist()[0]


def encode_one(address: Address, value: Any) -> bytes:
    """The registers that say this value; InvalidInput when they cannot."""
    if address.type == "string":
        return _encode_text(address, value)
    number = _number(address, value)
    data = _encode_decimal(address, number) if address.type in _DIGITS else _encode_number(address, number)
    words = np.frombuffer(data, dtype=WORD)
    last_first, exchanged = ORDERS[address.order]
    words = words[::-1] if last_first else words
    return (words.byteswap() if exchanged else words).tobytes()


def _number(address: Address, value: Any) -> int | float:
    """The raw number: scaling undone, exactly where the type is a whole number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value in (np.inf, -np.inf):
        raise unfit(address, value, "give a number")
    raw = (Fraction(value) - address.offset) / address.scale
    if address.type.startswith("float"):
        return float(raw)
    if not address.scaled and raw.denominator != 1:
        raise unfit(address, value, f"give a whole number: {address.type} has no decimals")
    return round(raw)


def _encode_number(address: Address, number: int | float) -> bytes:
    dtype = np.dtype(NUMBERS[address.type])
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            column = np.array([number], dtype=dtype)
        if not np.isfinite(column[0]):
            raise unfit(address, number, f"{address.type} does not hold it")
        return column.tobytes()
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    if not low <= number <= high:
        raise unfit(address, number, f"the register holds {low} to {high}")
    return np.array([number], dtype=dtype).tobytes()


def _encode_decimal(address: Address, number: int | float) -> bytes:
    digits = _DIGITS[address.type]
    if not 0 <= number < 10**digits:
        raise unfit(address, number, f"give a number from 0 to {10**digits - 1}")
    return bytes.fromhex(f"{int(number):0{digits}d}")


def _encode_text(address: Address, value: Any) -> bytes:
    if not isinstance(value, str):
        raise unfit(address, value, "give a text")
    data = value.encode()
    if len(data) > address.length or b"\0" in data:
        raise unfit(address, value, f"give at most {address.length} bytes")
    padded = data.ljust(address.count * 2, b"\0")
    words = np.frombuffer(padded, dtype=WORD)
    return (words.byteswap() if ORDERS[address.order][1] else words).tobytes()


def unfit(address: Address, value: Any, mend: str) -> InvalidInput:
    """A value that cannot be written there."""
    return InvalidInput(f"{str(value)[:40]} cannot be written", where=str(address), mend=mend, code="invalid-value")


FAULT_TEXT = BAD_TYPE_MISMATCH

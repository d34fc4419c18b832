"""Values of one kind, from whatever a protocol library hands over: exact, or missing with a bad quality.

Nothing is rounded or cut to fit: 3.0 for an integer signal is 3, 3.5 is missing. A number for a text signal is its
text. Each function gives the column and, where some could not be had, their quality (0 elsewhere).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kandelia.base.quality import BAD_NO_DATA, BAD_OUT_OF_RANGE, BAD_TYPE_MISMATCH
from kandelia.base.samples import TEXT_BYTES_MAX, Kind

INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1
EXACT_FLOAT_MAX = 2**53
Column = tuple[Any, np.ndarray]  # values, fault qualities


def column_of(kind: Kind, values: Sequence[Any]) -> Column:
    """The values of one kind as a column for `make_batch` (float64, int64 or a list of str), and their faults."""
    return _COLUMNS[kind](values)


def _floats(values: Sequence[Any]) -> Column:
    if set(map(type, values)) == {float}:
        column = np.array(values, dtype=np.float64)
    else:
        return _one_by_one(values, _as_float, 0.0, np.float64)
    faults = np.zeros(len(column), dtype=np.uint16)
    finite = np.isfinite(column)
    if not finite.all():
        faults[np.isnan(column)] = BAD_NO_DATA
        faults[np.isinf(column)] = BAD_OUT_OF_RANGE
        column[~finite] = 0.0
    return column, faults


def _integers(values: Sequence[Any]) -> Column:
    if set(map(type, values)) <= {int, bool}:
        try:
            return np.array(values, dtype=np.int64), np.zeros(len(values), dtype=np.uint16)
        except OverflowError:
            pass
    return _one_by_one(values, _as_integer, 0, np.int64)


def _booleans(values: Sequence[Any]) -> Column:
    if set(map(type, values)) == {bool}:
        return np.array(values, dtype=np.int64), np.zeros(len(values), dtype=np.uint16)
    return _one_by_one(values, _as_boolean, 0, np.int64)


def _texts(values: Sequence[Any]) -> Column:
    pairs = [_as_text(value) for value in values]
    return [text for text, _ in pairs], np.array([fault for _, fault in pairs], dtype=np.uint16)


def _one_by_one(
    values: Sequence[Any], convert: Callable[[Any], tuple[Any, int]], blank: Any, dtype: type[np.generic]
) -> Column:
    pairs = [convert(value) for value in values]
    column = np.array([blank if fault else value for value, fault in pairs], dtype=dtype)
    return column, np.array([fault for _, fault in pairs], dtype=np.uint16)


def _plain(value: Any) -> Any:
    """numpy's own scalars as Python's."""
    return value.item() if isinstance(value, np.generic) else value


def _as_float(value: Any) -> tuple[Any, int]:
    value = _plain(value)
    if value is None:
        return 0.0, BAD_NO_DATA
    if isinstance(value, int):
        exact = abs(value) <= EXACT_FLOAT_MAX or (abs(value) < 2**1000 and int(float(value)) == value)
        return (float(value), 0) if exact else (0.0, BAD_OUT_OF_RANGE)
    if not isinstance(value, float):
        return 0.0, BAD_TYPE_MISMATCH
    if math.isfinite(value):
        return value, 0
    return 0.0, BAD_NO_DATA if math.isnan(value) else BAD_OUT_OF_RANGE


def _as_integer(value: Any) -> tuple[Any, int]:
    value = _plain(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return 0, BAD_NO_DATA
    if isinstance(value, float):
        if not value.is_integer():  # also infinities
            return 0, BAD_TYPE_MISMATCH
        value = int(value)
    if not isinstance(value, int):
        return 0, BAD_TYPE_MISMATCH
    return (int(value), 0) if INTEGER_MIN <= value <= INTEGER_MAX else (0, BAD_OUT_OF_RANGE)


def _as_boolean(value: Any) -> tuple[Any, int]:
    number, fault = _as_integer(value)
    if fault:
        return 0, fault
    return (number, 0) if number in (0, 1) else (0, BAD_TYPE_MISMATCH)


def _as_text(value: Any) -> tuple[str, int]:
    value = _plain(value)
    if value is None:
        return "", BAD_NO_DATA
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, int | float):
        value = repr(value)
    if not isinstance(value, str):
        return "", BAD_TYPE_MISMATCH
    try:
        size = len(value.encode())
    except UnicodeEncodeError:  # a lone surrogate: bytes that were no text
        return "", BAD_TYPE_MISMATCH
    return (value, 0) if size <= TEXT_BYTES_MAX else ("", BAD_OUT_OF_RANGE)


def _nothing(values: Sequence[Any]) -> Column:
    return np.zeros(len(values)), np.full(len(values), BAD_NO_DATA, dtype=np.uint16)


_COLUMNS: dict[Kind, Callable[[Sequence[Any]], Column]] = {
    Kind.MISSING: _nothing,
    Kind.FLOAT: _floats,
    Kind.INTEGER: _integers,
    Kind.BOOLEAN: _booleans,
    Kind.TEXT: _texts,
    Kind.ENUMERATION: _integers,
}

"""A tree over columns: every operator on whole columns at once; quality is the worst of what goes in (OPC UA)."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kandelia.base.quality import BAD_NO_DATA, BAD_OUT_OF_RANGE
from kandelia.base.samples import Kind
from kandelia.kernel.rules.logic.columns import Column, Series, all_times, dtype_of, worst
from kandelia.kernel.rules.logic.operators import WINDOW
from kandelia.kernel.rules.logic.tree import CONSTANT, INPUT, Node

INTEGER_SAFE = 2.0**62  # beyond it a result of whole numbers might have wrapped round
Windowed = Callable[[Node], Column]


def evaluate(node: Node, inputs: Mapping[int, Column], rows: int, windowed: Windowed | None = None) -> Column:
    """The tree's column; `inputs` are aligned (`rows` each), `windowed` gives what an operator with a window gave."""
    if node.op == INPUT:
        return inputs[node.number]
    if node.op == CONSTANT:
        data: np.ndarray = np.full(rows, node.value, dtype_of(Kind(node.kind)))
        return Column(Kind(node.kind), data, np.zeros(rows, np.uint16))
    if node.op.startswith(WINDOW):
        if windowed is None:
            raise ValueError(f"{node.op} has no window here")
        return windowed(node)
    args = [evaluate(one, inputs, rows, windowed) for one in node.args]
    if node.op == "if":
        return _choice(node, args)
    with np.errstate(all="ignore"):
        data = _OPERATORS[node.op](*(one.data for one in args))
    return _settled(node, data, worst(one.quality for one in args), args)


def evaluate_rows(node: Node, series: Mapping[int, Series], start_ns: int, end_ns: int, hold_ns: int) -> Series:
    """A tree without windows at each instant in [start, end) at which an input has a row."""
    times = all_times(one.cut(start_ns, end_ns) for one in series.values())
    aligned = {number: one.at(times, hold_ns) for number, one in series.items()}
    return Series(times, evaluate(node, aligned, len(times)))


def _settled(node: Node, data: np.ndarray, quality: np.ndarray, args: list[Column]) -> Column:
    """The declared type; what is not finite, or whole and too large, has no value."""
    kind = Kind(node.kind)
    if kind is Kind.FLOAT:
        data = np.asarray(data, np.float64)
        wrong = ~np.isfinite(data)
    elif kind is Kind.INTEGER and node.op in _WRAPPING:
        with np.errstate(all="ignore"):
            rough = _OPERATORS[node.op](*(one.data.astype(np.float64) for one in args))
        wrong = np.abs(rough) >= INTEGER_SAFE
    else:
        wrong = np.zeros(len(data), bool)
    if kind is not Kind.TEXT:
        data = np.asarray(data, dtype_of(kind))
    if wrong.any():
        quality = np.where(wrong & (quality < 0x8000), BAD_OUT_OF_RANGE, quality).astype(np.uint16)
        data = np.where(wrong, dtype_of(kind)(0), data)
    return Column(kind, data, quality)


def _choice(node: Node, args: list[Column]) -> Column:
    """Only the branch that is taken counts for the quality, beside the condition."""
    condition, yes, no = args
    taken = condition.data != 0
    quality = worst([condition.quality, np.where(taken, yes.quality, no.quality)])
    data = np.where(taken, yes.data, no.data)
    if Kind(node.kind) is Kind.TEXT:
        return Column(Kind.TEXT, data.astype(object), quality)
    return Column(Kind(node.kind), data.astype(dtype_of(Kind(node.kind))), quality)


def _round(x: np.ndarray, digits: np.ndarray | None = None) -> np.ndarray:
    if digits is None:
        return np.asarray(np.rint(x))
    scale = np.power(10.0, np.clip(digits, -12, 12))
    result: np.ndarray = np.rint(x * scale) / scale
    return result


def _least(*args: np.ndarray) -> np.ndarray:
    return np.minimum.reduce(np.broadcast_arrays(*args))  # type: ignore[no-any-return]


def _greatest(*args: np.ndarray) -> np.ndarray:
    return np.maximum.reduce(np.broadcast_arrays(*args))  # type: ignore[no-any-return]


_WRAPPING = ("+", "-", "*", "neg", "abs")
_OPERATORS: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.true_divide,
    "^": lambda x, y: np.power(x.astype(np.float64), y.astype(np.float64)),
    "neg": np.negative,
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "and": lambda x, y: (x != 0) & (y != 0),
    "or": lambda x, y: (x != 0) | (y != 0),
    "not": lambda x: x == 0,
    "min": _least,
    "max": _greatest,
    "abs": np.abs,
    "round": _round,
    "clamp": lambda x, low, high: np.minimum(np.maximum(x, low), high),
}


def no_data(kind: Kind, quality: np.ndarray, data: np.ndarray, without: np.ndarray) -> Column:
    """`data` with no value where `without`."""
    marked = np.where(without, BAD_NO_DATA, quality).astype(np.uint16)
    if kind is Kind.TEXT:
        return Column(kind, np.where(without, "", data).astype(object), marked)
    return Column(kind, np.where(without, 0, data).astype(dtype_of(kind)), marked)

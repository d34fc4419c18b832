"""Heat: bodies with a heater and a PI controller each, and bodies that only follow. One-second steps in sequence."""

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class HeaterBank:
    """Constants of all heated bodies: `rise` °C/s at full power, `loss` 1/s to ambient, `exchange` 1/s [Z, Z]."""

    rise: Array
    loss: Array
    exchange: Array
    gain: Array
    reset: Array


def neighbours(lengths: list[int], rate: float) -> Array:
    """The exchange matrix of bodies standing in rows of these lengths: heat flows between those side by side."""
    size = sum(lengths)
    matrix = np.zeros((size, size))
    start = 0
    for length in lengths:
        for i in range(start, start + length - 1):
            matrix[i, i + 1] = matrix[i + 1, i] = rate
        start += length
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return matrix


def heat(
    bank: HeaterBank, temperature: Array, integral: Array, wanted: Array, drain: Array, ambient: Array
) -> tuple[Array, Array, Array, Array]:
    """Temperatures and duties [n, Z], then the last temperature and integral [Z].

    `wanted` in °C and `drain` in °C/s are [n, Z], `ambient` in °C is [n].
    """
    seconds, bodies = wanted.shape
    temperatures, duties = np.empty((seconds, bodies)), np.empty((seconds, bodies))
    move = np.eye(bodies) + bank.exchange - np.diag(bank.loss)
    give = bank.loss[None, :] * ambient[:, None] - drain
    now, held = temperature.copy(), integral.copy()
    error, duty = np.empty(bodies), np.empty(bodies)
    for i in range(seconds):
        np.subtract(wanted[i], now, out=error)
        np.multiply(bank.gain, error, out=duty)
        duty += held
        np.maximum(duty, 0.0, out=duty)
        np.minimum(duty, 1.0, out=duty)
        error *= bank.reset
        held += error
        np.maximum(held, 0.0, out=held)
        np.minimum(held, 1.0, out=held)
        now = move @ now
        now += give[i]
        now += bank.rise * duty
        temperatures[i], duties[i] = now, duty
    return temperatures, duties, now, held


def follow(rate: Array, value: Array, target: Array) -> tuple[Array, Array]:
    """First-order lags towards `target` [n, B] at `rate` 1/s; the course [n, B] and its end [B]."""
    course = np.empty_like(target)
    now = value.copy()
    keep = 1.0 - rate
    push = target * rate
    for i in range(len(target)):
        now = now * keep
        now += push[i]
        course[i] = now
    return course, now

"""Chance as a pure function of (seed, stream, time): any stretch of time gives the same, however it is cut."""

from functools import lru_cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_FOUR_UNIFORMS_DEVIATION = 65536 * (4 / 12) ** 0.5


def hashes(seed: int, streams: Array, times: Array) -> Array:
    """64 random bits for each (time, stream) as uint64 [times, streams] (the finaliser of splitmix64)."""
    row = streams.astype(np.uint64) * np.uint64(0xD1342543DE82EF95) + np.uint64((seed * _GOLDEN) & _MASK)
    column = times.astype(np.uint64) * np.uint64(_GOLDEN)
    bits: Array = column[:, None] + row[None, :]
    bits ^= bits >> np.uint64(30)
    bits *= _MIX_1
    bits ^= bits >> np.uint64(27)
    bits *= _MIX_2
    bits ^= bits >> np.uint64(31)
    return bits


def normal(seed: int, streams: Array, times: Array) -> Array:
    """About normal, deviation 1, float64 [times, streams]: four uniform 16-bit numbers added up."""
    quarters = hashes(seed, streams, times).view(np.uint16).reshape(len(times), len(streams), 4)
    total: Array = quarters[:, :, 0].astype(np.float64)
    for part in range(1, 4):
        total += quarters[:, :, part]
    total -= 2 * 65535
    total *= 1 / _FOUR_UNIFORMS_DEVIATION
    return total


def uniform(seed: int, streams: Array, times: Array) -> Array:
    """Between 0 and 1, float64 [times, streams]."""
    result: Array = (hashes(seed, streams, times) >> np.uint64(11)) * (1.0 / (1 << 53))
    return result


def wander(seed: int, start: int, count: int, times: Array, period_s: int) -> Array:
    """Slow wanders of the streams from `start` on, between −1 and 1, a knot each `period_s`: [times, count]."""
    first, last = int(times[0]) // period_s, int(times[-1]) // period_s
    known = _knots(seed, start, count, first, last + 2)
    share = (times % period_s) / period_s
    weight = (share * share * (3 - 2 * share))[:, None]
    at = 0 if first == last else times // period_s - first
    before = known[at]
    result: Array = before + weight * (known[at + 1] - before)
    return result


@lru_cache(maxsize=256)
def _knots(seed: int, start: int, count: int, first: int, end: int) -> Array:
    return 2 * uniform(seed ^ 0x5EED, np.arange(start, start + count), np.arange(first, end)) - 1


def day_generator(seed: int, stream: int, day: int) -> np.random.Generator:
    """The generator of what happens in one stream on one day."""
    return np.random.default_rng([seed & 0xFFFFFFFF, stream, day])

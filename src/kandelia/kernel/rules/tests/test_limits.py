"""Limits are raised and cleared at instants that follow from the rows alone, whatever messages carry them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.kernel.rules.logic.limits import LimitEntry, LimitKind, LimitState, Watch, follow

S = 1_000_000_000


def limit(kind=LimitKind.HIGH, level=10.0, **more):
    return LimitEntry(1, 7, "a.b.c.t", kind, level, **more)


def told(changes):
    return [(one.raised, one.at_ns // S) for one in changes]


def watch(entry, now_s=0):
    made = Watch()
    made.define((entry,), now_s * S)
    return made


def take(one, *rows):
    times, values = zip(*rows, strict=True)
    return told(given_rows(one, np.array(times, np.int64) * S, np.array(values, float)))


def given_rows(one, times, values):
    return one.take(np.full(len(times), 7), times, values)


@pytest.mark.parametrize(
    ("entry", "rows", "expected"),
    [
        (limit(), [(1, 9), (2, 11), (3, 9)], [(True, 2), (False, 3)]),
        (limit(dead_band=2), [(1, 11), (2, 9), (3, 8)], [(True, 1), (False, 3)]),
        (limit(on_delay_ns=5 * S), [(1, 11), (3, 9), (4, 11), (12, 9)], [(True, 9), (False, 12)]),
        (limit(on_delay_ns=5 * S), [(1, 11), (6, 9)], [(True, 6), (False, 6)]),
        (limit(off_delay_ns=5 * S), [(1, 11), (2, 9), (3, 11), (4, 9), (20, 9)], [(True, 1), (False, 9)]),
        (limit(LimitKind.LOW, dead_band=1), [(1, 9), (2, 10.5), (3, 11)], [(True, 1), (False, 3)]),
        (limit(LimitKind.RATE, 2.0), [(1, 0), (2, 1), (3, 9), (4, 9)], [(True, 3), (False, 4)]),
    ],
)
def test_changes(entry, rows, expected):
    assert take(watch(entry), *rows) == expected


def test_a_delay_ends_without_a_new_row():
    one = watch(limit(on_delay_ns=5 * S))
    assert take(one, (1, 11)) == []
    assert told(one.tick(5 * S)) == []
    assert told(one.tick(6 * S)) == [(True, 6)]
    assert told(one.tick(7 * S)) == []


def test_silence_is_raised_and_ends_with_the_next_row():
    one = watch(limit(LimitKind.STALE, 30))
    one.tick(0)
    assert take(one, (10, 1)) == []
    assert told(one.tick(39 * S)) == []
    assert told(one.tick(41 * S)) == [(True, 40)]
    assert take(one, (50, 1)) == [(False, 50)]


def test_rows_that_come_again_or_late_change_nothing():
    one = watch(limit())
    assert take(one, (1, 9), (5, 11)) == [(True, 5)]
    assert take(one, (1, 9), (5, 11)) == []
    assert take(one, (2, 9)) == []


def test_a_limit_that_is_taken_away_is_cleared():
    one = watch(limit())
    take(one, (1, 11))
    assert told(one.define((), 9 * S)) == [(False, 9)]
    assert not one.states


def test_what_was_kept_is_restored_without_false_changes():
    one = watch(limit())
    assert take(one, (1, 9), (5, 11)) == [(True, 5)]
    again = watch(limit())
    again.restore(dict(one.states))
    assert take(again, (1, 9), (5, 11)) == []
    assert take(again, (6, 12), (7, 3)) == [(False, 7)]


def test_a_limit_that_stays_keeps_its_state_when_others_come():
    one = watch(limit(on_delay_ns=5 * S))
    take(one, (1, 11))
    other = LimitEntry(2, 7, "a.b.c.t", LimitKind.LOW, 0.0)
    assert one.define((other, limit(on_delay_ns=5 * S)), 2 * S) == []
    assert take(one, (7, 11)) == [(True, 6)]


rows = st.lists(st.integers(0, 20), min_size=1, max_size=60)


@given(rows, st.integers(0, 6), st.integers(0, 6), st.integers(0, 3), st.lists(st.integers(1, 59), max_size=5))
def test_cutting_into_messages_changes_nothing(values, on, off, band, cuts):
    entry = limit(on_delay_ns=on * S, off_delay_ns=off * S, dead_band=float(band))
    times = np.arange(1, len(values) + 1, dtype=np.int64) * S
    whole, _ = follow(entry, LimitState(), times, np.array(values, float))
    one, parts = watch(entry), []
    for piece in np.split(np.arange(len(values)), sorted(cuts)):
        if len(piece):
            parts += given_rows(one, times[piece], np.array(values, float)[piece])
    assert told(parts) == told(whole)


@given(rows, st.integers(0, 6), st.integers(0, 6), st.integers(0, 3))
def test_as_a_plain_reading_second_by_second(values, on, off, band):
    entry = limit(on_delay_ns=on * S, off_delay_ns=off * S, dead_band=float(band))
    times = np.arange(1, len(values) + 1, dtype=np.int64) * S
    found, _ = follow(entry, LimitState(), times, np.array(values, float))
    assert told(found) == plainly(values, on, off, band)


def plainly(values, on, off, band):
    """One value a second, step by step."""
    active, since, said = False, None, []
    for second, value in enumerate(values, 1):
        # What stood up to this instant may be due just before the new value counts.
        if since is not None and second - since >= (off if active else on):
            active, at, since = not active, since + (off if active else on), None
            said.append((active, at))
        broken = value <= 10 - band if active else value > 10
        since = (since if since is not None else second) if broken else None
        if since is not None and second - since >= (off if active else on):
            active, at, since = not active, since + (off if active else on), None
            said.append((active, at))
            again = value <= 10 - band if active else value > 10
            assert not again
    return said

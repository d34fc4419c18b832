"""Promise: a value is stored exactly or as missing with a bad quality; times and gaps stay true."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.quality import BAD_DATA_LOST, BAD_NO_DATA, BAD_OUT_OF_RANGE, BAD_TYPE_MISMATCH, UNCERTAIN
from kandelia.base.samples import SOURCE_AHEAD_NS_MAX, Kind, times_ns
from kandelia.kernel.connections.drivers import Item
from kandelia.kernel.connections.logic.conversion import Added, Counts, convert
from kandelia.kernel.connections.logic.roster import NEVER, Roster
from kandelia.kernel.connections.logic.values import column_of

NOW = 1_800_000_000_000_000_000
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.builds(np.float64, st.floats()),
    st.builds(np.int32, st.integers(-(2**31), 2**31 - 1)),
    st.just(b"bytes"),
    st.just([1.0]),
)


@given(st.sampled_from([k for k in Kind if k is not Kind.MISSING]), st.lists(ANYTHING, max_size=12))
def test_exact_or_missing(kind: Kind, values: list) -> None:
    column, faults = column_of(kind, values)
    assert len(column) == len(faults) == len(values)
    for got, fault, value in zip(list(column), faults, values, strict=True):
        if fault:
            assert fault in (BAD_NO_DATA, BAD_OUT_OF_RANGE, BAD_TYPE_MISMATCH) and got in (0, "")
        elif kind is Kind.TEXT:
            assert isinstance(got, str)
        else:
            plain = value.item() if isinstance(value, np.generic) else value
            assert got == plain and math.isfinite(got)


def test_which_values_have_none() -> None:
    def faults(kind: Kind, values: list) -> list[int]:
        return column_of(kind, values)[1].tolist()

    assert faults(Kind.FLOAT, [1.5, math.nan, math.inf]) == [0, BAD_NO_DATA, BAD_OUT_OF_RANGE]
    assert faults(Kind.FLOAT, [2**53, 2**53 + 1, True, "1.5"]) == [0, BAD_OUT_OF_RANGE, 0, BAD_TYPE_MISMATCH]
    assert faults(Kind.INTEGER, [3.0, 3.5, 2**63, 2**63 - 1]) == [0, BAD_TYPE_MISMATCH, BAD_OUT_OF_RANGE, 0]
    assert faults(Kind.BOOLEAN, [True, 1, 2, 0.0]) == [0, 0, BAD_TYPE_MISMATCH, 0]
    assert faults(Kind.TEXT, ["a", "x" * 5_000, "\ud800"]) == [0, BAD_OUT_OF_RANGE, BAD_TYPE_MISMATCH]
    assert column_of(Kind.TEXT, [1, True, 2.5])[0] == ["1", "true", "2.5"]


def roster(*kinds: Kind) -> Roster:
    return Roster.of(Item(n + 1, "", kind, 1_000) for n, kind in enumerate(kinds))


def test_kinds_mix_in_one_batch() -> None:
    added = Added([1, 2, 3, 1], [NOW] * 4, [0, 0, 0x8031, 0x4090], [1.5, "文", None, 2], [NOW + 5_000_000] * 4)
    counts = Counts()
    batch = convert(added, roster(Kind.FLOAT, Kind.TEXT, Kind.INTEGER), counts)
    assert batch.column("kind").to_pylist() == [Kind.FLOAT, Kind.TEXT, Kind.MISSING, Kind.FLOAT]
    assert batch.column("value").to_pylist() == [1.5, 0.0, 0.0, 2.0]
    assert batch.column("text").to_pylist() == ["", "文", "", ""]
    assert batch.column("quality").to_pylist() == [0, 0, 0x8031, 0x4090]
    assert batch.column("lag_ms").to_pylist() == [5] * 4
    assert counts == Counts()


def test_clocks_that_are_years_off_give_way() -> None:
    times = [NOW, 0, NOW + SOURCE_AHEAD_NS_MAX + 1, 2**70]
    counts = Counts()
    batch = convert(Added([1] * 4, times, [0, 0, 0, 0x8031], [1.0] * 4, [NOW] * 4), roster(Kind.FLOAT), counts)
    assert times_ns(batch).tolist() == [NOW] * 4
    assert batch.column("quality").to_pylist() == [0, UNCERTAIN, UNCERTAIN, 0x8031]
    assert counts.clocks == 3


def test_times_of_a_clock_that_was_wrong_push_no_mark_ahead() -> None:
    known = roster(Kind.FLOAT, Kind.FLOAT)
    wrong = NOW + 3 * SOURCE_AHEAD_NS_MAX
    convert(Added([1, 2], [wrong, wrong], [0, 0], [1.0, 2.0], [wrong] * 2), known, Counts())
    known.open_gap(wrong)
    batch = convert(Added([1], [NOW - 5], [0], [1.0], [NOW]), known, Counts())
    assert times_ns(batch).tolist() == [NOW - 5, NOW + 1], "what the source confirms is confirmed now"
    assert known.newest_ns.tolist() == [NOW + 1, NOW]
    known.forget_ahead(NOW)
    assert known.gap_ns.tolist() == [NEVER, NOW]


def test_a_gap_ends_with_a_row_of_the_receive_time_only_where_it_must() -> None:
    known = roster(Kind.FLOAT, Kind.FLOAT)
    convert(Added([1, 2], [NOW - 100, NOW - 50], [0, 0], [1.0, 2.0], [NOW] * 2), known, Counts())
    numbers, times = known.open_gap(NOW)
    assert (numbers.tolist(), times.tolist()) == ([1, 2], [NOW, NOW])
    assert known.open_gap(NOW + 9)[0].tolist() == [], "one mark a gap"
    counts = Counts()
    batch = convert(
        Added([1, 2, 1], [NOW - 100, NOW + 7, NOW - 90], [0] * 3, [1.0, 3.0, 1.5], [NOW + 50] * 3), known, counts
    )
    assert times_ns(batch).tolist() == [NOW - 100, NOW + 7, NOW - 90, NOW + 50]
    assert batch.column("value").to_pylist() == [1.0, 3.0, 1.5, 1.5] and counts.confirmed == 1
    assert (known.gap_ns == NEVER).all() and known.newest_ns.tolist() == [NOW + 50, NOW + 7]


def test_strangers_are_left_out_and_counted() -> None:
    counts = Counts()
    batch = convert(Added([1, 7], [NOW] * 2, [0] * 2, [1.0, 2.0], [NOW] * 2), roster(Kind.FLOAT), counts)
    assert batch.num_rows == 1 and counts.strangers == 1
    assert convert(Added([7], [NOW], [0], [1.0], [NOW]), Roster.of(()), counts).num_rows == 0


def test_what_the_source_lost_is_marked_just_behind_what_came_before() -> None:
    known = roster(Kind.FLOAT, Kind.FLOAT, Kind.FLOAT)
    known.newest_ns[:] = [NOW - 900, NOW - 900, NEVER]
    numbers, ages = [1, 2, 9, 1, 2, 3], [500, 300, 200, 100, 299, 100]
    added = Added(numbers, [NOW - age for age in ages], [0] * 6, [1.0] * 6, [NOW] * 6, lost_before=[0, 2, 3, 4, 5])
    batch = convert(added, known, Counts())
    marks = [row for row in batch.to_pylist() if row["quality"] == BAD_DATA_LOST]
    assert [(row["signal"], row["kind"]) for row in marks] == [(1, Kind.MISSING), (1, Kind.MISSING)]
    assert times_ns(batch)[-2:].tolist() == [NOW - 899, NOW - 499], "no room before 2, nothing known before 3"
    assert batch.num_rows == 5 + 2


def test_a_cut_keeps_each_loss_at_its_row() -> None:
    added = Added([1] * 5, [NOW] * 5, [0] * 5, [1.0] * 5, [NOW] * 5, lost_before=[0, 3])
    first = added.take(2)
    assert (first.lost_before, added.lost_before) == ([0], [1])

"""Promise: the newest sample by source time wins, whatever the order of arrival, and nobody else's is touched."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.clock import NS_PER_S
from kandelia.base.quality import BAD_NO_DATA
from kandelia.base.samples import Kind, make_batch
from kandelia.surfaces.live.values import NewestValues

NOW = 1_800_000_000 * NS_PER_S


def tracked(owners: dict[int, str]) -> NewestValues:
    values = NewestValues()
    values.track(owners)
    return values


def told(values: NewestValues, organisation: str, *numbers: int) -> dict[int, object]:
    slots = values.slots(numbers, organisation)
    return {row[0]: row[2] for row in values.rows(slots[slots >= 0])}


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 20), st.integers(0, 5)), max_size=60), st.integers(1, 10))
def test_same_as_a_plain_loop(samples: list[tuple[int, int, int]], cut: int) -> None:
    values = tracked(dict.fromkeys(range(1, 5), "a"))
    newest: dict[int, tuple[int, int]] = {}
    for start in range(0, len(samples), cut):
        part = samples[start : start + cut]
        part.sort(key=lambda s: s[1])
        times = [NOW + t for _, t, _ in part]
        values.apply(make_batch([s for s, _, _ in part], times, value=[float(v) for _, _, v in part]), "a", NOW)
        for signal, time, value in part:
            if time >= newest.get(signal, (0, 0))[0]:
                newest[signal] = (time, value)
    assert told(values, "a", 1, 2, 3, 4) == {signal: float(value) for signal, (_, value) in newest.items()}


def test_an_unsorted_batch_still_ends_on_its_newest() -> None:
    values = tracked({1: "a"})
    values.apply(make_batch([1, 1, 1], [NOW + 1, NOW + 3, NOW + 2], value=[1.0, 3.0, 2.0]), "a", NOW)
    assert told(values, "a", 1) == {1: 3.0}


def test_another_organisation_neither_writes_nor_reads() -> None:
    values = tracked({1: "a", 2: "b"})
    assert values.apply(make_batch([1, 2], [NOW, NOW], value=[5.0, 6.0]), "b", NOW) == 1
    assert told(values, "a", 1, 2) == {}
    assert told(values, "b", 1, 2) == {2: 6.0}
    assert values.apply(make_batch([1], [NOW], value=[5.0]), "nobody", NOW) == 0


def test_kinds_come_out_as_they_went_in() -> None:
    values = tracked(dict.fromkeys(range(1, 7), "a"))
    batch = make_batch(
        [1, 2, 3, 4, 5, 6],
        [NOW] * 6,
        kind=[Kind.FLOAT, Kind.INTEGER, Kind.BOOLEAN, Kind.TEXT, Kind.ENUMERATION, Kind.MISSING],
        quality=[0, 0, 0, 0, 0, BAD_NO_DATA],
        value=[1.5, 0, 0, 0, 0, 0],
        integer=[0, 2**60 + 1, 1, 0, 3, 0],
        text=["", "", "", "批次", "", ""],
    )
    values.apply(batch, "a", NOW)
    assert told(values, "a", *range(1, 7)) == {1: 1.5, 2: 2**60 + 1, 3: True, 4: "批次", 5: 3, 6: None}


def test_a_repeat_is_no_change_and_a_change_shows_once() -> None:
    values = tracked({1: "a"})
    batch = make_batch([1], [NOW], value=[5.0])
    values.apply(batch, "a", NOW)
    assert values.take_changed().sum() == 1
    values.apply(batch, "a", NOW)
    assert values.take_changed().sum() == 0
    values.apply(make_batch([1], [NOW], value=[5.0], quality=BAD_NO_DATA), "a", NOW)
    assert values.take_changed().sum() == 1


def test_a_clock_days_ahead_does_not_hold_newest_for_good() -> None:
    values = tracked({1: "a"})
    values.apply(make_batch([1], [NOW + 40 * 86_400 * NS_PER_S], value=[9.0]), "a", NOW)
    values.apply(make_batch([1], [NOW], value=[1.0]), "a", NOW)
    assert told(values, "a", 1) == {1: 1.0}


def test_slots_stay_when_signals_come_and_go() -> None:
    values = tracked({5: "a", 9: "a"})
    values.apply(make_batch([5, 9], [NOW, NOW], value=[5.0, 9.0]), "a", NOW)
    held = values.slots([9], "a")
    assert values.track({number: "a" for number in range(1, 5_000) if number != 5}) == [
        n for n in range(1, 5_000) if n not in (5, 9)
    ]
    assert np.array_equal(values.slots([9], "a"), held)
    assert told(values, "a", 5, 9) == {9: 9.0}
    assert values.known == 4_998


def test_times_outside_the_calendar_are_left_aside() -> None:
    values = tracked({1: "a"})
    assert values.apply(make_batch([1, 1], [-5, 2**62], value=[1.0, 2.0]), "a", NOW) == 0
    assert isinstance(make_batch([1], [0]), pa.RecordBatch)

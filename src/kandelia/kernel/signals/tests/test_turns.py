"""Promise: organisations take turns, flushes come when due, fetches fit memory, answers are cut without loss."""

import itertools

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from kandelia.base.samples import Kind, make_batch
from kandelia.kernel.signals.logic.fairness import FairQueue
from kandelia.kernel.signals.logic.flushing import BackOff, FetchRule, FlushRule
from kandelia.kernel.signals.logic.slicing import chunks


@settings(deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=60))
def test_nobody_waits_for_more_than_one_of_each_other(arrivals: list[str]) -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue(100, 100)
    for place, name in enumerate(arrivals):
        assert queue.put(name, (name, place))
    taken = [queue.take() for _ in arrivals]
    assert queue.take() is None
    assert len(queue) == 0
    for name in set(arrivals):
        own = [item for item in taken if item and item[0] == name]
        assert own == sorted(own, key=lambda item: item[1])
        places = [place for place, item in enumerate(taken) if item and item[0] == name]
        for before, after in itertools.pairwise(places):
            between = [item[0] for item in taken[before + 1 : after] if item]
            assert len(between) == len(set(between))


def test_bounds_of_waiting() -> None:
    queue: FairQueue[int] = FairQueue(each_max=2, all_max=3)
    assert [queue.put("a", 1), queue.put("a", 2), queue.put("a", 3)] == [True, True, False]
    assert [queue.put("b", 4), queue.put("c", 5)] == [True, False]
    assert [queue.take(), queue.take(), queue.take()] == [1, 4, 2]


def test_a_flush_is_due_by_rows_bytes_or_time() -> None:
    rule = FlushRule(rows=100, bytes=1_000, wait_s=0.5)
    assert rule.wait_left_s(99, 999, 0.2) == 0.3
    assert rule.wait_left_s(100, 1, 0.0) == 0
    assert rule.wait_left_s(1, 1_000, 0.0) == 0
    assert rule.wait_left_s(1, 1, 9.0) == 0


@settings(deadline=None)
@given(st.integers(0, 10**8), st.floats(0, 10**7))
def test_a_fetch_fits_what_is_free(held: int, typical: float) -> None:
    rule = FetchRule(bytes_max=96_000_000, count_max=512, message_bytes_max=4_000_000)
    count = rule.count(held, typical)
    assert (count == 0) == (held >= rule.bytes_max)
    assert count <= 512
    assert count <= 1 or count * typical * 2 <= rule.bytes_max - held


def test_waits_grow_to_their_bound() -> None:
    assert [BackOff(1, 15).delay_s(n) for n in (1, 2, 5, 500)] == [1, 2, 15, 15]


@settings(deadline=None)
@given(st.lists(st.integers(0, 400), max_size=6), st.integers(8_000, 60_000), st.integers(0, 900))
def test_answers_are_cut_without_loss(sizes: list[int], bytes_max: int, letters: int) -> None:
    batches = [
        make_batch(1, np.arange(rows), kind=Kind.TEXT, text=[f"{n:0{letters + 1}d}" for n in range(rows)])
        for rows in sizes
    ]
    schema = make_batch(1, [0]).schema
    parts = list(chunks(schema, batches, bytes_max))
    assert all(len(part) <= bytes_max for part in parts)
    with pa.ipc.open_stream(b"".join(parts)) as reader:
        assert reader.read_all() == pa.Table.from_batches(batches, schema=schema)

"""Every history keeps each row once and answers alike: chDB and memory pass one suite."""

import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kandelia.base import quality
from kandelia.base.errors import InvalidInput, TooMuch, Unavailable
from kandelia.base.samples import Kind, make_batch
from kandelia.engines.chdb.history import ChdbHistory
from kandelia.engines.memory.history import MemoryHistory
from kandelia.ports.history import AGGREGATE_SCHEMA, RAW_SCHEMA, WEIGHTED_SCHEMA, History, Reading, Window
from tests.contracts.history_rows import DAY, SECOND, T0, floats, plain, rows_of, stored

EVER = Window(0, 2**63 - 1)


@pytest.fixture(params=["memory", "chdb"])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    kept: History = MemoryHistory() if request.param == "memory" else ChdbHistory(tmp_path / "history")
    yield kept
    kept.close()


def raw(history: History, *signals: int, window: Window = EVER, **more: object) -> list[dict]:
    return plain(history.raw(signals, window, Reading(), **more))


def test_answers_have_the_stated_columns_and_order(history: History) -> None:
    history.append(pa.concat_tables([floats(9, [T0 + 1, T0], [2.0, 1.0]), floats(3, [T0], [5.0])]))
    batches = list(history.raw([9, 3], EVER, Reading()))
    assert all(batch.schema == RAW_SCHEMA for batch in batches)
    assert [(row["signal"], row["time"]) for row in plain(batches)] == [(3, T0), (9, T0), (9, T0 + 1)]
    window = Window(T0, T0 + 10)
    assert next(iter(history.aggregate([3], window, 10, Reading()))).schema == AGGREGATE_SCHEMA
    assert next(iter(history.aggregate([3], window, 10, Reading(), weighted=True))).schema == WEIGHTED_SCHEMA
    assert next(iter(history.last(None, Reading()))).schema == RAW_SCHEMA
    assert next(iter(history.as_of([3], window, 5, Reading()))).schema == RAW_SCHEMA


def test_a_repeat_is_kept_once(history: History) -> None:
    batch = floats(1, T0 + np.arange(100) * SECOND, np.arange(100.0))
    for _ in range(3):
        history.append(pa.concat_tables([batch, batch.slice(10, 20)]))
    assert len(raw(history, 1)) == 100
    (bucket,) = plain(history.aggregate([1], Window(T0, T0 + DAY), DAY, Reading()))
    assert (bucket["count"], bucket["avg"]) == (100, 49.5)


def test_a_repeat_is_kept_once_even_when_the_retention_class_has_changed(history: History) -> None:
    history.append(floats(1, [T0], [1.0], retention=0))
    history.append(floats(1, [T0], [1.0], retention=2))
    assert len(raw(history, 1)) == 1
    (bucket,) = plain(history.aggregate([1], Window(T0, T0 + DAY), DAY, Reading()))
    assert bucket["count"] == 1


def test_a_clash_shows_both_in_raw_and_the_last_elsewhere(history: History) -> None:
    history.append(floats(1, [T0, T0 + SECOND], [7.0, 3.0]))
    history.append(floats(1, [T0], [5.0]))
    assert [row["value"] for row in raw(history, 1)] == [5.0, 7.0, 3.0]
    window = Window(T0, T0 + 2 * SECOND)
    (bucket,) = plain(history.aggregate([1], window, 2 * SECOND, Reading()))
    assert (bucket["count"], bucket["min"], bucket["first"]) == (2, 3.0, 7.0)
    (bucket,) = plain(history.aggregate([1], window, 2 * SECOND, Reading(), weighted=True))
    assert (bucket["mean"], bucket["covered_s"]) == (5.0, 2.0)
    assert [row["value"] for row in plain(history.as_of([1], window, SECOND, Reading()))] == [7.0, 3.0]
    assert [row["value"] for row in plain(history.last([1], Reading(), before_ns=T0 + 1))] == [7.0]


def test_only_the_buckets_with_a_clash_change(history: History) -> None:
    times = T0 + np.arange(50) * SECOND
    history.append(floats(1, times, np.arange(50.0)))
    history.append(floats(2, times, np.arange(50.0)))
    history.append(floats(1, times[[12, 31]], [900.0, -900.0]))
    answer = plain(history.aggregate([1, 2], Window(T0, T0 + 50 * SECOND), 10 * SECOND, Reading()))
    assert [row["max"] for row in answer] == [9.0, 900.0, 29.0, 39.0, 49.0, 9.0, 19.0, 29.0, 39.0, 49.0]
    assert [row["count"] for row in answer] == [10] * 10


def test_a_later_sequence_wins_over_a_larger_value(history: History) -> None:
    history.append(floats(1, [T0], [9.0]))
    history.append(floats(1, [T0], [2.0], sequence=77))
    assert plain(history.last([1], Reading()))[0]["value"] == 2.0
    assert plain(history.last(None, Reading()))[0]["sequence"] == 77


def test_bad_and_missing_rows_count_only_as_bad(history: History) -> None:
    rows = [
        {"signal": 1, "time": T0, "value": 1.0},
        {"signal": 1, "time": T0 + 1, "value": 99.0, "quality": quality.BAD},
        {"signal": 1, "time": T0 + 2, "kind": Kind.MISSING, "quality": quality.UNCERTAIN},
        {"signal": 1, "time": T0 + 3, "value": 3.0, "quality": quality.UNCERTAIN_SUB_NORMAL},
    ]
    history.append(rows_of(rows))
    (bucket,) = plain(history.aggregate([1], Window(T0, T0 + 10), 10, Reading()))
    assert (bucket["count"], bucket["bad"], bucket["uncertain"]) == (2, 2, 1)
    assert (bucket["min"], bucket["max"], bucket["avg"], bucket["last"]) == (1.0, 3.0, 2.0, 3.0)
    assert (bucket["first_time"], bucket["last_time"]) == (T0, T0 + 3)


def test_a_bucket_of_bad_rows_has_no_numbers(history: History) -> None:
    history.append(rows_of([{"signal": 1, "time": T0, "value": 99.0, "quality": quality.BAD}]))
    (bucket,) = plain(history.aggregate([1], Window(T0, T0 + 10), 10, Reading()))
    assert (bucket["count"], bucket["bad"]) == (0, 1)
    assert [bucket[name] for name in ("min", "max", "avg", "first", "last", "first_time")] == [None] * 6


def test_text_is_counted_and_kept(history: History) -> None:
    rows = [
        {"signal": 1, "time": T0 + i, "kind": Kind.TEXT, "text": text} for i, text in enumerate(["开", "关 'x'", ""])
    ]
    history.append(rows_of(rows))
    assert [row["text"] for row in raw(history, 1)] == ["开", "关 'x'", ""]
    (bucket,) = plain(history.aggregate([1], Window(T0, T0 + 10), 10, Reading()))
    assert (bucket["count"], bucket["min"], bucket["last_time"]) == (3, None, T0 + 2)


def test_integers_are_exact_beyond_the_floats(history: History) -> None:
    numbers = [2**53 + 1, -(2**63), 2**63 - 1]
    history.append(stored(make_batch(1, T0 + np.arange(3), kind=Kind.INTEGER, integer=numbers)))
    assert [row["integer"] for row in raw(history, 1)] == numbers
    assert plain(history.last([1], Reading()))[0]["integer"] == 2**63 - 1


def test_one_append_may_span_years(history: History) -> None:
    times = np.arange(400) * 31 * DAY
    history.append(floats(1, times, np.arange(400.0)))
    assert [row["time"] for row in raw(history, 1)] == times.tolist()


def test_raw_may_be_cut_at_either_end(history: History) -> None:
    for signal in (1, 2):
        history.append(floats(signal, T0 + np.arange(100), np.arange(100.0)))
    assert [row["value"] for row in raw(history, 1, 2, rows_max=2)] == [0.0, 1.0] * 2
    assert [row["value"] for row in raw(history, 1, 2, rows_max=2, newest_first=True)] == [99.0, 98.0] * 2
    window = Window(T0 + 10, T0 + 13)
    assert [row["value"] for row in raw(history, 1, window=window, newest_first=True)] == [12.0, 11.0, 10.0]


def test_the_weighted_mean_begins_with_the_value_before(history: History) -> None:
    history.append(floats(1, [T0 - 40 * DAY, T0 + 4 * SECOND], [10.0, 20.0]))
    answer = plain(history.aggregate([1], Window(T0, T0 + 10 * SECOND), 5 * SECOND, Reading(), weighted=True))
    assert [(row["mean"], row["covered_s"], row["count"]) for row in answer] == [(12.0, 5.0, 1), (20.0, 5.0, 0)]


def test_a_bad_row_ends_the_interval(history: History) -> None:
    bad = rows_of([{"signal": 1, "time": T0 + SECOND, "quality": quality.BAD_NOT_CONNECTED, "value": 7.0}])
    history.append(pa.concat_tables([floats(1, [T0, T0 + 3 * SECOND], [2.0, 4.0]), bad]))
    window = Window(T0, T0 + 4 * SECOND)
    (bucket,) = plain(history.aggregate([1], window, 4 * SECOND, Reading(), weighted=True))
    assert (bucket["mean"], bucket["covered_s"]) == (3.0, 2.0)
    later = Window(T0 + 2 * SECOND, T0 + 3 * SECOND)
    assert plain(history.aggregate([1], later, SECOND, Reading(), weighted=True)) == []


def test_as_of_carries_the_newest_row_whatever_its_quality(history: History) -> None:
    history.append(floats(1, [T0, T0 + 5 * SECOND], [1.0, 2.0]))
    history.append(rows_of([{"signal": 1, "time": T0 + 2 * SECOND, "quality": quality.BAD}]))
    answer = plain(history.as_of([1, 2], Window(T0 - SECOND, T0 + 6 * SECOND), SECOND, Reading()))
    assert [(row["value"], row["quality"], row["lag_ms"]) for row in answer] == [
        (1.0, 0, 0),
        (1.0, 0, 1000),
        (0.0, quality.BAD, 0),
        (0.0, quality.BAD, 1000),
        (0.0, quality.BAD, 2000),
        (2.0, 0, 0),
    ]
    assert [row["time"] for row in answer] == [T0 + i * SECOND for i in range(6)]


def test_the_newest_row_is_by_source_time_not_by_arrival(history: History) -> None:
    history.append(floats(1, [T0 + 10], [1.0]))
    history.append(floats(1, [T0 + 5], [2.0]))
    history.append(floats(2, [T0], [3.0]))
    assert [row["value"] for row in plain(history.last([1, 2, 3], Reading()))] == [1.0, 3.0]
    assert [row["value"] for row in plain(history.last([1, 2], Reading(), before_ns=T0 + 10))] == [2.0, 3.0]
    assert plain(history.last([1], Reading(), before_ns=T0 + 5)) == []


def test_what_is_deleted_is_gone_for_every_question(history: History) -> None:
    history.append(floats(1, T0 + np.arange(10), np.arange(10.0)))
    history.append(floats(2, [T0 + 9], [5.0]))
    history.delete([1], Window(T0 + 5, T0 + 100))
    assert [row["value"] for row in raw(history, 1, 2)] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert [row["value"] for row in plain(history.last(None, Reading()))] == [4.0, 5.0]
    history.append(floats(1, [T0 + 7], [70.0]))
    assert [row["value"] for row in plain(history.last([1], Reading()))] == [70.0]


def test_retention_drops_whole_months_of_its_class(history: History) -> None:
    january, february, march = (int(np.datetime64(f"2026-0{m}-01", "ns").astype(np.int64)) for m in (1, 2, 3))
    for retention in (1, 2):
        history.append(floats(retention, [january, february - 1, february], [1.0, 2.0, 3.0], retention=retention))
    history.append(floats(3, [january], [4.0], retention=1))
    assert history.retain(1, february - 1) == 0
    assert history.retain(1, march - 1) == 1
    assert [row["value"] for row in raw(history, 1)] == [3.0]
    assert len(raw(history, 2)) == 3
    assert [row["signal"] for row in plain(history.last(None, Reading()))] == [1, 2]
    assert history.size().by_retention.keys() == {1, 2}


def test_size_tells_rows_and_bytes(history: History) -> None:
    assert history.size().rows == 0
    history.append(floats(1, T0 + np.arange(1000), np.arange(1000.0)))
    size = history.size()
    assert size.rows == 1000
    assert 0 < size.bytes < 100_000
    assert size.by_retention == {0: (1000, size.bytes)}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"time": -1}, "time"),
        ({"time": 9_220_000_000_000_000_000}, "time"),
        ({"value": float("nan")}, "value"),
        ({"value": float("inf")}, "value"),
        ({"kind": 9}, "kind"),
        ({"text": "x" * 5000}, "text"),
    ],
)
def test_a_row_that_does_not_fit_names_its_column_and_stores_nothing(history: History, row: dict, column: str) -> None:
    good = {"signal": 1, "time": T0, "value": 1.0}
    with pytest.raises(InvalidInput, match=f'"{column}"'):
        history.append(rows_of([good, good | row]))
    assert raw(history, 1) == []
    assert plain(history.last(None, Reading())) == []


def test_another_schema_is_refused(history: History) -> None:
    with pytest.raises(InvalidInput):
        history.append(floats(1, [T0], [1.0]).drop_columns(["text"]))


def test_minus_zero_is_zero(history: History) -> None:
    history.append(floats(1, [T0, T0], [0.0, -0.0]))
    assert len(raw(history, 1)) == 1


def test_too_many_rows_is_said_and_no_later_answer_shows_it(history: History) -> None:
    history.append(floats(1, T0 + np.arange(200_000), np.arange(200_000.0)))
    history.append(floats(2, [T0], [42.0]))
    for _ in range(5):
        with pytest.raises(TooMuch):
            list(history.raw([1], EVER, Reading(rows_max=100_000)))
        assert [row["value"] for row in raw(history, 2)] == [42.0]


def test_an_abandoned_answer_leaks_nothing(history: History) -> None:
    history.append(floats(1, T0 + np.arange(200_000), np.arange(200_000.0)))
    history.append(floats(2, [T0], [42.0]))
    for _ in range(8):
        answer = history.raw([1], EVER, Reading())
        next(answer)
        answer.close()
        assert [row["value"] for row in raw(history, 2)] == [42.0]


def test_a_cancelled_read_ends_at_once(history: History) -> None:
    history.append(floats(1, T0 + np.arange(200_000), np.arange(200_000.0)))
    reading = Reading()
    answer = history.raw([1], EVER, reading)
    next(answer)
    reading.cancelled.set()
    with pytest.raises(Unavailable):
        list(answer)
    assert len(raw(history, 1, rows_max=3)) == 3


def test_no_signals_no_answer(history: History) -> None:
    history.append(floats(1, [T0], [1.0]))
    window = Window(T0, T0 + 10)
    assert raw(history) == []
    assert plain(history.aggregate([], window, 5, Reading())) == []
    assert plain(history.last([], Reading())) == []
    assert plain(history.as_of([], window, 5, Reading())) == []
    history.delete([], window)


def test_an_empty_window_has_no_rows(history: History) -> None:
    history.append(floats(1, [T0], [1.0]))
    for window in (Window(T0, T0), Window(T0 + 5, T0)):
        assert raw(history, 1, window=window) == []
        assert plain(history.aggregate([1], window, 5, Reading())) == []
        assert plain(history.as_of([1], window, 5, Reading())) == []
    with pytest.raises(InvalidInput):
        list(history.aggregate([1], Window(T0, T0 + 5), 0, Reading()))


def test_closed_twice_and_then_away(history: History) -> None:
    history.close()
    history.close()
    with pytest.raises(Unavailable):
        history.append(floats(1, [T0], [1.0]))


def test_many_threads_read_while_one_appends(history: History) -> None:
    failures: list[BaseException] = []
    stop = threading.Event()

    def ask(signal: int) -> None:
        try:
            while not stop.is_set():
                answer = raw(history, signal)
                assert all(row["signal"] == signal for row in answer)
                assert len({row["time"] for row in answer}) == len(answer)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(signal,)) for signal in range(1, 6)]
    for thread in threads:
        thread.start()
    for turn in range(20):
        times = T0 + np.repeat(turn * 100 + np.arange(100), 5)
        history.append(floats(np.tile(np.arange(1, 6), 100), times, np.arange(500.0)))
    time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join(20)
    assert not failures
    assert len(raw(history, 3)) == 2000


ROW = st.fixed_dictionaries(
    {
        "signal": st.integers(0, 3),
        "time": st.integers(0, 40) | st.integers(0, 40).map(lambda n: n * 37 * DAY // 7),
        "quality": st.sampled_from([0, 0, 0, quality.UNCERTAIN, quality.BAD, quality.BAD_DATA_LOST, 0xFFFF]),
        "kind": st.sampled_from([int(kind) for kind in Kind]),
        "value": st.sampled_from([0.0, 1.5, -2.25, 1e200, 3.14]),
        "integer": st.sampled_from([0, 1, -5, 2**53 + 1, -(2**62)]),
        "text": st.sampled_from(["", "a", "停"]),
        "sequence": st.sampled_from([0, 0, 0, 5, 2**63 + 3]),
        "retention": st.integers(0, 1),
    }
)
BATCHES = st.lists(st.lists(ROW, min_size=1, max_size=30), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ChdbHistory, Iterator[int]]]:
    history = ChdbHistory(tmp_path_factory.mktemp("kept"))
    yield history, count(10, 10)  # each example has ten signal numbers of its own
    history.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=BATCHES, repeat=st.booleans(), start=st.integers(0, 60), length=st.integers(1, 60), step=st.integers(1, 17)
)
def test_chdb_answers_what_memory_answers(kept, batches, repeat, start, length, step) -> None:
    chdb, numbers = kept
    memory = MemoryHistory()
    base = next(numbers)
    for batch in batches + (batches[::-1] if repeat else []):
        rows = rows_of([row | {"signal": base + row["signal"], "time": T0 + row["time"]} for row in batch])
        memory.append(rows)
        chdb.append(rows)
    signals = [base + 3, base, base + 1, base + 2]
    wide = Window(T0 - 5 * DAY, T0 + 220 * DAY)
    for window, bucket in ((Window(T0 + start, T0 + start + length), step), (wide, step * DAY + 1)):
        for found, expected in zip(
            _answers(chdb, signals, window, bucket), _answers(memory, signals, window, bucket), strict=True
        ):
            _same(found, expected)


def _answers(history: History, signals: list[int], window: Window, bucket: int) -> Iterator[list[dict]]:
    yield plain(history.raw(signals, window, Reading()))
    yield plain(history.raw(signals, window, Reading(), rows_max=2, newest_first=True))
    yield plain(history.aggregate(signals, window, bucket, Reading()))
    yield plain(history.aggregate(signals, window, bucket, Reading(), weighted=True))
    yield plain(history.last(signals, Reading()))
    yield plain(history.last(signals, Reading(), before_ns=window.start_ns + 7))
    yield plain(history.as_of(signals, window, bucket, Reading()))


def _same(found: list[dict], expected: list[dict]) -> None:
    """Sums of floats may be added in another order; everything else is equal."""
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        for name, value in other.items():
            assert one[name] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value), (name, one)

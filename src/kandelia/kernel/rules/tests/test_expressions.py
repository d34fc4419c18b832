"""An expression means what its text says: types and units are checked with their place, values are exact columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.errors import InvalidInput
from kandelia.base.quality import BAD, BAD_NO_DATA, BAD_OUT_OF_RANGE, UNCERTAIN, UNCERTAIN_SUB_NORMAL
from kandelia.base.samples import Kind
from kandelia.kernel.rules.logic.checking import Known, check, check_result
from kandelia.kernel.rules.logic.columns import Column, Series, batch_of, dtype_of, series_of
from kandelia.kernel.rules.logic.cycles import check_no_cycle
from kandelia.kernel.rules.logic.dimensions import conversion, unit_of
from kandelia.kernel.rules.logic.evaluation import evaluate_rows
from kandelia.kernel.rules.logic.windows import Windows, evaluate_windows

S = 1_000_000_000
KNOWN = {
    "t": Known(1, Kind.FLOAT, "Cel"),
    "p": Known(2, Kind.FLOAT, "W"),
    "e": Known(3, Kind.INTEGER, "kW.h"),
    "s": Known(4, Kind.ENUMERATION, "", {"running": 2, "运行": 2}),
    "b": Known(5, Kind.BOOLEAN),
    "x": Known(6, Kind.TEXT),
    "v": Known(7, Kind.FLOAT, "m3"),
}


def series(kind, seconds, values, quality=None):
    data = np.array(values, dtype_of(kind))
    return Series(np.array(seconds, np.int64) * S, Column(kind, data, np.array(quality or [0] * len(data), np.uint16)))


DATA = {
    1: series(Kind.FLOAT, range(30), [float(i) for i in range(30)], [0] * 25 + [BAD] + [0] * 4),
    3: series(Kind.INTEGER, [0, 7, 14, 21], [10, 20, 30, 50]),
    4: series(Kind.ENUMERATION, [0, 4], [1, 2]),
    5: series(Kind.BOOLEAN, [0, 5, 12], [1, 0, 1]),
    6: series(Kind.TEXT, [0, 5], ["a", "b"]),
}


def run(text, end_s=10, hold_s=100, data=DATA):
    checked = check(text, KNOWN.get)
    frame = {number: data[number] for number in checked.inputs}
    if not checked.window_ns:
        return evaluate_rows(checked.root, frame, 0, end_s * S, hold_s * S)
    windows = Windows(checked.window_ns, 0, end_s * S // checked.window_ns)
    return evaluate_windows(checked.root, frame, windows, hold_s * S)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{t} * 2 + 1", [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]),
        ("-{t} ^ 2", [-(i**2) for i in range(10)]),
        ("if({b}, {t}, 0)", [0, 1, 2, 3, 4, 0, 0, 0, 0, 0]),
        ("clamp({t}, 2, 4)", [2, 2, 2, 3, 4, 4, 4, 4, 4, 4]),
        ("max({t}, 5)", [5] * 6 + [6, 7, 8, 9]),
        ('to({t}, "[degF]")', [32 + 1.8 * i for i in range(10)]),
        ("round({t} / 3, 1)", [0, 0.3, 0.7, 1, 1.3, 1.7, 2, 2.3, 2.7, 3]),
        ("not ({t} > 1) or {t} == 3", [1, 1, 0, 1, 0, 0, 0, 0, 0, 0]),
        ('{x} == "b"', [0, 1]),
        ('{s} == "运行"', [0, 1]),
    ],
)
def test_row_by_row(text, values):
    found = run(text)
    assert found.column.usable.all()
    assert found.column.data.astype(float).tolist() == pytest.approx(values)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("avg({t}, 10s)", [4.5, 14.5, 220 / 9]),
        ("min({t}, 10s)", [0, 10, 20]),
        ("max({t}, 10s)", [9, 19, 29]),
        ("sum({e}, 10s)", [30, 30, 50]),
        ("count({t}, 10s)", [10, 10, 9]),
        ("first({t}, 10s)", [0, 10, 20]),
        ("last({t}, 10s)", [9, 19, 29]),
        ("delta({e}, 10s)", [10, 10, 20]),
        ("rate({e}, 10s)", [1, 1, 2]),
        ("stddev({t}, 10s)", [np.std(range(10))] * 2 + [np.std([*range(20, 25), *range(26, 30)])]),
        ("time_weighted({t}, 10s)", [4.5, 14.5, 220 / 9]),
        ("duration({b}, 10s)", [5, 8, 10]),
        ("avg({t}, 10s) - {t}", [-4.5, -4.5, 220 / 9 - 29]),
        ('duration({s} == "running", 10s) / 10', [0.6, 1, 1]),
    ],
)
def test_by_window(text, values):
    found = run(text, 30)
    assert found.times.tolist() == [10 * S, 20 * S, 30 * S]
    assert found.column.data.astype(float).tolist() == pytest.approx(values)


@pytest.mark.parametrize(("text", "values"), [("{t} != 1", [1, 0]), ("{t} < 1", [1, 0]), ("{t} <= 0 ", [1, 0])])
def test_other_comparisons(text, values):
    assert run(text, 2).column.data.tolist() == values


def test_and_abs_min_and_at_least():
    assert run("abs(min({t}, 3) - 2) >= 1 and {t} < 9", 5).column.data.tolist() == [1, 1, 0, 1, 1]


def test_quality_is_the_worst_and_bad_has_no_value():
    data = {**DATA, 2: series(Kind.FLOAT, [0, 1, 2], [1.0, 2.0, 0.0], [0, UNCERTAIN, 0])}
    found = run("{t} / {p}", 3, data=data)
    assert found.column.quality.tolist() == [0, UNCERTAIN, BAD_OUT_OF_RANGE]
    assert batch_of(9, found).column("kind").to_pylist() == [1, 1, 0]


def test_an_input_that_is_too_old_is_not_used():
    assert run("if({e} > 0, {t}, 0)", 7, hold_s=3).column.quality.tolist() == [0, 0, 0, 0, *[BAD_NO_DATA] * 3]


def test_a_bad_row_beside_good_ones_makes_a_window_uncertain():
    assert run("avg({t}, 10s)", 30).column.quality.tolist() == [0, 0, UNCERTAIN_SUB_NORMAL]


def test_whole_numbers_stay_exact_beyond_what_floats_hold():
    data = {3: series(Kind.INTEGER, [0, 1], [2**60, 2**60 + 1])}
    assert run("{e} + 1", 2, data=data).column.data.tolist() == [2**60 + 1, 2**60 + 2]
    assert run("{e} * 8", 2, data=data).column.quality.tolist() == [BAD_OUT_OF_RANGE] * 2


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("", 1, "empty"),
        ("1 +", 4, "too early"),
        ("{t} ? 2", 5, "cannot stand"),
        ("{p} + {e}", 7, "measure different"),
        ('to({p}, "kW") + {p}', 17, "another unit"),
        ("{s} + 1", 1, "enumeration"),
        ("{nothing}", 1, "no signal"),
        ("avg(avg({t}, 1m), 1m)", 5, "window within"),
        ("avg({t}, 1m) - avg({t}, 5m)", 25, "two lengths"),
        ("avg({t})", 1, "without a window"),
        ('{s} == "stopped"', 8, "no label"),
        ("1 + 2", 1, "reads no signal"),
        ("max({t})", 1, "takes 2 to 20"),
        ("(" * 60 + "{t}" + ")" * 60 + " + 1 > {x}", 131, "wants a number"),
    ],
)
def test_an_error_says_where(text, place, word):
    with pytest.raises(InvalidInput) as error:
        check(text, KNOWN.get)
    assert error.value.what.startswith(f"character {place}:"), error.value.what
    assert word in error.value.what


def test_the_unit_of_the_result():
    check_result(check("delta({e}, 1h) / delta({v}, 1h)", KNOWN.get), "kW.h/m3")
    for unit, text in (("W", "{e}"), ("W.h", "{e}")):
        with pytest.raises(InvalidInput):
            check_result(check(text, KNOWN.get), unit)


@pytest.mark.parametrize(
    ("source", "target", "value", "expected"),
    [("kW.h", "MJ", 1, 3.6), ("bar", "kPa", 2, 200), ("m3/h", "L/min", 6, 100), ("[degF]", "Cel", 212, 100)],
)
def test_conversions(source, target, value, expected):
    factor, offset = conversion(unit_of(source), unit_of(target))
    assert value * factor + offset == pytest.approx(expected)


def test_a_circle_is_named():
    with pytest.raises(InvalidInput, match="a → b → c → a"):
        check_no_cycle(1, {1: [2], 2: [3, 9], 3: [1]}, {1: "a", 2: "b", 3: "c"})
    check_no_cycle(1, {1: [2, 3], 2: [4], 3: [4]}, {})


moments = st.lists(st.integers(0, 200), min_size=1, max_size=40, unique=True).map(sorted)


@given(moments, st.integers(1, 59), st.sampled_from(["avg", "time_weighted", "delta", "max", "last", "count"]))
def test_windows_are_the_same_one_by_one_and_at_once(seconds, cut, op):
    data = {1: series(Kind.FLOAT, seconds, [float(one * 7 % 11) for one in seconds])}
    checked = check(f"{op}({{t}}, 10s)", KNOWN.get)
    whole = evaluate_windows(checked.root, data, Windows(10 * S, 0, 20), 30 * S)
    single = [evaluate_windows(checked.root, data, Windows(10 * S, one, one + 1), 30 * S) for one in range(20)]
    times = [int(at) for one in single for at in one.times]
    values = [float(value) for one in single for value in one.column.data]
    assert whole.times.tolist() == times
    assert whole.column.data.tolist() == pytest.approx(values)


@given(moments)
def test_rows_survive_the_wire(seconds):
    made = series(Kind.FLOAT, seconds, [float(one) for one in seconds])
    back = series_of(batch_of(5, made), Kind.FLOAT)
    assert back.times.tolist() == made.times.tolist() and back.column.data.tolist() == made.column.data.tolist()


@given(st.text(alphabet='{t}+-*/^()<>=!andornot ,."5ms0ifx', max_size=60))
def test_whatever_is_written_is_read_or_refused(text):
    try:
        check(text, KNOWN.get)
    except InvalidInput as error:
        assert error.where == "expression"

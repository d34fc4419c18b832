"""Promise: what can be stored is stored exactly, the rest has its reason, and no row decides about another."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kandelia.base.quality import BAD, BAD_NO_DATA, GOOD
from kandelia.base.samples import SOURCE_AHEAD_NS_MAX, TEXT_BYTES_MAX, Kind, make_batch
from kandelia.kernel.signals.logic.checking import Reason, Rows, check
from kandelia.ports.history import STORED_SCHEMA
from kandelia.ports.history_rows import check_rows

NOW = 1_700_000_000 * 10**9
KINDS = st.sampled_from(list(Kind))
ROW = st.fixed_dictionaries(
    {
        "signal": st.integers(1, 3),
        "time": st.one_of(st.integers(NOW - 2, NOW + 2), st.integers(-(2**63), 2**63 - 1)),
        "kind": st.integers(0, 7),
        "wanted": st.sampled_from([1, 2, 3, 4, 5]),
        "value": st.one_of(st.floats(), st.integers(-3, 3).map(float)),
        "integer": st.one_of(st.integers(-1, 2), st.integers(-(2**63), 2**63 - 1)),
        "text": st.sampled_from(["", "a", "温度", "x" * (TEXT_BYTES_MAX + 1)]),
        "quality": st.sampled_from([GOOD, BAD, 0x4090]),
        "owner": st.sampled_from([-1, 0, 0, 0, 1]),
        "replaces": st.booleans(),
    }
)


def rows_of(rows: list[dict[str, Any]]) -> Rows:
    def column(name: str, dtype: Any) -> np.ndarray:
        return np.array([row[name] for row in rows], dtype)

    batch = make_batch(
        column("signal", np.uint32),
        column("time", np.int64),
        quality=column("quality", np.uint16),
        kind=column("kind", np.uint8),
        value=column("value", np.float64),
        integer=column("integer", np.int64),
        text=[row["text"] for row in rows],
    )
    return Rows(
        pa.Table.from_batches([batch]),
        writer=np.zeros(len(rows), np.int32),
        owner=column("owner", np.int32),
        kind=column("wanted", np.uint8),
        retention=np.full(len(rows), 3, np.uint8),
        replaces=column("replaces", bool),
        stored_ns=np.full(len(rows), NOW, np.int64),
    )


def row(**fields: Any) -> dict[str, Any]:
    plain = {"signal": 1, "time": NOW, "kind": Kind.FLOAT, "wanted": Kind.FLOAT, "value": 0.0, "integer": 0}
    return {**plain, "text": "", "quality": GOOD, "owner": 0, "replaces": False, **fields}


def stored(**fields: Any) -> dict[str, Any]:
    good = check(rows_of([row(**fields)])).good.to_pylist()
    assert len(good) == 1
    return dict(good[0])


def reason(**fields: Any) -> Reason:
    checked = check(rows_of([row(**fields)]))
    assert checked.good.num_rows == 0
    return Reason(int(checked.reasons[0]))


@settings(deadline=None)
@given(st.lists(ROW, min_size=1, max_size=30))
def test_every_good_row_can_be_stored_and_every_row_is_accounted_for(rows: list[dict[str, Any]]) -> None:
    checked = check(rows_of(rows))
    assert checked.good.schema == STORED_SCHEMA
    check_rows(checked.good)
    replacing = any(one["replaces"] for one in rows)
    assert len(checked.bad) + checked.good.num_rows <= len(rows)
    assert replacing or len(checked.bad) + checked.good.num_rows == len(rows)
    assert (checked.reasons > 0).all()


@settings(deadline=None)
@given(st.lists(ROW, min_size=1, max_size=20))
def test_a_row_fares_alone_as_it_does_among_others(rows: list[dict[str, Any]]) -> None:
    rows = [{**one, "replaces": False} for one in rows]
    together = check(rows_of(rows))
    reasons = np.zeros(len(rows), np.uint8)
    reasons[together.bad] = together.reasons
    good = iter(together.good.to_pylist())
    for one, told in zip(rows, reasons, strict=True):
        alone = check(rows_of([one]))
        if told:
            assert alone.reasons.tolist() == [told]
        else:
            assert alone.good.to_pylist() == [next(good)]


@pytest.mark.parametrize(
    ("given_row", "wanted", "expected"),
    [
        ({"kind": Kind.INTEGER, "integer": 2**53}, Kind.FLOAT, ("value", float(2**53))),
        ({"kind": Kind.BOOLEAN, "integer": 1}, Kind.FLOAT, ("value", 1.0)),
        ({"kind": Kind.FLOAT, "value": -7.0}, Kind.INTEGER, ("integer", -7)),
        ({"kind": Kind.FLOAT, "value": 1.0}, Kind.BOOLEAN, ("integer", 1)),
        ({"kind": Kind.FLOAT, "value": 4.0}, Kind.ENUMERATION, ("integer", 4)),
        ({"kind": Kind.INTEGER, "integer": 2**62 + 1}, Kind.ENUMERATION, ("integer", 2**62 + 1)),
        ({"kind": Kind.INTEGER, "integer": 2**63 - 1}, Kind.INTEGER, ("integer", 2**63 - 1)),
    ],
)
def test_exact_conversions(given_row: dict[str, Any], wanted: Kind, expected: tuple[str, Any]) -> None:
    kept = stored(**given_row, wanted=wanted)
    assert kept["kind"] == wanted
    assert kept[expected[0]] == expected[1]


@pytest.mark.parametrize(
    ("given_row", "wanted"),
    [
        ({"kind": Kind.INTEGER, "integer": 2**53 + 1}, Kind.FLOAT),
        ({"kind": Kind.FLOAT, "value": 0.5}, Kind.INTEGER),
        ({"kind": Kind.FLOAT, "value": 1e300}, Kind.INTEGER),
        ({"kind": Kind.INTEGER, "integer": 2}, Kind.BOOLEAN),
        ({"kind": Kind.BOOLEAN, "integer": 2}, Kind.BOOLEAN),
        ({"kind": Kind.TEXT, "text": "1"}, Kind.FLOAT),
        ({"kind": Kind.FLOAT, "value": 1.0}, Kind.TEXT),
        ({"kind": 7}, Kind.FLOAT),
    ],
)
def test_what_would_lose_something_is_refused(given_row: dict[str, Any], wanted: Kind) -> None:
    assert reason(**given_row, wanted=wanted) == Reason.WRONG_KIND


def test_what_is_not_a_number_is_missing_with_bad_quality() -> None:
    for value in (math.nan, math.inf, -math.inf):
        for wanted in (Kind.FLOAT, Kind.INTEGER, Kind.BOOLEAN):
            kept = stored(value=value, wanted=wanted)
            assert (kept["kind"], kept["quality"], kept["value"]) == (Kind.MISSING, BAD_NO_DATA, 0.0)
    assert stored(value=math.nan, quality=0x808A)["quality"] == 0x808A


def test_columns_that_the_kind_does_not_use_are_emptied() -> None:
    kept = stored(value=1.5, integer=9, text="left over")
    assert (kept["value"], kept["integer"], kept["text"]) == (1.5, 0, "")


def test_bounds_of_time_owner_and_text() -> None:
    assert reason(time=-1) == Reason.TIME_RANGE
    assert reason(time=NOW + SOURCE_AHEAD_NS_MAX + 1) == Reason.FUTURE
    assert stored(time=NOW + SOURCE_AHEAD_NS_MAX)["retention"] == 3
    assert reason(owner=-1) == Reason.UNKNOWN_SIGNAL
    assert reason(owner=1) == Reason.FOREIGN_SIGNAL
    assert reason(kind=Kind.TEXT, wanted=Kind.TEXT, text="x" * (TEXT_BYTES_MAX + 1)) == Reason.TEXT_LENGTH


def test_a_bad_row_replaces_nothing() -> None:
    good, bad = row(replaces=True, value=1.0), row(replaces=True, kind=Kind.TEXT, text="no")
    assert check(rows_of([good, bad])).good["value"].to_pylist() == [1.0]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=30))
def test_replacing_keeps_the_last_of_each_instant(found: list[tuple[int, int, int]]) -> None:
    rows = [row(signal=s, time=NOW + t, value=float(v), replaces=True) for s, t, v in found]
    kept = check(rows_of(rows)).good
    expected = {(s, t): float(v) for s, t, v in found}
    times = kept["time"].cast(pa.int64()).to_pylist()
    assert {
        (s, t - NOW): v for s, t, v in zip(kept["signal"].to_pylist(), times, kept["value"].to_pylist(), strict=True)
    } == expected
    assert kept.num_rows == len(expected)
    assert set(kept["sequence"].to_pylist()) == {NOW}


def test_no_rows() -> None:
    assert check(rows_of([row()])).good.num_rows == 1

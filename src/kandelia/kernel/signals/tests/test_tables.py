"""Promise: tables that people bring become sample rows exactly, or an error that names the column or signal."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from kandelia.base.errors import InvalidInput
from kandelia.base.quality import BAD_NO_DATA
from kandelia.base.samples import SCHEMA, Kind
from kandelia.kernel.signals.logic.tables import Known, samples_of

SIGNALS = {
    "a.temp": Known(1, Kind.FLOAT),
    "a.count": Known(2, Kind.INTEGER),
    "a.on": Known(3, Kind.BOOLEAN),
    "a.note": Known(4, Kind.TEXT),
    7: Known(7, Kind.FLOAT),
}
AT = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)


def test_floats_by_id_with_nulls() -> None:
    table = pa.table({"signal": ["a.temp"] * 2, "time": pa.array([AT, AT]), "value": pa.array([1.5, None])})
    rows = samples_of(table, SIGNALS)
    assert rows.schema == SCHEMA
    assert rows["kind"].to_pylist() == [Kind.FLOAT, Kind.MISSING]
    assert rows["quality"].to_pylist() == [0, BAD_NO_DATA]
    assert rows["value"].to_pylist() == [1.5, 0.0]


def test_whole_numbers_keep_all_bits() -> None:
    table = pa.table({"signal": ["a.count", "a.on"], "time": [0, 1], "value": pa.array([2**62 + 1, 1], pa.int64())})
    rows = samples_of(table, SIGNALS)
    assert rows["integer"].to_pylist() == [2**62 + 1, 1]
    assert rows["kind"].to_pylist() == [Kind.INTEGER, Kind.BOOLEAN]
    assert rows["time"].cast(pa.int64()).to_pylist() == [0, 1_000_000]


def test_booleans_and_texts() -> None:
    switched = samples_of(pa.table({"signal": ["a.on"], "time": [0], "value": [True]}), SIGNALS)
    assert (switched["kind"][0].as_py(), switched["integer"][0].as_py()) == (Kind.BOOLEAN, 1)
    noted = samples_of(pa.table({"signal": ["a.note"], "time": [0], "value": ["停机"]}), SIGNALS)
    assert (noted["kind"][0].as_py(), noted["text"][0].as_py()) == (Kind.TEXT, "停机")


def test_numbers_dictionaries_and_local_times() -> None:
    local = pa.array([AT.replace(tzinfo=None)], pa.timestamp("us"))
    by_number = samples_of(pa.table({"signal": [7], "time": local, "value": [1.0]}), SIGNALS)
    coded = pa.array(["a.temp"]).dictionary_encode()
    shanghai = pa.array([AT], pa.timestamp("us", "Asia/Shanghai"))
    by_code = samples_of(pa.table({"signal": coded, "time": shanghai, "value": [1.0]}), SIGNALS)
    assert by_number["signal"].to_pylist() == [7]
    assert by_number["time"] == by_code["time"]
    assert by_code["time"][0].as_py() == AT


def test_rows_that_carry_their_kind() -> None:
    table = pa.table(
        {
            "signal": ["a.temp", "a.count"],
            "time": [0, 0],
            "kind": pa.array([1, 2], pa.uint8()),
            "value": [1.5, 0.0],
            "integer": [0, 9],
            "quality": pa.array([0, 0x4090], pa.uint16()),
            "lag_ms": [5, -5],
        }
    )
    rows = samples_of(table, SIGNALS)
    assert rows["integer"].to_pylist() == [0, 9]
    assert rows["quality"].to_pylist() == [0, 0x4090]
    assert rows["lag_ms"].to_pylist() == [5, -5]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"signal": ["a.temp"], "time": [0]}, 'column "value" is missing'),
        ({"signal": ["a.tmp"], "time": [0], "value": [1.0]}, "unknown signals: a.tmp"),
        ({"signal": pa.array([None], pa.string()), "time": [0], "value": [1.0]}, '"signal" holds nulls'),
        ({"signal": ["a.temp"], "time": ["today"], "value": [1.0]}, 'column "time" has type string'),
        ({"signal": ["a.temp"], "time": pa.array([None], pa.int64()), "value": [1.0]}, '"time" holds nulls'),
        ({"signal": ["a.temp"], "time": [2**62], "value": [1.0]}, '"time" cannot be read'),
        ({"signal": ["a.temp"], "time": [0], "value": [[1.0]]}, '"value" cannot be read'),
        ({"signal": ["a.temp"], "time": [0], "value": [1.0], "quality": [70_000]}, '"quality" cannot be read'),
    ],
)
def test_what_does_not_fit_is_named(columns: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        samples_of(pa.table(columns), SIGNALS, "day.parquet")
    assert says in str(caught.value)
    assert str(caught.value).startswith("day.parquet: ")


def test_an_empty_table() -> None:
    table = pa.table({"signal": pa.array([], pa.string()), "time": pa.array([], pa.int64()), "value": np.zeros(0)})
    assert samples_of(table, SIGNALS).num_rows == 0

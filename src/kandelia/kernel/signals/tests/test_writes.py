"""Promise: what history would set aside is refused at the door, by the same checks, with the first row named."""

import time

import pyarrow as pa
import pytest

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import SCHEMA, SOURCE_AHEAD_NS_MAX, TEXT_BYTES_MAX, Kind
from kandelia.kernel.signals.logic.checking import Reason
from kandelia.kernel.signals.logic.tables import Known, samples_of
from kandelia.kernel.signals.writes import check_samples

COUNT, NOTE, HEAT = Known(7, Kind.INTEGER), Known(8, Kind.TEXT), Known(9, Kind.FLOAT)
KNOWN = {7: COUNT, "a.count": COUNT, 8: NOTE, "a.note": NOTE, 9: HEAT, "a.heat": HEAT}


def rows(signal: str, times: list[int], values: list) -> pa.Table:
    moments = pa.array(times, pa.int64()).cast(pa.timestamp("ns", "UTC"))
    return samples_of(pa.table({"signal": [signal] * len(times), "time": moments, "value": values}), KNOWN)


WRONG = [
    ("a.count", 2, 1.5, Reason.WRONG_KIND),
    ("a.heat", 2, 2**53 + 1, Reason.WRONG_KIND),
    ("a.note", 2, 1, Reason.WRONG_KIND),
    ("a.count", 2, "1", Reason.WRONG_KIND),
    ("a.count", -1, 1, Reason.TIME_RANGE),
    ("a.note", 2, "x" * (TEXT_BYTES_MAX + 1), Reason.TEXT_LENGTH),
]


@pytest.mark.parametrize(("signal", "at", "value", "reason"), WRONG)
def test_the_first_bad_row_is_named(signal: str, at: int, value: object, reason: Reason) -> None:
    good = rows("a.count", [1, 2, 3], [1, 2, 3])
    with pytest.raises(InvalidInput, match=rf'row 3 .*"{signal}"') as told:
        check_samples(pa.concat_tables([good, rows(signal, [at], [value])]), KNOWN)
    assert told.value.code == f"sample-{reason.word}" and told.value.mend


def test_more_than_an_hour_ahead_is_refused_and_less_is_not() -> None:
    now_ns = time.time_ns()
    check_samples(rows("a.heat", [now_ns + SOURCE_AHEAD_NS_MAX - 60 * 10**9], [1.0]), KNOWN)
    with pytest.raises(InvalidInput, match="ahead"):
        check_samples(rows("a.heat", [now_ns + SOURCE_AHEAD_NS_MAX + 60 * 10**9], [1.0]), KNOWN)


def test_what_history_converts_passes() -> None:
    fitting = [rows("a.count", [1], [2.0]), rows("a.heat", [1], [2]), rows("a.note", [1], ["x"])]
    check_samples(pa.concat_tables(fitting), KNOWN)
    check_samples(SCHEMA.empty_table(), KNOWN)

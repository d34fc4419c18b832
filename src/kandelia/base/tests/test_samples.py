"""Promise: a batch survives the wire exactly, and nothing else passes for a batch."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import (
    BATCH_BYTES_MAX,
    SCHEMA,
    Kind,
    decode,
    empty_batch,
    encode,
    make_batch,
    times_ns,
)

INT64 = st.integers(-(2**63), 2**63 - 1)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 2**32 - 1),
        INT64,
        INT64,
        st.integers(0, 2**16 - 1),
        st.sampled_from(list(Kind)),
        st.floats(allow_nan=False),
        INT64,
        st.text(max_size=20),
    ),
    min_size=1,
    max_size=50,
)


def batch_of(rows: list[tuple]) -> pa.RecordBatch:
    """A batch whose unused value columns are zero, as the schema's comment says."""
    signal, time, lag, quality, kind, value, integer, text = (list(column) for column in zip(*rows, strict=True))
    return make_batch(
        signal,
        time,
        lag_ms=lag,
        quality=quality,
        kind=kind,
        value=[v if k is Kind.FLOAT else 0.0 for v, k in zip(value, kind, strict=True)],
        integer=[
            i if k in (Kind.INTEGER, Kind.BOOLEAN, Kind.ENUMERATION) else 0 for i, k in zip(integer, kind, strict=True)
        ],
        text=[t if k is Kind.TEXT else "" for t, k in zip(text, kind, strict=True)],
    )


@given(ROWS)
def test_wire_keeps_every_bit(rows: list[tuple]) -> None:
    batch = batch_of(rows)
    assert decode(encode(batch)).equals(batch)


def test_integers_beyond_2_53_stay_exact() -> None:
    exact = 2**53 + 1
    assert decode(encode(make_batch(1, 0, kind=Kind.INTEGER, integer=exact))).column("integer")[0].as_py() == exact


def test_unused_columns_cost_nothing() -> None:
    floats = encode(make_batch(1, np.arange(2_000), value=1.0))
    assert len(floats) < 2_000 * (4 + 8 + 8 + 2 + 1 + 8) + 2_000


def test_times_are_exact_nanoseconds() -> None:
    assert times_ns(make_batch(1, [1_700_000_000_123_456_789])).tolist() == [1_700_000_000_123_456_789]


def test_empty_batch_travels() -> None:
    assert decode(encode(empty_batch())).num_rows == 0


def stream(table: pa.Table, copies: int = 1) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for _ in range(copies):
            writer.write_table(table)
    return sink.getvalue().to_pybytes()


GOOD = pa.Table.from_batches([make_batch(1, [1, 2])])
CASES = {
    "no bytes": b"",
    "garbage": b"\xff" * 100,
    "cut short": stream(GOOD)[:-200],
    "two batches": stream(GOOD, 2),
    "column too many": stream(GOOD.append_column("more", pa.array([1, 2]))),
    "column missing": stream(GOOD.drop_columns(["time"])),
    "wrong type": stream(GOOD.set_column(0, "signal", pa.array([1, 2], pa.int64()))),
    "nulls": stream(GOOD.set_column(5, "value", pa.array([1.0, None]))),
    "too large": b"\0" * (BATCH_BYTES_MAX + 1),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_batch_is_refused_with_a_mend(case: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode(CASES[case])
    assert caught.value.code == "invalid-batch"
    assert caught.value.mend


def test_schema_is_what_the_store_was_built_on() -> None:
    assert SCHEMA.names == ["signal", "time", "lag_ms", "quality", "kind", "value", "integer", "text"]


def test_column_names_that_are_no_text() -> None:
    data = encode(make_batch(1, [0], value=1.0)).replace(b"quality", b"\xffuality")
    with pytest.raises(InvalidInput):
        decode(data)

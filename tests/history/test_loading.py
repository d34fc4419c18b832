"""Promise: a file of samples is in the history whole, and loading it again changes nothing."""

import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.engines.chdb.history import ChdbHistory
from kandelia.engines.memory.history import MemoryHistory
from kandelia.engines.nats.bus import NatsBus
from kandelia.kernel.signals.logic.tables import Known
from kandelia.kernel.signals.plane.loading import Source, load_parquet, load_table
from tests.history.stand import T0, Stand, configure, document, running_stand

SOURCE = Source("red", "s", "file")


async def test_a_table_by_id_and_a_second_time(stand: Stand, bus: NatsBus) -> None:
    times = pa.array(T0 + np.arange(70_000) * 10**9).cast(pa.timestamp("ns", "UTC"))
    values = np.random.default_rng(3).normal(size=70_000)
    table = pa.table({"signal": ["m.a", "m.b"] * 35_000, "time": times, "value": values})
    signals = {"m.a": Known(1, Kind.FLOAT), "m.b": Known(2, Kind.FLOAT)}
    told: list[tuple[int, int]] = []
    for _ in range(2):
        assert await load_table(bus, table, SOURCE, signals, lambda *now: told.append(now)) == 70_000
        await stand.drained()
    assert told[-1] == (70_000, 70_000)
    assert stand.rows([1, 2]).num_rows == 70_000
    assert stand.rows([1])["value"].to_pylist() == values[0::2].tolist()


async def test_the_last_load_counts_where_the_later_replaces(bus: NatsBus) -> None:
    await configure(bus, document("red", [50], id="other", clash="replace"))
    signals = {"m.c": Known(50, Kind.FLOAT)}
    time_of = pa.array([T0]).cast(pa.timestamp("ns", "UTC"))
    async with running_stand(bus, MemoryHistory()) as stand:
        for value in (1.0, 2.0, 1.0):
            table = pa.table({"signal": ["m.c"], "time": time_of, "value": [value]})
            assert await load_table(bus, table, SOURCE, signals) == 1
            await stand.drained()
        found = stand.rows([50])
        assert found["value"].to_pylist() == [1.0, 2.0, 1.0], "in the order they came: the last counts"
        assert len(set(found["sequence"].to_pylist())) == 3


async def test_a_file_that_is_none_stores_nothing(bus: NatsBus, tmp_path: Path) -> None:
    file = tmp_path / "no.parquet"
    file.write_bytes(b"no parquet")
    with pytest.raises(InvalidInput, match=r"no\.parquet"):
        await load_parquet(bus, file, SOURCE, {})
    with pytest.raises(InvalidInput):
        await load_parquet(bus, tmp_path / "missing.parquet", SOURCE, {})


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_day_of_three_hundred_signals_loads_within_a_deadline(bus: NatsBus, tmp_path: Path) -> None:
    """The deadline is for a busy machine; benchmarks measure."""
    await configure(bus, document("red", range(1_001, 1_301), id="day"))
    seconds = np.arange(86_400, dtype=np.int64)
    file = tmp_path / "day.parquet"
    _write_day(file, seconds)
    history = ChdbHistory(tmp_path / "history")
    try:
        async with running_stand(bus, history) as stand:
            started = time.monotonic()
            signals = {f"m.s{n}": Known(n, Kind.FLOAT) for n in range(1_001, 1_301)}
            assert await load_parquet(bus, file, SOURCE, signals) == 300 * 86_400
            await stand.drained(200)
            print(f"a day of 300 signals: {time.monotonic() - started:.1f} s")
            assert stand.recorder.figures.quarantined.total() == 0
            assert history.size().rows == 300 * 86_400
    finally:
        history.close()


def _write_day(file: Path, seconds: np.ndarray) -> None:
    names = pa.array([f"m.s{n}" for n in range(1_001, 1_301)])
    schema = pa.schema(
        [
            ("signal", pa.dictionary(pa.int32(), pa.string())),
            ("time", pa.timestamp("ns", "UTC")),
            ("value", pa.float64()),
        ]
    )
    chance = np.random.default_rng(5)
    with pq.ParquetWriter(file, schema) as writer:
        for hour in seconds.reshape(24, -1):
            times = pa.array(np.repeat(T0 + hour * 10**9, 300)).cast(schema.field("time").type)
            codes = pa.array(np.tile(np.arange(300, dtype=np.int32), len(hour)))
            values = pa.array(chance.normal(size=len(hour) * 300).round(2))
            signal = pa.DictionaryArray.from_arrays(codes, names)
            writer.write_table(pa.table([signal, times, values], schema=schema))

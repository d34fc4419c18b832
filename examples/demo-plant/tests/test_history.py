"""Promise: history has the platform's columns, the live plant's physics, and ends where the live plant begins."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kandelia_demo_plant import keeping
from kandelia_demo_plant.declaration import Kind
from kandelia_demo_plant.faults import Effects
from kandelia_demo_plant.history import SCHEMA, SLICE_S, start_before, write
from kandelia_demo_plant.simulation import COUNTERS, advance, begin, layout, run

TUESDAY_10 = 1_772_503_200


def quiet(done: int, whole: int) -> None:
    assert 0 <= done <= whole


def written(tmp_path: Path, seconds: int = 2_000) -> pq.ParquetFile:
    file = tmp_path / "history.parquet"
    _, rows = write(file, begin(1, TUESDAY_10), seconds, quiet)
    assert not list(tmp_path.glob("*.part"))
    result = pq.ParquetFile(file)
    assert result.metadata.num_rows == rows
    return result


def test_schema_kinds_and_columns(tmp_path: Path) -> None:
    file = written(tmp_path)
    assert file.schema_arrow == SCHEMA
    table = file.read()
    assert sum(column.null_count for column in table.columns) == 0
    kinds = {c.id: int(c.signal.kind) for c in layout().columns}
    names = table["signal"].cast(pa.string())
    assert set(names.unique().to_pylist()) == set(kinds)
    pairs = pa.table({"signal": names, "kind": table["kind"]}).group_by(["signal", "kind"]).aggregate([])
    assert {row["signal"]: row["kind"] for row in pairs.to_pylist()} == kinds
    texts = table.filter(pc.equal(table["kind"], int(Kind.TEXT)))
    assert all(texts["text"].to_pylist()) and not any(texts["integer"].to_pylist())


def test_row_groups_follow_time(tmp_path: Path) -> None:
    file = written(tmp_path)
    last = -1
    assert file.num_row_groups == -(-2_000 // SLICE_S)
    for index in range(file.num_row_groups):
        times = file.read_row_group(index, ["time"])["time"].cast(pa.int64()).to_numpy()
        assert times.min() > last
        last = times.max()


def test_history_is_what_live_would_have_shown(tmp_path: Path) -> None:
    table = written(tmp_path, 60).read()
    state, live = begin(1, TUESDAY_10), []
    for _ in range(60):
        state, frame = advance(state, 1, Effects())
        live.append(frame)
    column = next(c for c in layout().columns if c.id == "sample.utilities.air-receiver.pressure")
    rows = table.filter(pc.equal(table["signal"].cast(pa.string()), column.id))
    assert np.array_equal(rows["value"].to_numpy(), [frame.values[0, column.index] for frame in live])
    assert rows["time"].cast(pa.int64()).to_pylist() == [int(f.times[0]) * 10**9 for f in live]


def test_signals_of_longer_periods_and_on_change_have_fewer_rows(tmp_path: Path) -> None:
    table = written(tmp_path, 1_800).read()
    counts = {row["values"]: row["counts"] for row in pc.value_counts(table["signal"].cast(pa.string())).to_pylist()}
    for column in layout().columns:
        if column.signal.on_change:
            assert 1 <= counts[column.id] < 1_800
        else:
            assert counts[column.id] == 1_800 // column.signal.period_s


def test_counters_arrive_at_the_live_plant(tmp_path: Path) -> None:
    target = begin(1, TUESDAY_10)
    end = run(start_before(target, 7_200), 7_200, Effects())
    assert end.time == target.time
    for name in COUNTERS:
        if name not in ("turning", "demand-start", "demand-now"):
            missing = target.totals[name] - end.totals[name]
            assert (missing >= 0).all(), name
            assert (missing <= {"boards": 12_000_000, "mould-cycles": 1_000_000}.get(name, 0)).all(), (name, missing)


def test_the_command_joins_history_to_a_plant_and_a_plant_to_history(tmp_path: Path) -> None:
    out, data = tmp_path / "out.parquet", tmp_path / "plant"
    command = [sys.executable, "-m", "kandelia_demo_plant", "history", "--days", "0.01", "--out", str(out)]
    command += ["--to", "2026-03-03T10:00:00+08:00", "--data", str(data)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    kept = keeping.load(data)
    assert kept is not None and kept.state.time == TUESDAY_10
    again = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert "joining" in again.stderr
    assert pq.read_table(out)["time"].cast(pa.int64()).to_numpy().max() == (TUESDAY_10 - 1) * 10**9

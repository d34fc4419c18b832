"""Promise: any file of samples and any tag list is read or refused in words; nothing else comes of it."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from kandelia.base.errors import KandeliaError
from kandelia.base.samples import SCHEMA
from kandelia.kernel.transfers.logic import cells, ignition, kepware, times
from kandelia.kernel.transfers.logic.plans import KINDS, read_plan
from kandelia.sdk.tables import Aim, Converter, Plan, Time, blocks, inspect

CELLS = st.one_of(
    st.sampled_from(
        ["2026-05-01 08:00", "1.5", "1,5", "1e400", "", "NaN", "开", '"', "9" * 30, "31.02.2026", "\0", "-"]
    ),
    st.text(max_size=12),
)
TABLES = st.builds(
    lambda rows, separator, encoding: "\n".join(separator.join(row) for row in rows).encode(encoding, "replace"),
    st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "gb18030", "utf-16", "cp1252"]),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["name", "tags", "tagType", "typeId", "opcItemPath", "parameters", "dataType", "valueSource"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)


@given(st.one_of(TABLES, st.binary(max_size=400)))
@example(b"PAR1" + bytes(20))
@example(b"PK\x03\x04" + bytes(40))
@example("时间,温度\n2026-05-01 08:00,1\n".encode("gb18030"))
@example(b'a,b\n"1,2\n3,4\n')
@example(b"\xff\xfe")
def test_any_file_is_read_or_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        try:
            found = inspect(path)
            names = [column.name for column in found.columns]
            kinds = list(KINDS.values())
            aims = {name: Aim(n, kinds[n % len(kinds)], 0.0, 10.0) for n, name in enumerate(found.names or names, 1)}
            when = Time(found.time.columns or (names[0],), found.time.form or "ymd", "Europe/Berlin")
            plan = Plan(found.form, when, {}, found.names_column, found.value_column, found.quality_column)
            converter = Converter(plan, aims, 1_790_000_000_000_000_000, found.dialect.decimal)
            for block in blocks(path, found.format, found.dialect, names):
                made = converter.convert(block.table, block.lines, 50)
                assert made.samples.schema == SCHEMA
                assert len(block.lines) == block.table.num_rows and len(made.wrong) <= 50
                assert np.isfinite(made.samples["value"].to_numpy()).all()
        except KandeliaError as error:
            assert error.what


@given(
    st.lists(CELLS, min_size=1, max_size=8),
    st.sampled_from(times.FORMS),
    st.sampled_from(["UTC", "+08:00", "America/New_York"]),
)
def test_any_cells_are_times_or_marked(texts: list[str], form: str, zone: str) -> None:
    read = times.read(pa.array(texts, pa.string()), form, zone)
    assert len(read.ns) == len(read.good) == len(texts)
    cells.floats(pa.array(texts, pa.string()), ",")
    cells.integers(pa.array(texts, pa.string()))
    cells.booleans(pa.array(texts, pa.string()))
    cells.qualities(pa.array(texts, pa.string()))
    times.find(texts, "time")


@given(st.one_of(st.text(max_size=200), JSON.map(lambda told: __import__("json").dumps(told))))
@example('{"tags":[{"name":"a","tagType":"UdtInstance","typeId":"a","tags":[]}]}')
@example("[" * 3_000)
@example("Tag Name,Address,Data Type\nA,400001,Float\nB,,Word Array\n")
def test_any_tag_list_is_read_or_refused(text: str) -> None:
    for reader in (kepware.read, ignition.read):
        try:
            listed = reader(text, "list")
            assert all(tag.where and tag.kind for tag in listed.tags)
        except KandeliaError as error:
            assert error.what


@given(JSON)
def test_any_mapping_is_a_plan_or_refused(told: object) -> None:
    try:
        read_plan(told)
    except KandeliaError as error:
        assert error.what

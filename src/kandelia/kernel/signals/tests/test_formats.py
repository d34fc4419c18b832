"""Promise: no text of a plant runs in a spreadsheet, numbers stay as written, and no answer grows without bound."""

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kandelia.base.errors import TooMuch
from kandelia.base.samples import Kind
from kandelia.kernel.signals.logic import formats
from kandelia.ports.history import RAW_SCHEMA


def row(kind: Kind, place: int, **columns: object) -> dict[str, object]:
    empty = {"value": 0.0, "integer": 0, "text": ""}
    return dict.fromkeys(RAW_SCHEMA.names, 0) | empty | {"signal": 1, "time": place, "kind": kind} | columns


def values(rows: list[dict[str, object]]) -> list[str]:
    chunks = formats.csv_chunks([pa.RecordBatch.from_pylist(rows, RAW_SCHEMA)], {1: "a"}, formats.RAW_HEAD)
    text = b"".join(chunks).decode()
    return [line["value"] for line in csv.DictReader(io.StringIO(text, newline=""))]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_text_that_would_run_is_kept_from_it(text: str) -> None:
    assert values([row(Kind.TEXT, 0, text=text), row(Kind.TEXT, 1, text="a=1")]) == ["'" + text, "a=1"]


def test_numbers_stay_as_they_are() -> None:
    assert values([row(Kind.FLOAT, 0, value=-1.5)]) == ["-1.5"]
    mixed = [row(Kind.FLOAT, 0, value=-1.5), row(Kind.INTEGER, 1, integer=-7), row(Kind.TEXT, 2, text="-7")]
    assert values(mixed) == ["-1.5", "-7", "'-7"]


def test_an_answer_is_bounded_before_it_is_whole() -> None:
    batch = pa.RecordBatch.from_pylist([row(Kind.FLOAT, place) for place in range(10)], RAW_SCHEMA)
    read: list[int] = []
    endless = (read.append(place) or batch for place in range(1_000))
    with pytest.raises(TooMuch, match="more than 25 rows") as told:
        formats.table_of(formats.bounded(endless, 25, formats.TREND_MEND))
    assert len(read) == 3 and told.value.mend


def test_what_was_replaced_is_shown_with_its_sequence() -> None:
    rows = [row(Kind.FLOAT, 0, value=value, sequence=sequence) for value, sequence in ((1.5, 7), (2.5, 9))]
    batch = pa.RecordBatch.from_pylist(rows, RAW_SCHEMA)
    text = b"".join(formats.csv_chunks([batch], {1: "a"}, formats.RAW_HEAD_REPLACING)).decode()
    assert [line.rsplit(",", 1)[1] for line in text.split()] == ["sequence", "7", "9"]
    assert formats.raw_columns(pa.Table.from_batches([batch]))["sequence"].tolist() == [7, 9]
    file = io.BytesIO()
    assert formats.write_parquet([batch], {1: "a"}, file, RAW_SCHEMA, sequence=True) == 2
    file.seek(0)
    assert pq.read_table(file)["sequence"].to_pylist() == [7, 9]
    assert "sequence" not in formats.exact(batch, {1: "a"}).schema.names

"""Promise: times, numbers and tag lists are read as their makers document them; what is unclear is said."""

import numpy as np
import pyarrow as pa
import pytest

from kandelia.base.errors import InvalidInput
from kandelia.base.quality import BAD, GOOD, UNCERTAIN
from kandelia.base.samples import Kind
from kandelia.kernel.transfers.logic import cells, dialects, ignition, kepware, times
from kandelia.kernel.transfers.logic.converting import Aim, Converter
from kandelia.kernel.transfers.logic.plans import Plan, Time, read_plan
from kandelia.kernel.transfers.logic.units import ucum


def utc(text: str, form: str, zone: str) -> str:
    read = times.read(pa.array([text], pa.string()), form, zone)
    return str(np.datetime64(int(read.ns[0]), "ns"))[:23] if read.good[0] else "unread"


@pytest.mark.parametrize(
    ("text", "form", "zone", "meant"),
    [
        ("2026-05-01 08:00:00", "ymd", "Asia/Shanghai", "2026-05-01T00:00:00.000"),
        ("2026/5/1 8:00", "ymd", "+08:00", "2026-05-01T00:00:00.000"),
        ("2026年5月1日 8时03分5秒", "ymd", "Asia/Shanghai", "2026-05-01T00:03:05.000"),
        ("2026-05-01T08:00:00.25+02:00", "ymd", "Asia/Shanghai", "2026-05-01T06:00:00.250"),
        ("05/01/2026 3:04 PM", "mdy", "UTC", "2026-05-01T15:04:00.000"),
        ("25.10.2026 02:30", "dmy", "Europe/Berlin", "2026-10-25T00:30:00.000"),
        ("29.03.2026 02:30", "dmy", "Europe/Berlin", "2026-03-29T01:00:00.000"),
        ("20260501083000", "compact", "UTC", "2026-05-01T08:30:00.000"),
        ("1777622400.25", "s", "UTC", "2026-05-01T08:00:00.250"),
        ("46143.5", "excel", "UTC", "2026-05-01T12:00:00.000"),
        ("2026-02-30 00:00", "ymd", "UTC", "unread"),
        ("soon", "ymd", "UTC", "unread"),
    ],
)
def test_times(text: str, form: str, zone: str, meant: str) -> None:
    assert utc(text, form, zone) == meant


def test_what_is_unclear_is_said() -> None:
    assert times.find(["01/02/2026", "03/04/2026"], "date") == times.Form("dmy", zoned=False, unsure=True)
    assert times.find(["13/02/2026"], "date") == times.Form("dmy", zoned=False)
    assert times.find(["12.5", "13"], "level") is None
    with pytest.raises(InvalidInput):
        times.check_zone("Mars/Base")


def test_cells() -> None:
    read, bad = cells.floats(pa.array(["1.234,5", "x", "", " 2 ", "inf"], pa.string()), ",")
    assert read.to_pylist() == [1234.5, None, None, 2.0, None] and bad.tolist() == [False, True, False, False, True]
    assert cells.integers(pa.array(["9007199254740993", "12.0", "1.5"]))[0].to_pylist() == [9007199254740993, 12, None]
    assert [cells.quality_of(word) for word in ("Good", "192", "Bad", "64", "0x80000000", "?")] == [
        GOOD, GOOD, BAD, UNCERTAIN, BAD, UNCERTAIN,
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_loggers_head_is_skipped(encoding: str) -> None:
    text = "记录仪 3 号\n\n时间;温度;压力\n;°C;bar\n2026-05-01 08:00;21,5;1,2\n2026-05-01 08:01;21,6;1,3\n"
    found = dialects.encoding_of(text.encode(encoding))
    dialect, head = dialects.find(dialects.text_of(text.encode(encoding), found, whole=True), found)
    assert (dialect.separator, dialect.decimal, dialect.skip) == (";", ",", 4)
    assert head.names == ("时间", "温度", "压力") and head.units == ("", "°C", "bar")


def test_repeats_clashes_ranges_and_the_future() -> None:
    plan = Plan(time=Time(("t",), "ymd", "UTC"))
    texts = ["2026-05-01 08:00"] * 3 + ["2026-05-01 08:01", "2099-01-01 00:00"]
    table = pa.table({"t": texts, "v": ["1", "1", "2", "99", "5"]})
    aim = {"v": Aim(7, Kind.FLOAT, 0.0, 10.0)}
    made = Converter(plan, aim, 1_790_000_000_000_000_000).convert(table, np.arange(2, 7))
    assert made.counted.wrong == {"repeated": 1, "clashing": 1, "beyond": 1, "ahead": 1}
    assert made.samples["value"].to_pylist() == [1.0, 2.0, 99.0]
    assert {(one.line, one.what) for one in made.wrong} == {
        (3, "repeated"),
        (4, "clashing"),
        (5, "beyond"),
        (6, "ahead"),
    }


def test_a_mapping_as_people_write_it() -> None:
    plan = read_plan({"time": {"columns": "t", "zone": "UTC"}, "columns": {"a": "s.a.m.x", "b": None}})
    assert plan.targets["a"].id == "s.a.m.x" and "b" not in plan.targets and plan.time.columns == ("t",)
    for wrong in (
        [],
        {"form": "round"},
        {"targets": {"a": {"machine": "m"}}},
        {"targets": {"a": {"signal": "x", "kind": "q"}}},
    ):
        with pytest.raises(InvalidInput):
            read_plan(wrong)
    assert (ucum("°C"), ucum("m³/h"), ucum("kWh"), ucum("furlongs")) == ("Cel", "m3/h", "kW.h", "")


@pytest.mark.parametrize(
    ("address", "format", "row"),
    [
        ("400101", "float32", {"table": "holding", "number": "100", "format": "float32"}),
        ("40101", "int16", {"table": "holding", "number": "100", "format": "int16"}),
        ("300001.5", "bool", {"table": "input", "number": "0", "bit": "5"}),
        ("000017", "bool", {"table": "coil", "number": "16"}),
        ("400010.20H", "string", {"table": "holding", "number": "9", "format": "string", "length": "20"}),
        ("DB1,REAL4", "float32", {}),
    ],
)
def test_modbus_addresses_of_kepware(address: str, format: str, row: dict[str, str]) -> None:
    assert kepware.modbus_row(address, format) == row


def test_a_list_of_kepware_with_scaling() -> None:
    head = "Tag Name,Address,Data Type,Scan Rate,Scaling,Raw Low,Raw High,Scaled Low,Scaled High,Eng Units,Description"
    rows = [
        "A.Level,400001,Word,200,Linear,0,4095,0,100,%,Level of A",
        "B,400002,Short,100,Square Root,0,1,0,1,,",
        "C,,Float,,,,,,,,",
    ]
    listed = kepware.read("\ufeff" + "\n".join([head, *rows]), "tags.csv")
    (tag,) = listed.tags
    assert (tag.path, tag.kind, tag.unit, tag.period_ms) == (("A", "Level"), "float", "%", 200)
    assert float(tag.row["scale"]) == pytest.approx(100 / 4095) and tag.where == "tags.csv, line 2"
    assert [one.where for one in listed.mistakes] == ["tags.csv, line 3", "tags.csv, line 4"]


def test_udt_instances_of_ignition() -> None:
    member = {"name": "Flow", "tagType": "AtomicTag", "valueSource": "opc", "dataType": "Float4",
              "opcItemPath": {"bindType": "parameter", "binding": "ns=1;s=[{Device}]{InstanceName}/Flow"}}  # fmt: skip
    base = {"name": "Base", "tagType": "UdtType", "parameters": {"Device": {"dataType": "String"}}, "tags": [member]}
    pump = {"name": "Pump", "tagType": "UdtType", "typeId": "Base", "tags": [{"name": "Flow", "engUnit": "L/min"}]}
    one = {"name": "P1", "tagType": "UdtInstance", "typeId": "Pump", "parameters": {"Device": {"value": "PLC"}}}
    two = {"name": "P2", "tagType": "UdtInstance", "typeId": "Gone"}
    three = {"name": "P3", "tagType": "UdtInstance", "typeId": "Base"}
    folders = [
        {"name": "_types_", "tags": [base, pump]},
        {"name": "Line", "tagType": "Folder", "tags": [one, two, three]},
    ]
    tree = {"name": "", "tagType": "Provider", "tags": folders}
    listed = ignition.read(__import__("json").dumps(tree), "t.json")
    assert [(tag.path, tag.address, tag.unit) for tag in listed.tags] == [
        (("Line", "P1", "Flow"), "ns=1;s=[PLC]P1/Flow", "L/min")
    ]
    assert ["Gone" in one.what or "no value" in one.what for one in listed.mistakes] == [True, True]
    assert ignition.modbus_row("[PLC]2.HRF101") == {
        "table": "holding",
        "number": "100",
        "device": "2",
        "format": "float32",
    }

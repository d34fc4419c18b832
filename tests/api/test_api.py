"""Promise: what the screens show a program can get; errors are problem+json; nobody sees another's."""

import asyncio
import io
import json
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from openapi_spec_validator import validate

from kandelia.base.errors import TooMuch
from kandelia.base.samples import encode, make_batch
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.events import bridge
from kandelia.surfaces.api import history as exports
from kandelia.surfaces.cli.quarantine import group as cli

from .conftest import Program

MS = 1_750_000_000_000


@pytest.fixture
def engineer(plants):
    return Program("north", Role.ENGINEER)


@pytest.fixture
def viewer(plants):
    return Program("north", Role.VIEWER)


def content(answer):
    """The body, also of a stream made for an asynchronous server."""
    if not getattr(answer, "is_async", False):
        return answer.getvalue()

    async def collect():
        return b"".join([part async for part in answer.streaming_content])

    return asyncio.run(collect())


def wait_for(ask, wanted, seconds=60):
    last = time.monotonic() + seconds
    while (found := ask()) != wanted and time.monotonic() < last:
        time.sleep(0.1)
    return found


def test_the_description_is_valid_openapi_3_1(engineer):
    described = engineer.get("/openapi.json")
    assert described["openapi"].startswith("3.1")
    validate(described)
    assert {"/api/v1/signals", "/api/v1/samples", "/api/v1/history/trend"} <= set(described["paths"])


def test_me_and_tokens(engineer):
    assert engineer.get("/me")["role"] == "engineer"
    assert engineer("POST", "/tokens", {"name": "x", "role": "viewer"}).status_code == 403  # tokens make no tokens
    assert engineer("POST", "/live/ticket").status_code in (200, 503)


def test_signals_are_found_paged_and_changed(engineer, viewer):
    page = viewer.get("/signals?limit=2")
    assert (len(page["items"]), page["total"]) == (2, 5)
    rest = viewer.get(f"/signals?limit=1000&after={page['next']}")
    assert len(rest["items"]) == 3 and rest["next"] == ""
    assert [one["key"] for one in viewer.get("/signals?search=温度")["items"]] == ["temperature"]
    assert [one["key"] for one in viewer.get("/signals?search=OVEN.temp")["items"]] == ["temperature"]
    number = page["items"][0]["number"]
    changed = engineer("PATCH", f"/signals/{number}", {"key": "heat", "unit": "K"}).json()
    assert (changed["number"], changed["id"], changed["unit"]) == (number, "s1.hall.oven.heat", "K")
    versions = viewer.get(f"/signals/{number}/versions")["items"]
    assert [(one["kind"], one["unit"]) for one in versions] == [("float", "K"), ("float", "Cel")]
    wrong = engineer("PATCH", f"/signals/{number}", {"unit": "°C"})
    assert wrong.status_code == 400 and wrong.json()["mend"] == 'write "Cel"'
    made = engineer("PUT", "/signals/s1.hall.oven.new", {"machine": "s1/hall/oven", "key": "new"})
    assert made.status_code == 200 and made.json()["number"] > number
    assert engineer("DELETE", "/signals/s1.hall.oven.new").status_code == 204
    assert viewer.get("/signals/s1.hall.oven.new", 404)["status"] == 404
    again = engineer("PUT", "/signals/s1.hall.oven.new", {"machine": "s1/hall/oven", "key": "new"})
    assert again.json()["number"] > made.json()["number"]


def test_things_move_and_signals_follow(engineer):
    assert engineer("PUT", "/things/s1/hall/oven", {"name": {"en": "O"}, "path": "s1/hall/kiln"}).status_code == 204
    assert engineer.get("/signals/s1.hall.kiln.count")["machine"] == "s1/hall/kiln"
    assert engineer("DELETE", "/things/s1/hall/kiln").status_code == 409
    assert engineer("PUT", "/things/s1/yard", {"name": {"zh": "场"}}).status_code == 204
    assert engineer("PUT", "/things/s1/yard/crane", {"name": {"zh": "吊"}}).status_code == 204
    assert [area["key"] for area in engineer.get("/things")["items"][0]["areas"]] == ["hall", "yard"]
    assert engineer("DELETE", "/things/s1/yard/crane").status_code == 204


def test_samples_written_are_read_back(published, engineer, viewer):
    oven = published["north"]
    times = [MS + step * 1_000 for step in range(100)]
    body = {
        "samples": [
            {"signal": "s1.hall.oven.temperature", "times": times, "values": [step + 0.5 for step in range(100)]},
            {"signal": oven["count"], "times": times, "values": [2**60 + step for step in range(100)]},
            {"signal": oven["on"], "times": times[:2], "values": [True, False]},
            {"signal": oven["order"], "times": times[:2], "values": ["A,1", None]},
            {"signal": oven["state"], "times": ["2026-01-01T08:00:00.000000001+08:00"], "values": [1]},
        ]
    }
    answered = engineer("POST", "/samples", body)
    assert (answered.status_code, answered.json()) == (202, {"rows": 205, "repeated": False}), answered.content
    assert engineer("POST", "/samples", body).json() == {"rows": 205, "repeated": False}, "without a key it is another"
    one = {"samples": [{"signal": oven["count"], "times": [MS + 100_000], "values": [7]}]}
    other = {"samples": [{"signal": oven["count"], "times": [MS + 101_000], "values": [8]}]}
    told = [engineer("POST", "/samples", body, HTTP_IDEMPOTENCY_KEY="k").json() for body in (one, one, other)]
    assert [answer["repeated"] for answer in told] == [False, True, False], "a key used twice loses no samples"
    window = f"start={MS}&end={MS + 200_000}"

    def count() -> int:
        return len(viewer.get(f"/signals/{oven['count']}/raw?{window}")["value"])

    assert wait_for(count, 102) == 102
    assert viewer.get(f"/signals/{oven['count']}/raw?{window}")["value"][99:] == [2**60 + 99, 7, 8]
    assert viewer.get(f"/signals/{oven['order']}/raw?{window}")["value"] == ["A,1", None]
    assert viewer.get(f"/signals/{oven['on']}/raw?{window}&limit=1") | {"id": 0, "number": 0} == {
        "number": 0, "id": 0, "t": [MS], "value": [1], "quality": [0], "more": True,
    }  # fmt: skip
    numbers = f"{oven['temperature']},{oven['state']}"
    trend = viewer.get(f"/history/trend?signals={numbers}&{window}&points=20&weighted=true")
    columns = trend["signals"][str(oven["temperature"])]
    assert trend["bucket_ms"] == 10_000
    assert (columns["min"][0], columns["max"][0], columns["count"][0]) == (0.5, 9.5, 10)
    assert len(columns["mean"]) == len(columns["t"])
    assert trend["signals"][str(oven["state"])]["t"] == []
    newest = viewer.get(f"/history/last?signals={oven['temperature']},{oven['order']}")["signals"]
    assert newest[str(oven["temperature"])] == {"t": MS + 99_000, "value": 99.5, "quality": 0}
    refused = viewer.get(f"/history/trend?signals={oven['order']}&{window}", 400)
    assert "text" in refused["detail"] and "raw" in refused["mend"]


def test_files(published, engineer):
    oven = published["north"]
    times = [MS + step for step in range(3)]
    body = {
        "samples": [{"signal": oven["temperature"], "times": times, "values": [1, None, 3], "qualities": [0, 0, 16384]}]
    }
    assert engineer("POST", "/samples", body).status_code == 202
    window = f"start={MS}&end={MS + 1_000}"
    assert wait_for(lambda: len(engineer.get(f"/signals/{oven['temperature']}/raw?{window}")["t"]), 3) == 3
    csv = content(engineer("GET", f"/history/export?signals={oven['temperature']}&{window}&format=csv")).decode()
    lines = csv.replace("\r\n", "\n").splitlines()
    assert lines[2].endswith('Z",,32923')
    assert lines[0] == "signal,time,value,quality"
    assert lines[1] == '"s1.hall.oven.temperature","2025-06-15T15:06:40.000000000Z",1,0' and len(lines) == 4
    bucketed = content(engineer("GET", f"/history/export?signals={oven['temperature']}&{window}&every=1s")).decode()
    assert bucketed.splitlines()[1].split(",")[2:4] == ["1", "3"]
    parquet = engineer("GET", f"/signals/{oven['temperature']}/raw?{window}&format=parquet")
    table = pq.read_table(io.BytesIO(parquet.getvalue()))
    assert table["signal"].to_pylist() == ["s1.hall.oven.temperature"] * 3
    assert set(table.column_names) >= {"time", "quality", "kind", "value", "integer", "text"}
    empty = engineer("GET", f"/signals/{oven['count']}/raw?{window}&format=parquet")
    assert pq.read_table(io.BytesIO(empty.getvalue())).num_rows == 0


def test_arrow_in(published, engineer):
    oven = published["north"]
    table = pa.table({"signal": ["s1.hall.oven.count"] * 2, "time": pa.array([MS, MS + 1]), "value": [7, 8]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    answered = engineer(
        "POST", "/samples", sink.getvalue().to_pybytes(), content_type="application/vnd.apache.arrow.stream"
    )
    assert answered.json() == {"rows": 2, "repeated": False}
    raw = f"/signals/{oven['count']}/raw?start={MS}&end={MS + 10}"
    assert wait_for(lambda: engineer.get(raw)["value"], [7, 8]) == [7, 8]


WRONG_SAMPLES = [
    (b"{", "invalid-request"),
    (b"\xff", "invalid-request"),
    (b'{"samples":[{"signal":"nowhere","times":[1],"values":[1]}]}', "invalid-table"),
    (b'{"samples":[{"signal":"s1.hall.oven.count","times":[1,2],"values":[1]}]}', "invalid-request"),
    (
        b'{"samples":[{"signal":"s1.hall.oven.count","times":[1],"values":["a"],"qualities":[70000]}]}',
        "invalid-request",
    ),
    (b'{"samples":[{"signal":"s1.hall.oven.count","times":[99999999999999999],"values":[1]}]}', "invalid"),
    (b'{"samples":[{"signal":"s1.hall.oven.count","times":["yesterday"],"values":[1]}]}', "invalid-time"),
    (b'{"samples":[{"signal":"s1.hall.oven.count","times":[1,2],"values":[1,"a"]}]}', "invalid-request"),
    (b'{"samples":[{"signal":"s1.hall.oven.count","times":[1],"values":[1e999]}]}', ""),
    (b'{"samples":[{"signal":"s1.hall.oven.count","times":[1,2],"values":[1,1.5]}]}', "sample-wrong-kind"),
    (b'{"samples":[{"signal":"s1.hall.oven.on","times":[1],"values":[2]}]}', "sample-wrong-kind"),
    (b'{"samples":[{"signal":"s1.hall.oven.count","times":["2200-01-01T00:00:00Z"],"values":[1]}]}', "sample-future"),
    (
        b'{"samples":[{"signal":"s1.hall.oven.order","times":[1],"values":["' + b"x" * 70_000 + b'"]}]}',
        "sample-text-length",
    ),
]


@pytest.mark.parametrize(("body", "code"), WRONG_SAMPLES)
def test_wrong_samples_are_told(plane, engineer, body, code):
    answered = engineer("POST", "/samples", body, content_type="application/json")
    assert answered.status_code == 400, answered.content
    assert answered["Content-Type"] == "application/problem+json"
    assert code in answered.json()["type"] and answered.json()["mend"]


PROBLEMS = [
    ("GET", "/nowhere", 404),
    ("POST", "/me", 405),
    ("GET", "/signals?limit=0", 400),
    ("GET", "/signals?after=x", 400),
    ("GET", "/signals/999999", 404),
    ("GET", "/signals/99999999999999999999", 404),
    ("GET", "/history/trend?signals=1&start=0&end=1&points=0", 400),
    ("GET", "/history/trend?signals=a&start=0&end=1", 400),
    ("GET", "/history/trend?signals=&start=0&end=1", 400),
    ("GET", "/history/trend?signals=1&start=5&end=1", 400),
    ("GET", "/history/trend?signals=1&start=2026-01-01T00:00:00&end=1", 400),
    ("GET", "/history/trend?signals=1", 400),
    ("GET", "/things/a/b/c/d/e", 405),
    ("GET", "/connections/none", 404),
    ("GET", "/jobs/none", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), PROBLEMS)
def test_problems(plane, engineer, plants, method, path, status):
    path = path.replace("signals=1&", f"signals={plants['north']['temperature']}&")
    answered = engineer(method, path)
    assert answered.status_code == status, answered.content
    assert answered["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(answered.json())


def test_a_file_without_end_is_refused_before_it_fills_the_disk(monkeypatch, tmp_path):
    monkeypatch.setattr(exports, "FILE_BYTES_MAX", 1_000)
    batches = iter([make_batch([1], [1])] * 100)
    with (tmp_path / "file").open("wb") as file, pytest.raises(TooMuch, match="larger"):
        for batch in exports._small_enough(batches, file):
            file.write(bytes(batch.nbytes))


def test_what_was_set_aside_can_be_read_back_by_its_own_organisation_alone(published, engineer, viewer):
    async def send(bus):
        await bus.store(
            "org.north.site.s1.edge.link", encode(make_batch([999_999] * 2, [MS * 10**6, MS * 10**6 + 1], value=1.5))
        )
        await bus.store("org.north.site.s1.edge.link", b"no batch")

    bridge.bus_call(send)
    wait_for(lambda: [one["what"] for one in engineer.get("/quarantine")["items"]], ["messages", "rows"])
    garbage, rows = engineer.get("/quarantine")["items"][-2:]
    assert (rows["stream"], rows["rows"], rows["reasons"]) == ("edge", 2, {"unknown-signal": 2})
    first = engineer.get(f"/quarantine/{rows['number']}")["samples"][0]
    assert (first["signal"], first["value"], first["time"]) == (999_999, 1.5, "2025-06-15T15:06:40.000000000Z")
    assert bytes.fromhex(engineer.get(f"/quarantine/{garbage['number']}")["samples"][0]["data"]) == b"no batch"
    file = engineer("GET", f"/quarantine/{rows['number']}?format=parquet")
    assert pq.read_table(io.BytesIO(file.content))["reason"].to_pylist() == ["unknown-signal"] * 2
    page = engineer.get("/quarantine?limit=1")
    assert page["next"] and engineer.get(f"/quarantine?after={page['next']}")["items"]
    stranger = Program("south", Role.ENGINEER)
    assert stranger.get("/quarantine")["items"] == []
    stranger.get(f"/quarantine/{rows['number']}", status=404)
    viewer.get("/quarantine", status=403)
    told = [event for event in engineer.get("/events?limit=1000")["items"] if "quarantined" in event["type"]]
    assert told and told[0]["source"] == "/history"
    printed = CliRunner().invoke(cli, ["show", str(rows["number"]), "--org", "north", "--json"], catch_exceptions=False)
    assert json.loads(printed.output)["samples"][0] == first
    assert str(rows["number"]) in CliRunner().invoke(cli, ["list", "--org", "north"]).output
    screen = engineer.client.get("/quarantine", headers={"Accept-Language": "en"}).content.decode()
    assert f'data-quarantine="{rows["number"]}"' in screen and "no such signal" in screen
    one = engineer.client.get(f"/quarantine/{rows['number']}", headers={"Accept-Language": "en"}).content.decode()
    assert "2025-06-15T15:06:40.000000000Z" in one and "999999" in one
    assert engineer.client.get(f"/quarantine/{garbage['number']}").status_code == 200
    assert stranger.client.get(f"/quarantine/{rows['number']}").status_code == 404
    assert viewer.client.get("/quarantine").status_code == 403

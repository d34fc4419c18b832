"""Promise: a file is sent in parts, mapped with a preview, loaded once even after a stop; rights are kept."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from kandelia.base.text import LocalText
from kandelia.kernel.connections.contracts import ConnectionView
from kandelia.kernel.jobs.contracts import JobCancelled
from kandelia.kernel.transfers import places, working
from kandelia.kernel.transfers.models import Export, Import
from kandelia.sdk.records import access, connections, signals, things
from kandelia.sdk.views import Role

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
CSV = "时间,温度[℃],运行\n2026-05-01 08:00,21.5,开\n2026-05-01 08:01,x,关\n2026-05-01 08:02,22.5,关\n"
TAGS = (
    "Tag Name,Address,Data Type,Scan Rate,Eng Units\nOven.Temp,400101,Float,500,°C\nOven.Many,400200,Word Array,100,\n"
)


class Context:
    id, created_by, cancelled = "j", "system", False

    def __init__(self, organisation: str = "main") -> None:
        self.organisation = organisation

    def progress(self, share: float, words: str = "") -> None: ...


@pytest.fixture(autouse=True)
def house(tmp_path: Path, settings: Any) -> None:
    settings.PLATFORM = type(settings.PLATFORM)(directory=tmp_path)
    for organisation in ("main", "other"):
        access.add_organisation(organisation, LocalText(organisation, organisation))
    viewer = access.system_viewer("main")
    things.put_site(viewer, "s", LocalText("", "S"))
    things.put_area(viewer, "s/a", LocalText("", "A"))
    things.put_machine(viewer, "s/a/m", LocalText("", "M"))


def signed_in(role: Role = Role.ENGINEER, organisation: str = "main") -> Client:
    name = f"{role}-{organisation}"
    access.add_person(access.system_viewer(organisation), name, PASSWORD, role, must_change=False)
    client = Client(headers={"Accept-Language": "en"})
    assert client.post("/sign-in", {"name": name, "password": PASSWORD}).status_code == 302
    return client


def sent(client: Client, data: bytes, name: str = "a.csv", part: int = 40) -> dict[str, Any]:
    begun = client.post(
        "/api/v1/transfers/imports", {"name": name, "size": len(data)}, content_type="application/json"
    ).json()
    answer = begun
    for offset in range(0, len(data), part):
        at = f"/api/v1/transfers/imports/{begun['id']}/content?offset={offset}"
        answer = client.put(at, data[offset : offset + part], content_type="application/octet-stream").json()
    return answer


def plan(zone: str = "Asia/Shanghai") -> dict[str, Any]:
    targets = {
        "温度[℃]": {"machine": "s/a/m", "key": "temp", "kind": "float", "unit": "Cel"},
        "运行": {"machine": "s/a/m", "key": "on", "kind": "boolean"},
    }
    return {"form": "wide", "time": {"columns": ["时间"], "form": "ymd", "zone": zone}, "targets": targets}


def test_a_file_from_parts_to_a_job() -> None:
    client = signed_in()
    told = sent(client, CSV.encode("gb18030"))
    assert told["state"] == "ready" and told["found"]["unclear"] == ["zone"]
    assert told["found"]["dialect"]["encoding"] == "gb18030"
    page = client.get(f"/imports/{told['id']}").content.decode()
    assert "The file does not say in which time zone" in page and 'value="Cel"' in page
    asked = {"plan": json.dumps(plan("")), "machine": "s/a/m"}
    assert "the times name no zone" in client.post(f"/imports/{told['id']}/preview", asked).content.decode()
    asked["plan"] = json.dumps(plan())
    shown = client.post(f"/imports/{told['id']}/preview", asked).content.decode()
    assert "2026-05-01 00:00:00" in shown and "the value cannot be read" in shown and "s.a.m.temp" in shown
    assert client.post(f"/imports/{told['id']}/load", asked).headers["HX-Redirect"] == f"/imports/{told['id']}"
    assert {view.key for view in signals.of_machine(access.system_viewer("main"), "s/a/m")} == {"temp", "on"}
    assert b"hx-get" in client.get(f"/imports/{told['id']}").content
    assert b"Import of history" in client.get("/jobs").content
    again = sent(client, CSV.encode("gb18030"))
    assert again["plan_kept"] and again["plan"]["targets"]["运行"]["signal"] == "s.a.m.on"


def test_a_load_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in()
    rows = "".join(f"2026-05-01 08:00:00.{n:06},{n if n % 50_000 else 'x'},1\n" for n in range(130_000))
    told = sent(client, ("时间,温度[℃],运行\n" + rows).encode(), part=4_000_000)
    assert (
        client.post(f"/api/v1/transfers/imports/{told['id']}/load", plan(), content_type="application/json").status_code
        == 202
    )
    stored: list[tuple[str, int]] = []

    def send(samples: Any, source: Any, known: Any, name: str) -> None:
        if len(stored) == 1:
            stored.append(("stop", 0))
            raise JobCancelled
        stored.append((name, samples.num_rows))

    monkeypatch.setattr(working, "send", send)
    monkeypatch.setattr(working, "wait_known", lambda *_: None)
    with pytest.raises(JobCancelled):
        working.work(Context(), {"import": told["id"]})
    result = working.work(Context(), {"import": told["id"]})
    names = [name for name, _ in stored if name != "stop"]
    assert len(names) == len(set(names)) and names[0].endswith("-0")
    assert result["rows"] == 130_000 and result["samples"] == sum(count for _, count in stored) == 259_997
    report = places.report_file("main", told["id"]).read_text("utf-8-sig").splitlines()
    assert len(report) == 4 and report[1] == "2,温度[℃],value,x" and report[2].startswith("50002,")
    assert Import.objects.get().state == "done"
    assert b"All lines as CSV" in client.get(f"/imports/{told['id']}").content
    assert client.get(f"/imports/{told['id']}/wrong").status_code == 200


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x7fELF" + bytes(40), "no table"),
        (b"PK\x03\x04" + bytes(40), "no workbook"),
        (b"PAR1" + bytes(40), "Parquet"),
        (b"one column\n1\n2\n", "no columns"),
        (b"time,a\n", "no rows"),
        (b"a,b\n\0,\0\n", "zero bytes"),
    ],
)
def test_what_is_no_table_is_refused_and_forgotten(data: bytes, said: str) -> None:
    answer = sent(signed_in(), data)
    assert said in answer["detail"]
    assert not Import.objects.exists()


def test_limits_and_places_of_parts() -> None:
    client = signed_in()
    begun = client.post(
        "/api/v1/transfers/imports", {"name": "a.csv", "size": 10}, content_type="application/json"
    ).json()
    at = f"/api/v1/transfers/imports/{begun['id']}/content"
    put = {"content_type": "application/octet-stream"}
    assert client.put(f"{at}?offset=5", b"abc", **put).status_code == 409
    assert client.put(f"{at}?offset=0", b"x" * 11, **put).status_code in (413, 422, 429)
    large = client.post(
        "/api/v1/transfers/imports", {"name": "a", "size": 3_000_000_000}, content_type="application/json"
    )
    assert large.status_code >= 400 and "MB" in large.json()["detail"]


def test_a_file_that_is_not_on_this_host_is_told_in_words() -> None:
    client = signed_in()
    told = sent(client, CSV.encode())
    begun = {"name": "b.csv", "size": len(CSV)}
    half = client.post("/api/v1/transfers/imports", begun, content_type="application/json").json()
    for one in (told, half):
        places.import_file("main", one["id"]).unlink()
    asked = {"plan": json.dumps(plan()), "machine": "s/a/m"}
    assert "not on the host" in client.post(f"/imports/{told['id']}/preview", asked).content.decode()
    load = f"/api/v1/transfers/imports/{told['id']}/load"
    assert client.post(load, plan(), content_type="application/json").status_code == 404
    part = f"/api/v1/transfers/imports/{half['id']}/content?offset=0"
    assert client.put(part, b"x", content_type="application/octet-stream").status_code == 404


def test_others_see_nothing() -> None:
    told = sent(signed_in(), CSV.encode())
    other = signed_in(Role.ADMINISTRATOR, "other")
    assert other.get(f"/imports/{told['id']}").status_code == 404
    assert other.get(f"/api/v1/transfers/imports/{told['id']}").status_code == 404
    viewer = signed_in(Role.VIEWER)
    for address in ("/imports", "/signals/import-tags", "/api/v1/transfers/imports"):
        assert viewer.get(address).status_code == 403, address
    assert viewer.get("/jobs").status_code == 200


def test_an_export_is_ordered_by_who_may_see_and_given_to_whoever_ordered_it() -> None:
    client, viewer = signed_in(), access.system_viewer("main")
    told = sent(client, CSV.encode())
    client.post(f"/api/v1/transfers/imports/{told['id']}/load", plan(), content_type="application/json")
    number = signals.by_ids(viewer, ["s.a.m.temp"])["s.a.m.temp"].number
    assert b"s.a.m.temp" in client.get("/exports").content
    form = {"signal": [number], "start": "2026-05-01T00:00", "end": "2026-05-02T00:00", "format": "csv"}
    assert client.post("/exports", {**form, "end": "never"}).status_code == 422
    assert client.post("/exports", form).status_code == 302
    (export,) = client.get("/api/v1/transfers/exports").json()["items"]
    assert export["state"] == "waiting" and export["name"] == "s.a.m.temp.csv"
    assert client.get(f"/exports/{export['id']}/file").status_code == 409
    Export.objects.update(state="done")  # by a history role on another host
    gone = client.get(f"/api/v1/transfers/exports/{export['id']}/file")
    assert gone.status_code == 404 and "not on the host" in gone.content.decode()
    Export.objects.update(state="waiting")
    other = signed_in(Role.OPERATOR)
    assert other.get(f"/api/v1/transfers/exports/{export['id']}").status_code == 404
    assert other.post("/exports", {**form, "signal": [number + 99]}).status_code == 422
    assert client.delete(f"/api/v1/transfers/exports/{export['id']}").status_code == 204


def test_a_tag_list_is_shown_then_made_once() -> None:
    client, viewer = signed_in(), access.system_viewer("main")
    settings = {"host": "127.0.0.1"}
    connections.put_connection(viewer, ConnectionView("plc", "s", LocalText("", "P"), "modbus", settings))
    given = {
        "source": "kepware",
        "connection": "plc",
        "area": "s/a",
        "order": "CDAB",
        "text": TAGS,
        "file_name": "t.csv",
    }
    page = client.post("/signals/import-tags", given).content.decode()
    assert "holding=100;type=float32;order=CDAB" in page and "arrays cannot be taken" in page and "line 3" in page
    assert not signals.by_ids(viewer, ["s.a.oven.temp"])
    for created in (1, 0):
        body = {"source": "kepware", "connection": "plc", "area": "s/a", "order": "CDAB", "text": TAGS, "apply": True}
        told = client.post("/api/v1/transfers/tag-lists", body, content_type="application/json").json()
        assert told["written"] == {"created": created, "changed": 0}
    view = signals.by_ids(viewer, ["s.a.oven.temp"])["s.a.oven.temp"]
    assert (view.unit, view.period_ms, view.address) == ("Cel", 500, "holding=100;type=float32;order=CDAB")
    assert client.post("/signals/import-tags", {**given, "text": "a,b\n"}).status_code == 422
    assert client.post("/signals/import-tags", {**given, "area": ""}).status_code == 422

"""Promise: every record type has its API: typed, exact, by right, repeatable, and errors name the field."""

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from openpyxl import load_workbook
from referencing import Registry, Resource

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.access.facade import add_organisation, create_token, system_viewer
from kandelia.kernel.files import typesetting
from kandelia.kernel.records import facade

pytestmark = pytest.mark.django_db
LAB = {"number": "L-1", "name": "第一实验室", "kind": "metal", "equipment": "1250000.10", "account": "6222020200112233"}


class Caller(Client):
    """A program with a token."""

    def __init__(self, organisation: str, *duties: str, role: Role = Role.OPERATOR) -> None:
        name = f"{organisation} {' '.join(duties)}"
        _, secret = create_token(system_viewer(organisation), name, role, duties=duties)
        super().__init__(headers={"Authorization": f"Bearer {secret}"})

    def call(self, method: str, path: str, body=None, status: int = 200, **headers: str):
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        answered = getattr(self, method)(f"/api/v1{path}", **sent, headers=headers)
        assert answered.status_code == status, answered.content
        return answered.json() if answered.content else None


@pytest.fixture(autouse=True)
def places(tmp_path: Path, settings) -> None:
    settings.PLATFORM = type(settings.PLATFORM)(directory=tmp_path, files=settings.PLATFORM.files)
    add_organisation("bureau", LocalText("示范局", ""))
    for id in ("firm", "other"):
        add_organisation(id, LocalText(id, id), parent="bureau")


@pytest.fixture
def firm() -> Caller:
    return Caller("firm", "applicant")


@pytest.fixture
def desk() -> Caller:
    return Caller("bureau", "registrar")


def make(firm: Caller, **more):
    return firm.call("post", "/records/laboratory", {"values": {**LAB, **more}}, 201)


def test_a_record_is_made_found_changed_and_removed(firm: Caller, desk: Caller) -> None:
    made = make(firm)
    here = f"/records/laboratory/{made['id']}"
    assert made["values"]["equipment"] == "1250000.10" and Decimal(made["values"]["equipment"]) == Decimal("1250000.10")
    assert firm.call("get", here) == made
    assert desk.call("get", here)["values"]["account"] == LAB["account"]
    assert Caller("bureau").call("get", here)["values"]["account"] == "************2233"
    Caller("other").call("get", here, status=404)
    changed = firm.call("patch", here, {"values": {"staff": 7}, "revision": made["revision"]})
    assert changed["values"]["staff"] == 7
    told = firm.call("patch", here, {"values": {"staff": 8}, "revision": made["revision"]}, 409)
    assert told["type"] == "urn:kandelia:changed" and told["current"] == changed
    assert [one["fields"] for one in told["changed"]] == [{"staff": ["", "7"]}]
    child = make(firm, number="L-2", parent=made["id"])
    assert child["values"]["parent"]["title"] == made["title"]
    assert [one["id"] for one in firm.call("get", f"{here}/related")["laboratory"]] == [child["id"]]
    firm.call("delete", here, status=409)
    firm.call("delete", f"/records/laboratory/{child['id']}", status=204)
    assert firm.call("get", "/records/laboratory")["total"] == 1


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"kind": "fish"}, "kind"),
        ({"equipment": "much"}, "equipment"),
        ({"equipment": "-1"}, "equipment"),
        ({"opened": "2026-02-30"}, "opened"),
        ({"name": ""}, "name"),
        ({"colour": "red"}, "colour"),
        ({"number": "L-0"}, "number"),
        ({"parent": 99}, "parent"),
        ({"note": {"a": 1}}, "note"),
    ],
)
def test_a_problem_names_the_field(firm: Caller, values: dict, where: str) -> None:
    make(firm, number="L-0")
    answered = firm.post("/api/v1/records/laboratory", {"values": {**LAB, **values}}, content_type="application/json")
    assert answered.status_code in (400, 409) and answered["Content-Type"] == "application/problem+json"
    assert answered.json()["where"] == where and answered.json()["detail"]


@pytest.mark.parametrize("body", ["[1]", "{", '{"value": {}}', '{"values": []}', '{"values": 1}'])
def test_a_body_that_is_none_says_so(firm: Caller, body: str) -> None:
    answered = firm.post("/api/v1/records/laboratory", body, content_type="application/json")
    assert answered.status_code == 400 and answered["Content-Type"] == "application/problem+json"


def test_the_same_key_is_answered_once(firm: Caller, desk: Caller) -> None:
    body = {"values": LAB}
    first = firm.call("post", "/records/laboratory", body, 201, **{"Idempotency-Key": "k1"})
    again = firm.call("post", "/records/laboratory", body, 201, **{"Idempotency-Key": "k1"})
    assert again == first and firm.call("get", "/records/laboratory")["total"] == 1
    told = firm.call("post", "/records/laboratory", {"values": {}}, 409, **{"Idempotency-Key": "k1"})
    assert told["type"] == "urn:kandelia:key-used"
    desk.call("post", "/records/laboratory", {"values": {}}, 400, **{"Idempotency-Key": "k1"})
    wrong = {"values": {**LAB, "kind": "fish"}}
    firm.call("post", "/records/laboratory", wrong, 400, **{"Idempotency-Key": "k2"})
    firm.call("post", "/records/laboratory", {"values": {**LAB, "number": "L-2"}}, 201, **{"Idempotency-Key": "k2"})


def test_steps_are_taken_alone_and_in_bulk(firm: Caller, desk: Caller) -> None:
    ids = [make(firm, number=f"L-{n}")["id"] for n in range(3)]
    one = f"/records/laboratory/{ids[0]}"
    assert [step["name"] for step in firm.call("get", f"{one}/actions")["items"]] == ["submit"]
    desk.call("post", f"{one}/steps/approve", {}, 409)
    assert firm.call("post", f"{one}/steps/submit", {}, **{"Idempotency-Key": "s"})["state"] == "submitted"
    assert firm.call("post", f"{one}/steps/submit", {}, **{"Idempotency-Key": "s"})["state"] == "submitted"
    firm.call("post", f"{one}/steps/approve", {}, 403)
    assert desk.call("post", f"{one}/steps/return", {}, 400)["where"] == "reason"
    assert desk.call("post", f"{one}/steps/return", {"reason": "缺材料"})["state"] == "returned"
    log = desk.call("get", f"{one}/steps")["items"]
    assert (log[0]["name"], log[0]["reason"], len(log[0]["digest"])) == ("return", "缺材料", 64)
    done = firm.call("post", "/records/laboratory/steps/submit", {"ids": [*ids, 999]})
    assert done["done"] == ids and list(done["refused"]) == ["999"]
    firm.call("post", "/records/laboratory/steps/submit", {"ids": "all"}, 400)
    assert firm.call("get", f"{one}/changes")["items"] == [] and firm.call("get", f"{one}/deadlines")["items"] == []


def test_a_list_is_filtered_sorted_and_turned(firm: Caller) -> None:
    for n in range(7):
        make(firm, number=f"L-{n}", kind="food" if n % 2 else "metal", equipment=str(n))
    page = firm.call("get", "/records/laboratory?kind=metal&sort=-equipment&limit=3")
    assert [one["values"]["number"] for one in page["items"]] == ["L-6", "L-4", "L-2"] and page["total"] == 4
    rest = firm.call("get", f"/records/laboratory?kind=metal&sort=-equipment&limit=3&after={page['next']}")
    assert [one["values"]["number"] for one in rest["items"]] == ["L-0"] and rest["next"] == ""
    bounded = firm.call("get", "/records/laboratory?equipment.from=2&equipment.to=3&count=no")
    assert len(bounded["items"]) == 2 and bounded["total"] is None
    for wrong in ("colour=red", "sort=colour", "limit=x", "after=x", "account=1"):
        firm.call("get", f"/records/laboratory?{wrong}", status=400)


def test_a_personal_field_is_revealed_and_noted(firm: Caller) -> None:
    here = f"/records/laboratory/{make(firm)['id']}"
    assert firm.call("post", f"{here}/reveal/account")["value"] == LAB["account"]
    assert Caller("bureau").call("post", f"{here}/reveal/account")["value"] == "************2233"
    firm.call("post", f"{here}/reveal/entry", status=404)


def test_tables_go_out_and_come_in(firm: Caller) -> None:
    for n in range(3):
        make(firm, number=f"L-{n}", name="=1+1")
    answered = firm.get("/api/v1/records/laboratory/export?format=xlsx&columns=number,name,kind,equipment&sort=created")
    content = b"".join(answered.streaming_content) if answered.streaming and not answered.is_async else _all(answered)
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert [cell.value for cell in sheet[2]] == ["L-0", "=1+1", "金属", 1250000.1]
    rows = "登记号,名称,类别\nL-7,七,金属\nL-8,八,鱼\n".encode()
    sent = firm.post("/api/v1/records/laboratory/imports", {"file": SimpleUploadedFile("a.csv", rows)}).json()
    assert (sent["good"], sent["wrong"], sent["mistakes"][0]["line"]) == (1, 1, 3)
    assert firm.call("post", f"/imports/{sent['id']}/write", {})["made"] == 1
    assert firm.call("get", f"/imports/{sent['id']}")["state"] == "done"
    Caller("other").call("get", f"/imports/{sent['id']}", status=404)


def _all(answered) -> bytes:
    import asyncio

    async def collect() -> bytes:
        return b"".join([chunk async for chunk in answered.streaming_content])

    return asyncio.run(collect())


def test_figures_are_exact(firm: Caller) -> None:
    for n in range(10):
        make(firm, number=f"L-{n}", equipment="0.10")
    told = firm.call("get", "/records/laboratory/statistics?by=kind&by=state&kind=metal")
    assert [(one["group"], one["count"], one["sums"]) for one in told["items"]] == [
        (["metal", "draft"], 10, {"equipment": "1.00", "staff": 0})
    ]
    firm.call("get", "/records/laboratory/statistics?by=account", status=400)


def test_files_are_only_ever_saved(firm: Caller) -> None:
    here = f"/records/laboratory/{make(firm)['id']}/files"
    sent = firm.post(f"/api/v1{here}", {"file": SimpleUploadedFile("执照.pdf", b"%PDF-1.7"), "slot": "licence"})
    made = sent.json()
    assert sent.status_code == 201 and (made["media_type"], made["slot"]) == ("application/pdf", "licence")
    assert firm.call("get", here)["items"] == [made]
    got = firm.get(f"/api/v1{here}/{made['id']}")
    assert got["X-Content-Type-Options"] == "nosniff" and "sandbox" in got["Content-Security-Policy"]
    assert (
        got["Content-Disposition"] == "attachment; filename*=UTF-8''%E6%89%A7%E7%85%A7.pdf" and _all(got) == b"%PDF-1.7"
    )
    Caller("other").call("get", f"{here}/{made['id']}", status=404)
    firm.call("post", here, {}, 400)
    html = firm.post(f"/api/v1{here}", {"file": SimpleUploadedFile("a.html", b"<script>")})
    assert html.status_code == 400
    firm.call("delete", f"{here}/{made['id']}", status=204)


@pytest.mark.skipif(not typesetting.ready(), reason="the Chinese font comes with make front")
def test_a_document_is_printed(firm: Caller) -> None:
    here = f"/records/laboratory/{make(firm)['id']}"
    assert [one["name"] for one in firm.call("get", f"{here}/prints")["items"]] == ["form"]
    got = firm.get(f"/api/v1{here}/print")
    assert got["Content-Type"] == "application/pdf" and got.content.startswith(b"%PDF-")
    firm.call("get", f"{here}/print?name=acceptance", status=409)


def test_the_schema_is_valid_and_answers_fit_it(firm: Caller) -> None:
    document = firm.call("get", "/openapi.json")
    validate(document)
    made = make(firm, opened="2026-11-24", parent=make(firm, number="L-0")["id"])
    resources = Registry().with_resource("urn:api", Resource.from_contents(document, default_specification=_draft()))
    check = Draft202012Validator({"$ref": "urn:api#/components/schemas/LaboratoryRecord"}, registry=resources)
    check.validate(made)
    page = Draft202012Validator({"$ref": "urn:api#/components/schemas/LaboratoryPage"}, registry=resources)
    page.validate(firm.call("get", "/records/laboratory"))
    values = Draft202012Validator(document["components"]["schemas"]["LaboratoryValues"])
    values.validate(LAB)
    assert not values.is_valid({**LAB, "kind": "fish"}) and not values.is_valid({"name": "x"})
    for declared in facade.types():
        assert f"/api/v1/records/{declared.name}/{{id}}" in document["paths"]


def _draft():
    from referencing.jsonschema import DRAFT202012

    return DRAFT202012


def test_nobody_is_answered_without_a_token() -> None:
    assert Client().get("/api/v1/records/laboratory").status_code == 401
    assert Client().post("/api/v1/records/laboratory", {}, content_type="application/json").status_code == 401

"""Promise: files, imports, exports, figures and documents of records have their screens, drawn of the declaration."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.facade import add_organisation
from kandelia.kernel.access.models import Organisation
from kandelia.kernel.files import typesetting
from kandelia.kernel.papers import runs
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Query

pytestmark = pytest.mark.django_db
FIRM = Viewer("firm", "person:1", "Wang", Role.OPERATOR, language="en")
READER = Viewer("bureau", "person:4", "Qian", Role.VIEWER, language="zh")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, settings: Any) -> None:
    settings.PLATFORM = type(settings.PLATFORM)(directory=tmp_path, files=settings.PLATFORM.files)
    add_organisation("bureau", LocalText("示范局", "Demo bureau"))
    Organisation.objects.create(id="firm", name_zh="示例企业", name_en="Firm", parent_id="bureau")


@pytest.fixture
def as_viewer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`as_viewer(viewer)`: a client whose requests are this viewer's."""

    def client(viewer: Viewer) -> Client:
        for room in ("screens", "middleware", "context", "answers"):
            monkeypatch.setattr(
                f"kandelia.surfaces.web.{room}.viewer_of_request", lambda _request: viewer, raising=False
            )
        return Client(headers={"Accept-Language": viewer.language})

    return client


def laboratory(number: str = "L-1", **more: Any) -> int:
    given = {"number": number, "name": f"Lab {number}", "kind": "metal", "equipment": "10.10", **more}
    return facade.create(FIRM, "laboratory", given).id


def body(answer: Any) -> str:
    return str(answer.content.decode())


def content(answer: Any) -> bytes:
    async def collect() -> bytes:
        return b"".join([chunk async for chunk in answer.streaming_content])

    assert answer.status_code == 200, answer
    return asyncio.run(collect())


def test_a_file_is_checked_looked_at_and_written(as_viewer: Any) -> None:
    client = as_viewer(FIRM)
    assert "/records/laboratory/import" in body(client.get("/records/laboratory"))
    page = body(client.get("/records/laboratory/import"))
    assert "Registration number" in page and "Metal, Food" in page
    blank = load_workbook(io.BytesIO(content(client.get("/records/laboratory/import/blank.xlsx")))).worksheets[0]
    head = [cell.value for cell in blank[1]]
    assert head[:3] == ["Registration number", "Name", "Kind"]
    assert client.post("/records/laboratory/import", {}).status_code == 422
    refused = client.post("/records/laboratory/import", {"file": SimpleUploadedFile("a.csv", b"x,y\n1,2")})
    assert refused.status_code == 400 and "head the columns with" in body(refused)
    rows = b"Registration number,Name,Kind,odd\nL-1,One,Metal,1\nL-2,Two,Fish,2\n"
    sent = client.post("/records/laboratory/import", {"file": SimpleUploadedFile("a.csv", rows)})
    page = body(client.get(sent["Location"]))
    assert "Make 1 record" in page and "not read" in page and "This cannot be chosen" in page
    wrong = load_workbook(io.BytesIO(content(client.get(f"{sent['Location']}/wrong.xlsx")))).worksheets[0]
    assert [cell.value for cell in wrong[2]][:4] == ["L-2", "Two", "Fish", "2"] and "Kind: " in wrong[2][4].value
    done = client.post(f"{sent['Location']}/write")
    assert "1 record was made." in body(client.get(done["Location"]))
    assert facade.page(FIRM, "laboratory", Query()).total == 1


def test_a_large_file_is_work_that_goes_on(as_viewer: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(runs, "AT_ONCE_BYTES_MAX", 1)
    rows = "登记号,名称,类别\nL-1,一,金属\n".encode()
    client = as_viewer(READER)
    sent = client.post("/records/laboratory/import", {"file": SimpleUploadedFile("a.csv", rows)})
    page = body(client.get(sent["Location"]))
    assert "正在逐行检查" in page and 'hx-trigger="every 1s"' in page


def test_a_list_leaves_as_it_stands(as_viewer: Any) -> None:
    for n in range(3):
        laboratory(f"L-{n}", kind="food" if n else "metal", account="6222020200112233")
    client = as_viewer(READER)
    query = "?kind=food&sort=-name&columns=number,account,state"
    page = body(client.get(f"/records/laboratory{query}"))
    assert "export.csv?" in page and "export.xlsx?" in page
    text = content(client.get(f"/records/laboratory/export.csv{query}")).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["登记号", "银行账号", "状态"],
        ["L-2", "************2233", "草稿"],
        ["L-1", "************2233", "草稿"],
    ]
    assert client.get("/records/laboratory/export.html").status_code == 400


def test_figures_lead_into_the_list(as_viewer: Any) -> None:
    for n in range(3):
        laboratory(f"L-{n}", kind="food" if n else "metal", opened=f"2026-0{n + 1}-28")
    client = as_viewer(FIRM)
    page = body(client.get("/records/laboratory/statistics?by=kind&measure=equipment"))
    assert "¥20.20" in page and "¥30.30" in page and 'href="/records/laboratory?kind=food"' in page
    assert '<rect width="50.00"' in page and "66.7%" in page
    months = body(client.get("/records/laboratory/statistics?by=opened.month&then=state&kind=food"))
    assert "opened.from=2026-02-01" in months and "opened.to=2026-02-28" in months and "kind=food" in months
    sheet = load_workbook(io.BytesIO(content(client.get("/records/laboratory/statistics.xlsx?by=kind")))).worksheets[0]
    assert [[cell.value for cell in row][:3] for row in sheet.rows][1:] == [["Metal", 1, 10.1], ["Food", 2, 20.2]]
    assert "No record fits" in body(client.get("/records/laboratory/statistics?search=nothing"))


def test_files_stand_on_the_page(as_viewer: Any) -> None:
    id = laboratory()
    client, here = as_viewer(FIRM), f"/records/laboratory/{id}"
    assert "No file yet." in body(client.get(here))
    two = [SimpleUploadedFile("plan.pdf", b"%PDF-1.7 x"), SimpleUploadedFile("page.html", b"<b>")]
    client.post(f"{here}/files", {"file": two})
    page = body(client.get(here))
    assert page.count(f'href="{here}/files/') == 1 and "plan.pdf" in page and ".html" in page
    address = page.split(f'href="{here}/files/')[1].split('"')[0]
    got = client.get(f"{here}/files/{address}")
    assert got["Content-Disposition"].startswith("attachment") and content(got) == b"%PDF-1.7 x"
    assert "Remove it" not in body(as_viewer(READER).get(here))
    as_viewer(READER).post(f"{here}/files/{address}/remove")
    assert "plan.pdf" in body(as_viewer(FIRM).get(here))
    as_viewer(FIRM).post(f"{here}/files/{address}/remove")
    assert "No file yet." in body(as_viewer(FIRM).get(here))


@pytest.mark.skipif(not typesetting.ready(), reason="the Chinese font comes with make front")
def test_a_record_goes_on_paper(as_viewer: Any) -> None:
    id = laboratory()
    client = as_viewer(FIRM)
    assert client.get(f"/records/laboratory/{id}/print")["Location"].endswith("/print/form")
    made = client.get(f"/records/laboratory/{id}/print/form")
    assert made["Content-Type"] == "application/pdf" and made.content.startswith(b"%PDF-")
    applicant = Viewer("firm", "person:1", "Wang", Role.OPERATOR, "en", frozenset({"applicant"}))
    facade.act(applicant, "laboratory", id, "submit")
    assert "Notice of acceptance" in body(client.get(f"/records/laboratory/{id}/print"))

"""Promise: this room's own screens show what they must, in both languages, and only to those they are for."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from kandelia.apps.applications import facade as room
from kandelia.apps.applications import store
from kandelia.apps.applications.tests import cast as stage
from kandelia.apps.applications.tests.cast import Cast
from kandelia.sdk.record_types import facade
from kandelia.sdk.views import Viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return stage.assemble()


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`client_of(viewer, language)`: whose requests are this viewer's."""
    who: list[Viewer | None] = [None]
    for place in ("surfaces.web.screens", "surfaces.web.middleware", "surfaces.web.context", "surfaces.web.answers"):
        monkeypatch.setattr(f"kandelia.{place}.viewer_of_request", lambda _request: who[0], raising=False)
    monkeypatch.setattr("kandelia.kernel.access.facade.viewer_of_request", lambda _request: who[0])

    def made(viewer: Viewer | None, language: str = "zh-hans") -> Client:
        who[0] = viewer
        return Client(headers={"Accept-Language": language})

    return made


def body(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content[:500]
    return str(answer.content.decode())


def test_the_record_page_shows_amounts_bound_and_overlaps(cast: Cast, client_of: Any) -> None:
    stage.submitted(cast, stage.call(cast))
    network = stage.call(cast, line="M7", form={})
    id = stage.submitted(cast, network, inputs={"actual_input": "900000"}, answers={}, asked="100000")
    page = body(client_of(cast.acceptance).get(f"/records/application/{id}"))
    assert "¥270,000" in page and "复算结果逐字节一致" in page and "可能的重复资助" in page and "FP-001" in page
    english = body(client_of(cast.firm0, "en").get(f"/records/application/{id}"))
    assert "computed again with the same bytes" in english and "Possible double funding" in english


def test_the_lot_is_for_the_offices(cast: Cast, client_of: Any) -> None:
    id = stage.in_review(cast, stage.call(cast))
    page = body(client_of(cast.acceptance).get(f"/applications/{id}/review"))
    assert "结果一致" in page and page.count("data-reviewer") == 5
    drawn = store.scores_of(id)[0].reviewer_id
    client = client_of(cast.acceptance)
    body(client.post(f"/applications/{id}/review/replace", {"reviewer": drawn, "reason": "出差"}), 302)
    assert len(room.review(cast.acceptance, id).draws) == 2
    for viewer in (cast.firm0, cast.finance, cast.experts[0]):
        assert client_of(viewer).get(f"/applications/{id}/review").status_code in (403, 404)


def test_a_sheet_keeps_what_was_typed_and_is_its_experts_alone(cast: Cast, client_of: Any) -> None:
    id = stage.in_review(cast, stage.call(cast))
    sheet = store.scores_of(id)[0]
    own = next(one for one in cast.experts if one.person == sheet.person_id)
    client = client_of(own)
    marks = {"mark-0": "28", "mark-1": "31", "opinion": "好", "finding-effect": "yes"}
    page = body(client.post(f"/scores/{sheet.entry_id}", {**marks, "keep": "1"}), 400)
    assert 'value="31"' in page and "好" in page  # 31 of 30: refused, and still there
    body(client.post(f"/scores/{sheet.entry_id}", {**marks, "mark-1": "30", "keep": "1"}), 302)
    assert facade.get(own, "score", sheet.entry_id).values["findings"] == {"effect": True}
    for viewer in (cast.acceptance, cast.firm0, next(one for one in cast.experts if one.person != own.person)):
        assert client_of(viewer).get(f"/scores/{sheet.entry_id}").status_code == 404


def test_the_notice_is_made_of_the_record(cast: Cast, client_of: Any) -> None:
    id = stage.noticed(cast, stage.call(cast, objection_days=7, objection_channel="演示电话"))
    page = body(client_of(None).get(f"/applications/{id}/notice"))
    for told in ("¥800,000", "M10", "7 个工作日", "演示电话", "演示车间联网改造", stage.profile(cast.profiles[0]).uscc):
        assert told in page
    assert "62220000" not in page and "13800001234" not in page
    secret = stage.submitted(cast, stage.call(cast))
    assert client_of(None).get(f"/applications/{secret}/notice").status_code == 404


def test_a_budget_is_scaled_from_its_page(cast: Cast, client_of: Any) -> None:
    call = stage.call(cast, budget="1000000", budget_rule="pro_rata")
    for firm in ("firm0", "firm1"):
        id = stage.audited(cast, call, firm)
        facade.act(cast.acceptance, "application", id, "reserve", given={"proposed": "800000"})
    client = client_of(cast.acceptance)
    assert "¥600,000" in body(client.get(f"/calls/{call}/budget"))
    body(client.post(f"/calls/{call}/budget"), 302)
    assert facade.get(cast.leader, "application", id).values["scaled"] == Decimal(500000)
    assert client_of(cast.finance).post(f"/calls/{call}/budget").status_code == 403


def test_performance_is_drawn_and_exported(cast: Cast, client_of: Any) -> None:
    stage.submitted(cast, stage.call(cast))
    client = client_of(cast.leader, "en")
    for by in ("line", "sector", "size", "month", "year", "nonsense"):
        page = body(client.get(f"/applications/performance?by={by}"))
        assert "¥900,000" in page and 'width="100.0%"' in page
        text = client.get(f"/applications/performance.csv?by={by}").content.decode("utf-8-sig")
        assert text.splitlines()[1].endswith("1,900000.00,0.00,0.00")
    assert client.get("/applications/performance.xlsx").content[:2] == b"PK"
    assert client.get("/applications/performance.exe").status_code == 404
    assert client_of(cast.firm0).get("/applications/performance").status_code == 403
